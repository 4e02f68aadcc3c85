//! Causes that the split of the memory shows: tmpfs, kernel memory, page cache that was not written.

use crate::oom::consumer::DOMINANT_RATIO;
use crate::oom::facts::Facts;
use crate::oom::rules::found;
use kernel::bytes::Bytes;
use model::incident::cause::{Cause, CauseKind, Confidence, Evidence, MemoryPart};

/// At four fifths nothing else fits beside it.
const OVERWHELMING_RATIO: f64 = 0.8;

/// A victim of less than a tenth of the memory did not fill it.
const VICTIM_LITTLE_RATIO: f64 = 0.1;

/// A quarter of the memory waiting to be written: reclaim stands behind the disk. The kernel itself throttles writers at a
/// fifth (`vm.dirty_ratio`).
const UNWRITTEN_RATIO: f64 = 0.25;

/// Files in tmpfs or shared memory fill the level. They belong to no process, so killing frees nothing and the next start dies too.
#[must_use]
pub fn tmpfs(facts: &Facts<'_>) -> Option<Cause> {
    by_share(facts, "tmpfs", CauseKind::Tmpfs, MemoryPart::Shmem, facts.memory.shmem.get()?)
}

/// The kernel's own memory, charged to this level, fills it: page tables of many processes, stacks of many threads, slab.
#[must_use]
pub fn kernel_memory(facts: &Facts<'_>) -> Option<Cause> {
    let held = facts.kernel_held()?;
    let mut cause = by_share(facts, "kernel_memory", CauseKind::KernelMemory, MemoryPart::Kernel, held)?;
    let largest = facts.memory.kernel_parts.iter().find(|(key, _)| key != "slab_reclaimable");
    let named = largest.map(|(key, bytes)| Evidence::KernelPart { key: key.clone(), bytes: *bytes });
    cause.evidence.extend(named);
    Some(cause)
}

/// Page cache fills the level and much of it waits for the disk.
#[must_use]
pub fn unwritten_cache(facts: &Facts<'_>) -> Option<Cause> {
    let usage = facts.usage()?;
    let (file, unwritten) = (facts.memory.file.get()?, facts.memory.unwritten.get()?);
    let is_stuck = unwritten.ratio_of(usage)? >= UNWRITTEN_RATIO && file.ratio_of(usage)? >= DOMINANT_RATIO;
    if !is_stuck {
        return None;
    }
    let held = |part, bytes| Evidence::PartHeld { part, bytes, of: usage };
    let evidence = vec![held(MemoryPart::File, file), held(MemoryPart::Unwritten, unwritten)];
    found("unwritten_cache", CauseKind::UnwrittenCache, Confidence::Likely, evidence)
}

fn by_share(facts: &Facts<'_>, rule: &str, kind: CauseKind, part: MemoryPart, held: Bytes) -> Option<Cause> {
    let usage = facts.usage()?;
    let ratio = held.ratio_of(usage)?;
    if ratio < DOMINANT_RATIO {
        return None;
    }
    let confidence = if ratio >= OVERWHELMING_RATIO { Confidence::Certain } else { Confidence::Likely };
    let mut evidence = vec![Evidence::PartHeld { part, bytes: held, of: usage }];
    evidence.extend(victim_held_little(facts, usage));
    found(rule, kind, confidence, evidence)
}

fn victim_held_little(facts: &Facts<'_>, usage: Bytes) -> Option<Evidence> {
    let (victim, held) = facts.first_victim()?;
    let bytes = held?;
    (bytes.ratio_of(usage)? < VICTIM_LITTLE_RATIO).then(|| Evidence::VictimHeldLittle {
        comm: victim.comm.clone(),
        bytes,
        of: usage,
    })
}
