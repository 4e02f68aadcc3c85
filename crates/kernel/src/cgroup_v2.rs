//! Files of the cgroup v2 memory controller: limits, `memory.events`, `memory.swap.events`, `cgroup.events`.

use crate::bytes::Bytes;
use crate::decimal::parse_u64;
use crate::limit::Limit;
use crate::parse_error::ParseError;
use crate::scalar::value_of;

/// Counters of `memory.events` and `memory.events.local`. The first of two equal keys counts, keys unknown here are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryEvents {
    /// Times memory below `memory.low` was reclaimed all the same.
    pub low: u64,
    /// Times processes were throttled because usage was above `memory.high`.
    pub high: u64,
    /// Times usage was about to go over `memory.max`.
    pub max: u64,
    /// Times an allocation was about to fail at the limit. A kill of a descendant's process at an ancestor's limit is not
    /// counted in the descendant's `oom`, but in its `oom_kill`.
    pub oom: u64,
    /// Processes killed by any kind of OOM killer; absent before Linux 4.13.
    pub oom_kill: Option<u64>,
    /// Times a whole group was killed (`memory.oom.group`); absent before Linux 5.17.
    pub oom_group_kill: Option<u64>,
    /// Times a socket's memory was throttled; absent on most kernels in use.
    pub sock_throttled: Option<u64>,
}

/// Counters of `memory.swap.events` (Linux 4.20 and later). The first of two equal keys counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwapEvents {
    /// Times swap usage was over `memory.swap.high`; absent before Linux 5.8.
    pub high: Option<u64>,
    /// Times swap usage was about to go over `memory.swap.max` and the page stayed in memory.
    pub max: u64,
    /// Times swap could not be given out, at the limit or because the system had none left.
    pub fail: u64,
}

/// State in `cgroup.events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgroupEvents {
    /// Whether the cgroup or a descendant holds a live process.
    pub populated: bool,
    /// Whether it is frozen; absent before Linux 5.2.
    pub frozen: Option<bool>,
}

/// Parses `memory.max`, `memory.high`, `memory.low`, `memory.min`, `memory.swap.max`, `memory.swap.high` or `memory.zswap.max`.
///
/// # Errors
/// When the text is neither `max` nor a byte count.
pub fn parse_limit(text: &str) -> Result<Limit, ParseError> {
    match value_of(text) {
        "max" => Ok(Limit::Unlimited),
        value => parse_u64(value)
            .map(|bytes| Limit::At(Bytes(bytes)))
            .ok_or_else(|| ParseError::new("a byte count or `max`", text)),
    }
}

/// What to write into a limit file: a byte count or `max`, without a newline.
#[must_use]
pub fn format_limit(limit: Limit) -> String {
    match limit {
        Limit::At(Bytes(bytes)) => bytes.to_string(),
        Limit::Unlimited => "max".to_owned(),
    }
}

impl MemoryEvents {
    /// Parses `memory.events` or `memory.events.local`.
    ///
    /// # Errors
    /// When `low`, `high`, `max` or `oom` is missing, which every kernel with cgroup v2 writes, or a line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut low, mut high, mut max, mut oom, mut oom_kill, mut oom_group_kill, mut sock_throttled] =
            [None; 7];
        for_each_counter(text, |key, value| {
            let counter = match key {
                "low" => &mut low,
                "high" => &mut high,
                "max" => &mut max,
                "oom" => &mut oom,
                "oom_kill" => &mut oom_kill,
                "oom_group_kill" => &mut oom_group_kill,
                "sock_throttled" => &mut sock_throttled,
                _ => return,
            };
            counter.get_or_insert(value);
        })?;
        Ok(Self {
            low: required(low, "a `low` line", text)?,
            high: required(high, "a `high` line", text)?,
            max: required(max, "a `max` line", text)?,
            oom: required(oom, "an `oom` line", text)?,
            oom_kill,
            oom_group_kill,
            sock_throttled,
        })
    }
}

