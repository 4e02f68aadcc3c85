//! How much more a cgroup can use before an OOM kill.
//!
//! Every level on the way up leaves its limit minus what reclaim cannot free in the *whole* level, siblings included; the
//! machine leaves `MemAvailable`. The least of them is the headroom. Swap adds what the swap limits and the machine's
//! free swap still take; on v1 the combined limits cap the sum.

use crate::effective_limit;
use crate::working_set::unreclaimable;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::{Binding, Effective, Headroom};
use model::cgroup::{Cgroup, CgroupIndex, Swap};
use model::reading::Reading;
use model::snapshot::Snapshot;

/// The headroom of a cgroup; unknown when a level that has a limit cannot be measured.
#[must_use]
pub fn headroom(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Headroom> {
    let visible = least(snapshot, index, memory_left);
    let memory = visible.zip(left_out_of_sight(snapshot, index)).and_then(|(visible, hidden)| {
        let least = [visible, hidden].into_iter().flatten().min_by_key(|(left, _)| *left);
        match (least, snapshot.host.memory_available()) {
            (Some((left, binding)), Reading::Value(host)) if left <= host => Reading::Value((left, binding)),
            (_, Reading::Value(host)) => Reading::Value((host, Binding::Host)),
            (Some((left, binding)), Reading::Absent | Reading::Failed(_)) => Reading::Value((left, binding)),
            (None, Reading::Absent) => {
                Reading::failed("no cgroup has a limit and /proc/meminfo has no MemAvailable")
            }
            (None, Reading::Failed(why)) => Reading::Failed(why),
        }
    });
    let swap = swap_left(snapshot, index);
    let combined = least(snapshot, index, combined_left);
    memory.zip(combined).map(|((memory, binding), combined)| {
        // Swap that cannot be measured is not promised.
        let both = memory.saturating_add(swap.get().unwrap_or_default());
        match combined {
            // What is in swap already can leave less than the memory limits do.
            Some((left, level)) if left < memory => {
                Headroom { with_swap: left, memory: left, binding: level }
            }
            Some((left, _)) => Headroom { with_swap: both.min(left), memory, binding },
            None => Headroom { with_swap: both, memory, binding },
        }
    })
}

/// What swap can still take: the least of every level's swap limit minus its swap use, and the machine's free swap.
#[must_use]
pub fn swap_left(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Bytes> {
    least(snapshot, index, swap_left_v2)
        .zip(snapshot.host.swap_free())
        .map(|(least, free)| least.map_or(free, |(left, _)| left.min(free)))
}

type Left = Reading<Option<Bytes>>;

fn memory_left(cgroup: &Cgroup) -> Left {
    remaining(cgroup.memory.limit.clone(), || unreclaimable(cgroup))
}

/// What a limit that only v1's `memory.stat` tells of leaves: of its cgroup no more is known than what is in view, so this
/// may be too much, but never more than that limit.
fn left_out_of_sight(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Option<(Bytes, Binding)>> {
    match effective_limit::memory(snapshot, index) {
        Reading::Value(Effective { bytes, binding: Binding::OutOfSight }) => {
            let highest = snapshot.lineage(index).last().map(|(_, highest)| highest);
            highest.map_or(Reading::Absent, |highest| {
                unreclaimable(highest).map(|used| Some((bytes.saturating_sub(used), Binding::OutOfSight)))
            })
        }
        Reading::Value(Effective { binding: Binding::Cgroup(_) | Binding::Host, .. })
        | Reading::Absent
        | Reading::Failed(_) => Reading::Value(None),
    }
}

fn swap_left_v2(cgroup: &Cgroup) -> Left {
    match &cgroup.swap {
        Swap::V2(swap) => remaining(swap.limit.clone().map(|limit| limit.0), || swap.usage.clone()),
        Swap::V1(_) => Reading::Value(None),
    }
}

fn combined_left(cgroup: &Cgroup) -> Left {
    remaining(effective_limit::combined_limit(cgroup), || {
        unreclaimable(cgroup).zip(cgroup.swap_usage()).map(|(memory, swap)| memory.saturating_add(swap))
    })
}

/// What a limit leaves; nothing to say where there is no limit.
fn remaining(limit: Reading<Limit>, used: impl FnOnce() -> Reading<Bytes>) -> Left {
    match limit {
        Reading::Value(Limit::At(limit)) => used().map(|used| Some(limit.saturating_sub(used))),
        Reading::Value(Limit::Unlimited) | Reading::Absent => Reading::Value(None),
        Reading::Failed(why) => Reading::Failed(why),
    }
}

fn least(
    snapshot: &Snapshot,
    index: CgroupIndex,
    left_of: impl Fn(&Cgroup) -> Left,
) -> Reading<Option<(Bytes, Binding)>> {
    let mut least: Option<(Bytes, Binding)> = None;
    for (level, cgroup) in snapshot.lineage(index) {
        match left_of(cgroup) {
            Reading::Value(Some(left)) if least.is_none_or(|(least, _)| left < least) => {
                least = Some((left, Binding::Cgroup(level)));
            }
            Reading::Value(Some(_) | None) => {}
            Reading::Absent => return Reading::Absent,
            Reading::Failed(why) => return Reading::failed(format!("{}: {why}", cgroup.path)),
        }
    }
    Reading::Value(least)
}
