//! A ceiling on memory or swap, as the kernel holds it.

use crate::bytes::Bytes;

/// A ceiling. The order puts every finite limit below `Unlimited`, so that the lowest of several limits is their minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// At most this many bytes.
    At(Bytes),
    /// No ceiling: `max` on cgroup v2, the largest page count on v1.
    Unlimited,
}

impl Limit {
    /// The finite ceiling, if there is one.
    #[must_use]
    pub const fn bytes(self) -> Option<Bytes> {
        match self {
            Self::At(bytes) => Some(bytes),
            Self::Unlimited => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Limit};

    #[test]
    fn the_lowest_limit_is_the_minimum() {
        assert_eq!(Limit::Unlimited.min(Limit::At(Bytes(u64::MAX))), Limit::At(Bytes(u64::MAX)));
        assert_eq!(Limit::At(Bytes(2)).min(Limit::At(Bytes(1))), Limit::At(Bytes(1)));
    }
}
