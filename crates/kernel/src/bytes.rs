//! An amount of memory, in bytes.

use std::iter::Sum;

/// An amount of memory or swap, in bytes. Differences are taken with [`Bytes::saturating_sub`]:
/// the kernel's counters are read one after another, so a part may exceed its whole for a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    /// No memory at all.
    pub const ZERO: Self = Self(0);

    /// From KiB, the unit of `/proc/meminfo` and `/proc/swaps`; `None` beyond 64 bits.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Option<Self> {
        match kib.checked_mul(1024) {
            Some(bytes) => Some(Self(bytes)),
            None => None,
        }
    }

    /// From MiB, saturating.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1024 * 1024))
    }

    /// The sum, or the largest amount when the sum is beyond 64 bits.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero when `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The share of `whole` that this amount is, or `None` of nothing.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn ratio_of(self, whole: Self) -> Option<f64> {
        (whole.0 > 0).then(|| self.0 as f64 / whole.0 as f64)
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn sums_saturate_and_differences_stop_at_zero() {
        assert_eq!([Bytes(u64::MAX), Bytes(1)].into_iter().sum::<Bytes>(), Bytes(u64::MAX));
        assert_eq!(Bytes(1).saturating_sub(Bytes(2)), Bytes::ZERO);
        assert_eq!(Bytes::from_kib(u64::MAX), None);
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        assert_eq!(Bytes(1).ratio_of(Bytes::ZERO), None);
        assert_eq!(Bytes(1).ratio_of(Bytes(4)), Some(0.25));
    }
}
