//! How much swap a workload may have, from the policy's treatment of its class.

use super::MIB;
use kernel::bytes::Bytes;
use model::policy::{SwapWish, Treatment};

/// Swap beyond this many times the memory is never advised: what is used nearly always must be in memory.
const RATIO_MAX: f64 = 2.0;

/// The share of the node's swap that LimitedSwap gives is not known here; as much swap as memory is a usual node.
const PROPORTIONAL_RATIO: f64 = 1.0;

/// What a class allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassCap {
    /// No swap: the one-number rule.
    NoSwap,
    /// Swap of at most so many times the memory: the two-number rule.
    Ratio(f64),
    /// At most so much.
    Amount(Bytes),
}

/// What a treatment allows.
#[must_use]
pub fn of(treatment: &Treatment) -> ClassCap {
    match treatment.swap {
        SwapWish::None => ClassCap::NoSwap,
        SwapWish::RatioOfMemory(ratio) if ratio > 0.0 => ClassCap::Ratio(ratio.min(RATIO_MAX)),
        SwapWish::RatioOfMemory(_) => ClassCap::NoSwap,
        SwapWish::Proportional => ClassCap::Ratio(PROPORTIONAL_RATIO),
        SwapWish::Fixed(amount) if (amount.0 as f64) < MIB => ClassCap::NoSwap,
        SwapWish::Fixed(amount) => ClassCap::Amount(amount),
        SwapWish::Unlimited { node_free_ratio_min: _ } => ClassCap::Ratio(RATIO_MAX),
    }
}

/// The cap as a ratio of memory, of a total.
#[must_use]
pub fn ratio(cap: ClassCap, total: f64) -> f64 {
    match cap {
        ClassCap::NoSwap => 0.0,
        ClassCap::Ratio(ratio) => ratio,
        ClassCap::Amount(amount) => {
            let swap = (amount.0 as f64).min(total * RATIO_MAX / (1.0 + RATIO_MAX));
            swap / (total - swap).max(1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassCap, ratio};
    use kernel::bytes::Bytes;

    #[test]
    fn a_fixed_amount_is_a_ratio_of_what_remains() {
        assert!((ratio(ClassCap::Amount(Bytes(100)), 400.0) - 100.0 / 300.0).abs() < 1e-12);
        assert!((ratio(ClassCap::Amount(Bytes(1000)), 300.0) - 2.0).abs() < 1e-9);
        assert_eq!(ratio(ClassCap::NoSwap, 300.0), 0.0);
    }
}
