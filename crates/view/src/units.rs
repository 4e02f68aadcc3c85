//! Amounts, shares and times in the words people use.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use std::time::Duration;

/// What stands where a figure is not known or does not exist.
pub const ABSENT: &str = "–";

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// An amount in at most eight characters: `512 MiB`, `1.5 GiB`.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn bytes(amount: Bytes) -> String {
    let mut value = amount.0 as f64;
    let mut unit = 0;
    // 1023.6 MiB would round to "1024 MiB".
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    let is_whole = (value - value.round()).abs() < 0.05 || value >= 9.95 || unit == 0;
    if is_whole { format!("{value:.0} {name}") } else { format!("{value:.1} {name}") }
}

/// An amount, or a dash.
#[must_use]
pub fn bytes_or_absent(amount: &Reading<Bytes>) -> String {
    amount.get().map_or_else(|| ABSENT.to_owned(), bytes)
}

/// A limit: an amount, `none`, or a dash.
#[must_use]
pub fn limit(limit: &Reading<Limit>) -> String {
    match limit {
        Reading::Value(Limit::At(amount)) => bytes(*amount),
        Reading::Value(Limit::Unlimited) => "none".to_owned(),
        Reading::Absent | Reading::Failed(_) => ABSENT.to_owned(),
    }
}

/// A share in whole percent; what is there but below one half says so.
#[must_use]
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent > 0.0 && percent < 0.5 { "<1%".to_owned() } else { format!("{percent:.0}%") }
}

/// A rate of bytes.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn bytes_per_second(rate: f64) -> String {
    let sign = if rate < 0.0 { "-" } else { "" };
    format!("{sign}{}/s", bytes(Bytes(rate.abs().round() as u64)))
}

/// A rate of pages or faults.
#[must_use]
pub fn per_second(rate: f64) -> String {
    if rate > 0.0 && rate < 0.5 { "<1/s".to_owned() } else { format!("{rate:.0}/s") }
}

/// A time in its two largest units.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        86_400.. => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// The amount as Docker takes it on a command line: `64m`, or bytes where nothing larger is exact.
#[must_use]
pub fn docker_bytes(amount: Bytes) -> String {
    for (shift, unit) in [(30, "g"), (20, "m"), (10, "k")] {
        if amount.0 > 0 && amount.0.is_multiple_of(1 << shift) {
            return format!("{}{unit}", amount.0 >> shift);
        }
    }
    amount.0.to_string()
}

/// The number with its noun: `1 kill`, `2 kills`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Duration, bytes, docker_bytes, duration, percent};

    #[test]
    fn amounts_stay_short_and_do_not_round_past_their_unit() {
        for (amount, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (64 << 20, "64 MiB"),
            ((1 << 30) - 1, "1 GiB"),
            (3 << 29, "1.5 GiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(bytes(Bytes(amount)), text);
            assert!(text.len() <= 8);
        }
    }

    #[test]
    fn a_little_is_not_nothing() {
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.001), "<1%");
        assert_eq!(percent(0.755), "76%");
    }

    #[test]
    fn docker_takes_whole_units() {
        assert_eq!(docker_bytes(Bytes(64 << 20)), "64m");
        assert_eq!(docker_bytes(Bytes(2 << 30)), "2g");
        assert_eq!(docker_bytes(Bytes(1_000_000)), "1000000");
        assert_eq!(docker_bytes(Bytes(0)), "0");
    }

    #[test]
    fn times_have_two_units() {
        assert_eq!(duration(Duration::from_millis(1_500)), "1.5 s");
        assert_eq!(duration(Duration::from_secs(3_725)), "1 h 2 min");
    }
}
