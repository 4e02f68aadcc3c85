//! What stands above the peak: little for a flat series, more for a bursty one, more for a young one, never more than the peak again.

use super::MIB;

/// The constants of a margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// A flat, old series gets this share of its peak.
    pub flat_ratio: f64,
    /// So much more for each e-fold of burstiness.
    pub burst_ratio: f64,
    /// So much more after one day, half of it after two.
    pub young_ratio: f64,
    /// On top, in bytes: small containers are cheap to protect.
    pub floor: f64,
}

/// A margin for one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginParts {
    /// The share of the peak, all in all.
    pub ratio: f64,
    /// How much of it is for being young.
    pub young_ratio: f64,
}

/// A share of the peak is never more than the peak.
const RATIO_MAX: f64 = 1.0;

/// Below an hour everything is equally young.
const AGE_SECONDS_MIN: f64 = 3600.0;

/// With swap behind the memory a generous total costs little, so it is generous.
pub const WITH_SWAP: Margin =
    Margin { flat_ratio: 0.25, burst_ratio: 0.3, young_ratio: 0.03, floor: 64.0 * MIB };

/// Without swap every byte of margin is memory.
pub const WITHOUT_SWAP: Margin =
    Margin { flat_ratio: 0.05, burst_ratio: 0.1, young_ratio: 0.01, floor: 32.0 * MIB };

impl Margin {
    /// The margin of a series of such a burstiness and age.
    #[must_use]
    pub fn parts(&self, burstiness: f64, age_seconds: f64) -> MarginParts {
        let young_ratio = self.young_ratio * 86_400.0 / age_seconds.max(AGE_SECONDS_MIN);
        let ratio = (self.flat_ratio + self.burst_ratio * burstiness + young_ratio).min(RATIO_MAX);
        MarginParts { ratio, young_ratio }
    }

    /// The peak with its margin.
    #[must_use]
    pub fn above(&self, peak: f64, burstiness: f64, age_seconds: f64) -> f64 {
        peak * (1.0 + self.parts(burstiness, age_seconds).ratio) + self.floor
    }
}

#[cfg(test)]
mod tests {
    use super::{MIB, WITH_SWAP, WITHOUT_SWAP};

    #[test]
    fn flat_and_old_is_nearly_the_least() {
        let month = 30.0 * 86_400.0;
        assert!((WITHOUT_SWAP.above(1000.0 * MIB, 0.0, month) / MIB - 1082.333).abs() < 0.01);
        assert!((WITH_SWAP.parts(0.0, month).ratio - 0.251).abs() < 1e-9);
        // A minute counts as an hour, and no margin is above the peak.
        assert_eq!(WITH_SWAP.parts(0.0, 60.0), WITH_SWAP.parts(0.0, 3600.0));
        assert_eq!(WITH_SWAP.parts(9.0, month).ratio, 1.0);
    }
}
