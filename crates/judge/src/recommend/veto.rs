//! Why a workload gets no swap although its class may have some.
//!
//! A tracing collector walks the whole heap, so a swapped heap is read back at each full collection. Reclaim drops file cache before
//! it swaps, so who lives of the cache gains nothing from swap; and who has little anonymous memory has little to swap.

use model::incident::exit::Language;
use model::recommendation::SwapVeto;

/// Below this share of anonymous memory there is little to swap.
const ANONYMOUS_RATIO_MIN: f64 = 0.2;

/// Above this share tmpfs decides, and a tmpfs file that is swapped is read back page by page.
const SHARED_RATIO_MAX: f64 = 0.5;

/// Above this share of the active file cache it lives of the cache.
const CACHE_RATIO_MAX: f64 = 0.5;

/// What is known of what a workload's memory is made of; a CSV of one number tells none of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryMakeUp {
    /// The runtime that its settings name.
    pub language: Option<Language>,
    /// Anonymous memory as a share of what is used.
    pub anonymous_ratio: Option<f64>,
    /// tmpfs and shared memory as a share.
    pub shared_ratio: Option<f64>,
    /// Active file cache as a share.
    pub active_file_ratio: Option<f64>,
}

/// The veto, if any.
#[must_use]
pub fn veto(made_of: &MemoryMakeUp) -> Option<SwapVeto> {
    if made_of.language.is_some() {
        return Some(SwapVeto::GarbageCollectedHeap);
    }
    if made_of.active_file_ratio.is_some_and(|ratio| ratio > CACHE_RATIO_MAX) {
        return Some(SwapVeto::PageCacheBound);
    }
    let is_tmpfs = made_of.shared_ratio.is_some_and(|ratio| ratio > SHARED_RATIO_MAX);
    let is_hardly_anonymous = made_of.anonymous_ratio.is_some_and(|ratio| ratio < ANONYMOUS_RATIO_MIN);
    (is_tmpfs || is_hardly_anonymous).then_some(SwapVeto::TmpfsHeavy)
}

#[cfg(test)]
mod tests {
    use super::{MemoryMakeUp, veto};
    use model::incident::exit::Language;
    use model::recommendation::SwapVeto;

    #[test]
    fn what_is_not_known_is_no_veto() {
        assert_eq!(veto(&MemoryMakeUp::default()), None);
        let jvm = MemoryMakeUp { language: Some(Language::Jvm), ..MemoryMakeUp::default() };
        assert_eq!(veto(&jvm), Some(SwapVeto::GarbageCollectedHeap));
        let cache = MemoryMakeUp { active_file_ratio: Some(0.6), ..MemoryMakeUp::default() };
        assert_eq!(veto(&cache), Some(SwapVeto::PageCacheBound));
        let little = MemoryMakeUp { anonymous_ratio: Some(0.1), ..MemoryMakeUp::default() };
        assert_eq!(veto(&little), Some(SwapVeto::TmpfsHeavy));
    }
}