impl SwapEvents {
    /// Parses `memory.swap.events`.
    ///
    /// # Errors
    /// When `max` or `fail` is missing, or a line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut high, mut max, mut fail] = [None; 3];
        for_each_counter(text, |key, value| {
            let counter = match key {
                "high" => &mut high,
                "max" => &mut max,
                "fail" => &mut fail,
                _ => return,
            };
            counter.get_or_insert(value);
        })?;
        Ok(Self {
            high,
            max: required(max, "a `max` line", text)?,
            fail: required(fail, "a `fail` line", text)?,
        })
    }
}

impl CgroupEvents {
    /// Parses `cgroup.events`.
    ///
    /// # Errors
    /// When `populated` is missing, or a line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut populated, mut frozen] = [None; 2];
        for_each_counter(text, |key, value| {
            let state = match key {
                "populated" => &mut populated,
                "frozen" => &mut frozen,
                _ => return,
            };
            state.get_or_insert(value != 0);
        })?;
        Ok(Self { populated: required(populated, "a `populated` line", text)?, frozen })
    }
}

/// Visits the lines of a flat keyed file (`KEY VALUE`, as the kernel's cgroup-v2.rst calls it).
pub(crate) fn for_each_counter(text: &str, mut visit: impl FnMut(&str, u64)) -> Result<(), ParseError> {
    for line in text.split_terminator('\n') {
        let counter = line.split_once(' ').and_then(|(key, value)| Some((key, parse_u64(value)?)));
        let (key, value) = counter.ok_or_else(|| ParseError::new("a key and a count", line))?;
        visit(key, value);
    }
    Ok(())
}

/// The value of a key that every kernel writes.
pub(crate) fn required<T>(value: Option<T>, expected: &'static str, text: &str) -> Result<T, ParseError> {
    value.ok_or_else(|| ParseError::new(expected, text))
}

#[cfg(test)]
mod tests {
    use super::{Bytes, CgroupEvents, Limit, MemoryEvents, SwapEvents, format_limit, parse_limit};

    #[test]
    fn a_limit_is_max_or_a_byte_count() {
        assert_eq!(parse_limit("max\n"), Ok(Limit::Unlimited));
        assert_eq!(parse_limit("0\n"), Ok(Limit::At(Bytes(0))));
        for text in ["", "MAX\n", "-1\n", "max \n", "max\r\n", "1M\n", "99999999999999999999\n"] {
            assert!(parse_limit(text).is_err(), "{text:?}");
        }
        assert_eq!(format_limit(Limit::Unlimited), "max");
    }

    #[test]
    fn counters_an_old_kernel_lacks_are_absent_not_zero() {
        let events = MemoryEvents::parse("low 1\nhigh 2\nmax 3\noom 4\n").unwrap();
        assert_eq!((events.low, events.high, events.max, events.oom), (1, 2, 3, 4));
        assert_eq!((events.oom_kill, events.oom_group_kill), (None, None));
        assert_eq!(SwapEvents::parse("max 5\nfail 6").unwrap(), SwapEvents { high: None, max: 5, fail: 6 });
    }

    #[test]
    fn unknown_keys_are_skipped_and_the_first_of_two_counts() {
        let events = MemoryEvents::parse("low 1\nlow 9\nhigh 2\nfuture 7\nmax 3\noom 4\n").unwrap();
        assert_eq!(events.low, 1);
    }

    #[test]
    fn a_file_without_the_oldest_keys_is_refused() {
        for text in [
            "",
            "\n",
            "low 1\n",
            "garbage",
            "low 1\nhigh 2\nmax 3\noom -1\n",
            "low 1\r\nhigh 2\r\nmax 3\r\noom 4\r\n",
        ] {
            assert!(MemoryEvents::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(SwapEvents::parse("max 1\n").unwrap_err().expected, "a `fail` line");
        assert!(CgroupEvents::parse("frozen 0\n").is_err());
    }

    #[test]
    fn populated_and_frozen_are_states() {
        let events = CgroupEvents::parse("populated 1\nfrozen 0\n").unwrap();
        assert_eq!(events, CgroupEvents { populated: true, frozen: Some(false) });
    }
}
