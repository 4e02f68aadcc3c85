//! Who acts first when a node runs short: the kernel, which swaps, or the kubelet, which evicts.

use kernel::bytes::Bytes;

/// Where the kernel begins to reclaim, against where the kubelet begins to evict, in available memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvictionLine {
    /// `evictionHard["memory.available"]`.
    pub eviction: Bytes,
    /// The zones' low watermarks: with less free memory kswapd works.
    pub kswapd_wakes: Bytes,
    /// The zones' high watermarks: with more free memory kswapd sleeps.
    pub kswapd_sleeps: Bytes,
    /// Who acts first.
    pub first: FirstToAct,
}

/// Who acts first as memory gets short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FirstToAct {
    /// kswapd wakes above the line: the kernel swaps before pods are evicted.
    Kernel,
    /// The line lies between the two watermarks: whether swapping keeps up decides.
    Race,
    /// The line lies above both: pods are evicted although swap is free.
    Kubelet,
}
