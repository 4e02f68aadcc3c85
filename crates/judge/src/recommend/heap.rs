//! Heap settings that must move along when a memory limit changes.

use crate::heap::judgements;
use kernel::bytes::Bytes;
use model::outcome::heap::{HeapSize, HeapVerdict};

/// What a fixed heap should be of the limit: the rest is metaspace, stacks, code and buffers (the vendors' usual advice).
const HEAP_PERCENT: u64 = 75;

/// In words, for each setting that does not follow the limit by itself or would not fit it.
#[must_use]
pub fn notes(command: &[&str], env: &[(&str, &str)], memory: Bytes) -> Vec<String> {
    let mib = |bytes: Bytes| format!("{} MiB", bytes.0 >> 20);
    let advised = Bytes(memory.0 / 100 * HEAP_PERCENT);
    judgements(command, env, Some(memory))
        .into_iter()
        .filter_map(|judged| {
            let text = &judged.setting.text;
            match (judged.setting.size, judged.verdict) {
                (HeapSize::Ratio(_), HeapVerdict::Fits) => None,
                (HeapSize::Bytes(_), HeapVerdict::Fits) => {
                    Some(format!("{text} is fixed: it stays as it is, whatever the limit"))
                }
                (HeapSize::Bytes(_), HeapVerdict::ReachesLimit | HeapVerdict::LittleRoom) => Some(format!(
                    "{text} leaves too little of {} beside the heap: set it to {} along with the limit",
                    mib(memory),
                    mib(advised)
                )),
                (HeapSize::Ratio(_), HeapVerdict::ReachesLimit | HeapVerdict::LittleRoom) => Some(format!(
                    "{text} leaves too little beside the heap: {HEAP_PERCENT} % of the limit is usual"
                )),
                (HeapSize::Bytes(_) | HeapSize::Ratio(_), HeapVerdict::NoLimit) => None,
            }
        })
        .collect()
}
