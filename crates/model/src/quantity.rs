//! Amounts as people type them on a command line: Kubernetes', Docker's, plain bytes, percent and ratios.

pub mod docker;
pub mod kubernetes;

use kernel::bytes::Bytes;
use std::str::FromStr;

/// An amount of memory, absolute or as a share of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// `512Mi`, `1G`, `512m`, `1048576`.
    Bytes(Bytes),
    /// `50%` or `0.5x`, as a ratio.
    Ratio(f64),
}

/// Text that is no amount: what was found, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAQuantity {
    /// What was typed.
    pub found: String,
}

impl std::fmt::Display for NotAQuantity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found = self.found.escape_debug();
        write!(
            out,
            "expected an amount such as `512Mi`, `1G`, `512m`, `50%` or a byte count, found `{found}`"
        )
    }
}

impl std::error::Error for NotAQuantity {}

/// Kubernetes: `Ki` is 1024 and `K` is 1000 (resource.Quantity). Docker: `k` is 1024 (go-units RAMInBytes).
/// The case of the letter tells them apart; `k`, which both have, is Docker's.
const UNITS: [(&str, u64); 18] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("b", 1),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("p", 1 << 50),
];

impl FromStr for Quantity {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let wrong = || NotAQuantity { found: text.to_owned() };
        let typed = text.trim();
        if let Some(percent) = typed.strip_suffix('%') {
            return Ok(Self::Ratio(decimal(percent).ok_or_else(wrong)?.as_ratio() / 100.0));
        }
        if let Some(ratio) = typed.strip_suffix('x') {
            return Ok(Self::Ratio(decimal(ratio).ok_or_else(wrong)?.as_ratio()));
        }
        if let Some(bytes) = with_exponent(typed) {
            return Ok(Self::Bytes(bytes));
        }
        let (number, unit) = UNITS
            .iter()
            .find_map(|(suffix, unit)| typed.strip_suffix(suffix).map(|number| (number, *unit)))
            .unwrap_or((typed, 1));
        decimal(number)
            .and_then(|number| number.times(unit))
            .map(|bytes| Self::Bytes(Bytes(bytes)))
            .ok_or_else(wrong)
    }
}

/// `1e9` and `1E9`, which Kubernetes and Docker read alike; no unit can follow. `1E` has no exponent: it is 10 to the 18th.
fn with_exponent(text: &str) -> Option<Bytes> {
    let (number, _) = text.split_once(['e', 'E'])?;
    decimal(number)?;
    let milli = kubernetes::milli(text)?;
    u64::try_from(milli.unsigned_abs().div_ceil(1_000)).ok().map(Bytes)
}

/// A decimal number kept exact: `digits` divided by ten to the `places`.
struct Decimal {
    digits: u64,
    places: u32,
}

fn decimal(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    let is_number =
        !whole.is_empty() && !text.ends_with('.') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    Some(Decimal { digits: digits.parse().ok()?, places: u32::try_from(fraction.len()).ok()? })
}

impl Decimal {
    /// Rounded up, as Kubernetes rounds a fraction of a byte.
    fn times(&self, unit: u64) -> Option<u64> {
        let divisor = 10_u128.checked_pow(self.places)?;
        u64::try_from((u128::from(self.digits) * u128::from(unit)).div_ceil(divisor)).ok()
    }

    #[allow(clippy::cast_precision_loss)]
    fn as_ratio(&self) -> f64 {
        self.digits as f64 / 10_f64.powf(f64::from(self.places))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Quantity};

    #[test]
    fn kubernetes_docker_and_plain_amounts_are_told_apart() {
        for (text, bytes) in [
            ("512Mi", 512 << 20),
            ("2Gi", 2 << 30),
            ("1.5Gi", 3 << 29),
            ("1G", 1_000_000_000),
            ("512m", 512 << 20),
            ("2g", 2 << 30),
            ("1048576", 1 << 20),
            ("100b", 100),
            ("0", 0),
            ("0.1", 1),
            ("1e9", 1_000_000_000),
            ("1E9", 1_000_000_000),
            ("2.5e+9", 2_500_000_000),
            ("1500e-3", 2),
            ("0e9", 0),
            ("1E", 1_000_000_000_000_000_000),
            ("1Ei", 1 << 60),
        ] {
            assert_eq!(text.parse(), Ok(Quantity::Bytes(Bytes(bytes))), "{text}");
        }
    }

    #[test]
    fn shares_are_ratios() {
        assert_eq!("50%".parse(), Ok(Quantity::Ratio(0.5)));
        assert_eq!("0.5x".parse(), Ok(Quantity::Ratio(0.5)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "Mi",
            "-1",
            "1.",
            ".5",
            "512MB",
            "17179869185Gi",
            "99999999999999999999",
            "1 G",
            "½",
            "1e",
            "e9",
            "-1e9",
            ".5e9",
            "1e+",
            "1e1e1",
            "1e9Mi",
            "1e9b",
            "1e9%",
            "1e99",
            "1E20",
            "1e99999999999999999999",
            "1eE",
            "20E",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }
}
