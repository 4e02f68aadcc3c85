//! Pressure stall information: `/proc/pressure/*` and `memory.pressure`.

use std::time::Duration;

use crate::decimal::{parse_u32, parse_u64};
use crate::parse_error::ParseError;

/// A share of time in hundredths of a percent, as exact as the kernel prints it: `12.34` is `Percent(1234)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub u32);

/// How long work stood still for want of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressureLine {
    /// Share of the last 10 seconds.
    pub avg10: Percent,
    /// Share of the last 60 seconds.
    pub avg60: Percent,
    /// Share of the last 300 seconds.
    pub avg300: Percent,
    /// Time stood still since the cgroup or the host began.
    pub total: Duration,
}

/// One pressure file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// At least one task waited.
    pub some: PressureLine,
    /// All tasks waited at once; absent for the host's CPU before Linux 5.13.
    pub full: Option<PressureLine>,
}

impl Percent {
    /// In percent: 12.34.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// As a share of one: 0.1234.
    #[must_use]
    pub fn ratio(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl Pressure {
    /// Parses `memory.pressure`, `/proc/pressure/memory` or their `cpu` and `io` sisters. The first of two equal lines counts,
    /// lines of another name are skipped. (`irq.pressure` has no `some` line and is refused.)
    ///
    /// # Errors
    /// When there is no `some` line or a line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut some, mut full] = [None; 2];
        for line in text.split_terminator('\n') {
            let (kind, averages) = line.split_once(' ').ok_or_else(|| malformed(line))?;
            let slot = match kind {
                "some" => &mut some,
                "full" => &mut full,
                _ => continue,
            };
            let parsed = parse_averages(averages).ok_or_else(|| malformed(line))?;
            slot.get_or_insert(parsed);
        }
        Ok(Self { some: some.ok_or_else(|| malformed(text))?, full })
    }
}

fn malformed(found: &str) -> ParseError {
    ParseError::new("a `some` or `full` line with `avg10=`, `avg60=`, `avg300=` and `total=`", found)
}

fn parse_averages(text: &str) -> Option<PressureLine> {
    let mut words = text.split(' ');
    let line = PressureLine {
        avg10: parse_percent(words.next()?.strip_prefix("avg10=")?)?,
        avg60: parse_percent(words.next()?.strip_prefix("avg60=")?)?,
        avg300: parse_percent(words.next()?.strip_prefix("avg300=")?)?,
        total: Duration::from_micros(parse_u64(words.next()?.strip_prefix("total=")?)?),
    };
    words.next().is_none().then_some(line)
}

/// The kernel prints `%lu.%02lu` (kernel/sched/psi.c), so there are always two decimals.
fn parse_percent(text: &str) -> Option<Percent> {
    let (whole, hundredths) = text.split_once('.')?;
    if hundredths.len() != 2 {
        return None;
    }
    parse_u32(whole)?.checked_mul(100)?.checked_add(parse_u32(hundredths)?).map(Percent)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Percent, Pressure};

    const TEXT: &str = "some avg10=12.34 avg60=100.00 avg300=0.05 total=1234567\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

    #[test]
    fn averages_are_exact_and_totals_are_time() {
        let pressure = Pressure::parse(TEXT).unwrap();
        assert_eq!(pressure.some.avg10, Percent(1234));
        assert_eq!(pressure.some.avg60.ratio(), 1.0);
        assert_eq!(pressure.some.avg300.percent(), 0.05);
        assert_eq!(pressure.some.total, Duration::from_micros(1_234_567));
        assert_eq!(pressure.full.unwrap().total, Duration::ZERO);
    }

    #[test]
    fn a_missing_full_line_is_absent() {
        let some = TEXT.lines().next().unwrap();
        assert_eq!(Pressure::parse(some).unwrap().full, None);
    }

    #[test]
    fn other_text_is_refused() {
        let full = TEXT.lines().nth(1).unwrap();
        for text in ["", "\n", full, "some", "some avg10=1 avg60=0.00 avg300=0.00 total=0"] {
            assert!(Pressure::parse(text).is_err(), "{text:?}");
        }
        for (good, bad) in [
            ("12.34", "12.3"),
            ("12.34", "-2.34"),
            ("12.34", "99999999999.00"),
            ("1234567", "18446744073709551616"),
            ("1234567", "1234567 more=1"),
            ("\n", "\r\n"),
        ] {
            assert!(Pressure::parse(&TEXT.replace(good, bad)).is_err(), "{bad:?}");
        }
    }
}
