//! Why a workload gets no swap although its class may have some.
//!
//! A tracing collector walks the whole heap, so a swapped heap is read back at each full collection. Reclaim drops file cache before
//! it swaps, so who lives of the cache gains nothing from swap; and who has little anonymous memory has little to swap.

use kernel::bytes::Bytes;
use model::history::MemoryParts;
use model::incident::exit::Language;
use model::recommendation::SwapVeto;

/// Below this share of anonymous memory there is little to swap.
const ANONYMOUS_RATIO_MIN: f64 = 0.2;

/// Above this share tmpfs decides, and a tmpfs file that is swapped is read back page by page.
const SHARED_RATIO_MAX: f64 = 0.5;

/// Above this share of the active file cache it lives of the cache.
const CACHE_RATIO_MAX: f64 = 0.5;

/// What is known of what a workload's memory is made of; a CSV of one number tells none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryMakeUp {
    /// The runtime that its settings name.
    pub language: Option<Language>,
    /// The parts of its memory.
    pub parts: Option<MemoryParts>,
}

/// The veto, if any.
#[must_use]
pub fn veto(made_of: &MemoryMakeUp) -> Option<SwapVeto> {
    if made_of.language.is_some() {
        return Some(SwapVeto::GarbageCollectedHeap);
    }
    let parts = made_of.parts?;
    let ratio = |part: Option<Bytes>| part?.ratio_of(parts.whole);
    if ratio(parts.active_file).is_some_and(|ratio| ratio > CACHE_RATIO_MAX) {
        return Some(SwapVeto::PageCacheBound);
    }
    let is_tmpfs = ratio(parts.shared).is_some_and(|ratio| ratio > SHARED_RATIO_MAX);
    let is_hardly_anonymous = ratio(parts.anonymous).is_some_and(|ratio| ratio < ANONYMOUS_RATIO_MIN);
    (is_tmpfs || is_hardly_anonymous).then_some(SwapVeto::TmpfsHeavy)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, MemoryMakeUp, MemoryParts, veto};
    use model::incident::exit::Language;
    use model::recommendation::SwapVeto;

    #[test]
    fn what_is_not_known_is_no_veto() {
        assert_eq!(veto(&MemoryMakeUp::default()), None);
        let jvm = MemoryMakeUp { language: Some(Language::Jvm), ..MemoryMakeUp::default() };
        assert_eq!(veto(&jvm), Some(SwapVeto::GarbageCollectedHeap));
    }

    #[test]
    fn what_is_hardly_anonymous_gains_nothing_from_swap() {
        let veto_of = |anonymous: u64, active_file: u64, shared: u64| {
            let [anonymous, active_file, shared] =
                [anonymous, active_file, shared].map(|part| Some(Bytes(part)));
            let parts = MemoryParts { whole: Bytes(100), anonymous, active_file, shared };
            veto(&MemoryMakeUp { language: None, parts: Some(parts) })
        };
        assert_eq!(veto_of(35, 60, 5), Some(SwapVeto::PageCacheBound));
        assert_eq!(veto_of(40, 5, 55), Some(SwapVeto::TmpfsHeavy));
        assert_eq!(veto_of(10, 30, 30), Some(SwapVeto::TmpfsHeavy));
        assert_eq!(veto_of(60, 30, 10), None);
        let nothing = MemoryParts { whole: Bytes(0), anonymous: None, active_file: None, shared: None };
        assert_eq!(veto(&MemoryMakeUp { language: None, parts: Some(nothing) }), None);
    }
}
