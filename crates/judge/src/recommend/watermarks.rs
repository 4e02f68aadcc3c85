//! Watermarks at which the kernel reclaims before the kubelet evicts.
//!
//! `kswapd` starts below `low = min + max(min / 4, managed × watermark_scale_factor / 10000)` (mm/page_alloc.c,
//! `__setup_per_zone_wmarks`); the kubelet evicts below its hard threshold, looking every ten seconds.

use kernel::bytes::Bytes;

/// Between two looks of the kubelet.
const LOOK_SECONDS: f64 = 10.0;

/// More than this share of the memory is not kept free.
const MIN_FREE_RATIO_MAX: f64 = 0.05;

/// The sysctl's own bound: 30 %.
const SCALE_FACTOR_MAX: f64 = 3000.0;

/// What is known of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeGrowth {
    /// Its memory.
    pub memory: Bytes,
    /// The kubelet's hard eviction threshold for `memory.available`.
    pub eviction_hard: Bytes,
    /// The fastest growth of anonymous memory, in bytes per second: its 99.9th percentile.
    pub growth_per_second: f64,
    /// What its swap device takes, in bytes per second.
    pub swap_write_per_second: f64,
}

/// What to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// `vm.min_free_kbytes`.
    pub min_free_kib: u64,
    /// `vm.watermark_scale_factor`, in ten-thousandths.
    pub scale_factor: u64,
}

/// The watermarks; `None` when the node has no memory or a figure makes no sense.
#[must_use]
pub fn watermarks(node: &NodeGrowth) -> Option<Watermarks> {
    let memory = node.memory.0 as f64;
    let makes_sense = memory > 0.0 && node.growth_per_second >= 0.0 && node.swap_write_per_second > 0.0;
    if !makes_sense {
        return None;
    }
    // Until pages are out, growth goes on.
    let seconds = LOOK_SECONDS + node.growth_per_second / node.swap_write_per_second;
    let threshold = node.eviction_hard.0 as f64;
    let min = (threshold + threshold / 10.0).min(memory * MIN_FREE_RATIO_MAX);
    let low = threshold + node.growth_per_second * seconds;
    let factor = (1e4 * (low - min).max(0.0) / memory).ceil().clamp(10.0, SCALE_FACTOR_MAX);
    Some(Watermarks { min_free_kib: (min / 1024.0).ceil() as u64, scale_factor: factor as u64 })
}

#[cfg(test)]
mod tests {
    use super::{Bytes, NodeGrowth, Watermarks, watermarks};

    #[test]
    fn reclaim_begins_before_eviction() {
        let node = NodeGrowth {
            memory: Bytes(8 << 30),
            eviction_hard: Bytes(100 << 20),
            growth_per_second: 50e6,
            swap_write_per_second: 100e6,
        };
        let found = watermarks(&node).unwrap();
        assert_eq!(found, Watermarks { min_free_kib: 112_640, scale_factor: 599 });
        let low = found.min_free_kib as f64 * 1024.0 + found.scale_factor as f64 / 1e4 * (8_u64 << 30) as f64;
        assert!(low > node.eviction_hard.0 as f64 + 10.0 * node.growth_per_second);
        assert_eq!(watermarks(&NodeGrowth { memory: Bytes(0), ..node }), None);
    }
}
