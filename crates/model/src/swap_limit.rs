//! Two different ceilings that people confuse: on swap alone, and on memory and swap together.

use kernel::bytes::Bytes;
use kernel::limit::Limit;

/// A ceiling on swap alone: `memory.swap.max` on cgroup v2, `MemorySwapMax=` in systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SwapLimit(pub Limit);

/// A ceiling on memory and swap together: `memory.memsw.limit_in_bytes` on cgroup v1, Docker's `--memory-swap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryAndSwapLimit(pub Limit);

/// A combined ceiling below the memory ceiling has no meaning; Docker and the kernel both refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BelowMemoryLimit {
    /// The combined ceiling that was given.
    pub combined: Bytes,
    /// The memory ceiling that it is below.
    pub memory: Limit,
}

impl SwapLimit {
    /// Docker's meaning of the two ceilings: what is left for swap once memory is full.
    ///
    /// Equal ceilings leave zero bytes of swap: that forbids swap, it does not leave it unset.
    ///
    /// # Errors
    /// When the combined ceiling is below the memory ceiling, or finite while memory is unlimited.
    pub fn from_combined(combined: MemoryAndSwapLimit, memory: Limit) -> Result<Self, BelowMemoryLimit> {
        match (combined.0, memory) {
            (Limit::Unlimited, Limit::At(_) | Limit::Unlimited) => Ok(Self(Limit::Unlimited)),
            (Limit::At(both), Limit::At(memory)) if both >= memory => {
                Ok(Self(Limit::At(both.saturating_sub(memory))))
            }
            (Limit::At(combined), memory) => Err(BelowMemoryLimit { combined, memory }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BelowMemoryLimit, Bytes, Limit, MemoryAndSwapLimit, SwapLimit};

    fn at(bytes: u64) -> Limit {
        Limit::At(Bytes(bytes))
    }

    #[test]
    fn equal_ceilings_forbid_swap() {
        assert_eq!(SwapLimit::from_combined(MemoryAndSwapLimit(at(64)), at(64)), Ok(SwapLimit(at(0))));
    }

    #[test]
    fn the_difference_is_the_swap() {
        assert_eq!(SwapLimit::from_combined(MemoryAndSwapLimit(at(96)), at(64)), Ok(SwapLimit(at(32))));
        assert_eq!(
            SwapLimit::from_combined(MemoryAndSwapLimit(Limit::Unlimited), at(64)),
            Ok(SwapLimit(Limit::Unlimited))
        );
    }

    #[test]
    fn a_combined_ceiling_below_memory_is_refused() {
        let refused = |combined, memory| Err(BelowMemoryLimit { combined: Bytes(combined), memory });
        assert_eq!(SwapLimit::from_combined(MemoryAndSwapLimit(at(32)), at(64)), refused(32, at(64)));
        assert_eq!(
            SwapLimit::from_combined(MemoryAndSwapLimit(at(32)), Limit::Unlimited),
            refused(32, Limit::Unlimited)
        );
    }
}
