//! Files of the cgroup v1 memory controller: limits, `memory.oom_control`, `memory.swappiness`.

use crate::bytes::Bytes;
use crate::cgroup_v2::{for_each_counter, required};
use crate::decimal::parse_u64;
use crate::limit::Limit;
use crate::parse_error::ParseError;
use crate::scalar::value_of;

/// From here on a limit is none. The kernel prints `PAGE_COUNTER_MAX`, the largest signed 64-bit number rounded down to a page
/// (mm/memcontrol.c, include/linux/page_counter.h): 4 KiB pages give …F000, 64 KiB pages …0000, and before Linux 3.19 the
/// res_counter printed …FFFF. `u64::MAX` lies above as well.
const UNLIMITED_FROM: u64 = 0x7FFF_FFFF_FFFF_0000;

/// The largest swappiness: 100 before Linux 5.8, 200 since.
const SWAPPINESS_MAX: u64 = 200;

/// Whether the kernel may kill in this cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OomKiller {
    /// `oom_kill_disable 0`: at the limit a process is killed.
    Enabled,
    /// `oom_kill_disable 1`: at the limit processes wait until memory is freed.
    Disabled,
}

/// The file `memory.oom_control`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OomControl {
    /// Whether the kernel may kill.
    pub oom_killer: OomKiller,
    /// Whether processes stand still at the limit at this moment.
    pub under_oom: bool,
    /// Processes killed; absent before Linux 4.13.
    pub oom_kill: Option<u64>,
}

/// Parses `memory.limit_in_bytes`, `memory.memsw.limit_in_bytes`, `memory.soft_limit_in_bytes` or `memory.kmem.limit_in_bytes`.
///
/// # Errors
/// When the text is no byte count. `-1` is what one writes, the kernel never prints it.
pub fn parse_limit(text: &str) -> Result<Limit, ParseError> {
    parse_u64(value_of(text)).map(limit_from_bytes).ok_or_else(|| ParseError::new("a byte count", text))
}

/// The limit behind a number the kernel printed, also in `memory.stat` (`hierarchical_memory_limit`).
#[must_use]
pub const fn limit_from_bytes(bytes: u64) -> Limit {
    match bytes {
        UNLIMITED_FROM.. => Limit::Unlimited,
        _ => Limit::At(Bytes(bytes)),
    }
}

/// What to write into a limit file: a byte count, or `-1` for none (the kernel's cgroup-v1/memory.rst), without a newline.
#[must_use]
pub fn format_limit(limit: Limit) -> String {
    match limit {
        Limit::At(Bytes(bytes)) => bytes.to_string(),
        Limit::Unlimited => "-1".to_owned(),
    }
}

/// Parses `memory.swappiness`, 0 to 200.
///
/// # Errors
/// When the text is no number or a larger one.
pub fn parse_swappiness(text: &str) -> Result<u8, ParseError> {
    parse_u64(value_of(text))
        .filter(|swappiness| *swappiness <= SWAPPINESS_MAX)
        .and_then(|swappiness| u8::try_from(swappiness).ok())
        .ok_or_else(|| ParseError::new("a number from 0 to 200", text))
}

impl OomControl {
    /// Parses `memory.oom_control`. The first of two equal keys counts, keys unknown here are skipped.
    ///
    /// # Errors
    /// When `oom_kill_disable` or `under_oom` is missing, or a line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut oom_kill_disable, mut under_oom, mut oom_kill] = [None; 3];
        for_each_counter(text, |key, value| {
            let field = match key {
                "oom_kill_disable" => &mut oom_kill_disable,
                "under_oom" => &mut under_oom,
                "oom_kill" => &mut oom_kill,
                _ => return,
            };
            field.get_or_insert(value);
        })?;
        let oom_killer = match required(oom_kill_disable, "an `oom_kill_disable` line", text)? {
            0 => OomKiller::Enabled,
            _ => OomKiller::Disabled,
        };
        Ok(Self { oom_killer, under_oom: required(under_oom, "an `under_oom` line", text)? != 0, oom_kill })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Limit, OomControl, OomKiller, parse_limit, parse_swappiness};

    #[test]
    fn every_spelling_of_no_limit_is_unlimited() {
        for text in [
            "9223372036854771712\n", // 4 KiB pages
            "9223372036854759424\n", // 16 KiB pages
            "9223372036854710272\n", // 64 KiB pages
            "9223372036854775807\n", // Linux 3.10
            "18446744073709551615\n",
        ] {
            assert_eq!(parse_limit(text), Ok(Limit::Unlimited), "{text:?}");
        }
        assert_eq!(parse_limit("9223372036854710271\n"), Ok(Limit::At(Bytes(9_223_372_036_854_710_271))));
        assert_eq!(parse_limit("268435456\n"), Ok(Limit::At(Bytes(268_435_456))));
    }

    #[test]
    fn minus_one_is_written_but_never_printed() {
        assert!(parse_limit("-1\n").is_err());
        assert!(parse_limit("max\n").is_err());
        assert_eq!(super::format_limit(Limit::Unlimited), "-1");
    }

    #[test]
    fn oom_control_of_an_old_kernel_has_no_kill_count() {
        let control = OomControl::parse("oom_kill_disable 1\nunder_oom 0\n").unwrap();
        assert_eq!(control, OomControl { oom_killer: OomKiller::Disabled, under_oom: false, oom_kill: None });
        assert!(OomControl::parse("").is_err());
        assert!(OomControl::parse("under_oom 0\n").is_err());
    }

    #[test]
    fn swappiness_ends_at_two_hundred() {
        assert_eq!(parse_swappiness("60\n"), Ok(60));
        assert_eq!(parse_swappiness("200\n"), Ok(200));
        for text in ["201\n", "256\n", "-1\n", ""] {
            assert!(parse_swappiness(text).is_err(), "{text:?}");
        }
    }
}
