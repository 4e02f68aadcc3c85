//! Who acts first when a node runs short of memory: the kernel, which swaps, or the kubelet, which evicts.
//!
//! Written in the kernel's mm/page_alloc.c (`__setup_per_zone_wmarks`: kswapd wakes below the low watermark and sleeps above the high
//! one), Kubernetes' page on node-pressure eviction, and kubernetes issue 120800, where the race was measured.

use kernel::bytes::Bytes;
use kernel::zoneinfo::{Zone, reclaim_line};
use model::outcome::eviction::{EvictionLine, FirstToAct};

/// The kubelet's default of `evictionHard["memory.available"]`.
pub const EVICTION_DEFAULT: Bytes = Bytes::from_mib(100);

/// Compares the eviction threshold with the zones' watermarks. Watermarks count free pages, the threshold counts what is available, of
/// which free pages are a part: with cache to drop the kernel starts even earlier than this says.
#[must_use]
pub fn line(zones: &[Zone], page: Bytes, eviction: Bytes) -> EvictionLine {
    let watermarks = reclaim_line(zones);
    let in_bytes = |pages: u64| Bytes(pages.saturating_mul(page.0));
    let (wakes, sleeps) = (in_bytes(watermarks.low), in_bytes(watermarks.high));
    let first = if eviction < wakes {
        FirstToAct::Kernel
    } else if eviction < sleeps {
        FirstToAct::Race
    } else {
        FirstToAct::Kubelet
    };
    EvictionLine { eviction, kswapd_wakes: wakes, kswapd_sleeps: sleeps, first }
}
