//! The limit that really binds: the lowest over the cgroup, everything above it, and the machine.
//!
//! A cgroup's charge counts in every cgroup above it (`Documentation/admin-guide/cgroup-v2.rst`, "Memory";
//! v1 with `memory.use_hierarchy`, the only mode since 5.11), so the lowest ceiling on the way up is the one that is hit.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::{Binding, Effective};
use model::cgroup::{Cgroup, CgroupIndex, Swap};
use model::reading::Reading;
use model::snapshot::Snapshot;
use model::swap_limit::SwapLimit;

/// The memory ceiling in force for a cgroup. Unknown when any level's limit could not be read.
#[must_use]
pub fn memory(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Effective> {
    let visible = lowest(snapshot, index, |cgroup| cgroup.memory.limit.clone());
    visible.and_then(|visible| {
        let hidden = hidden_limit(snapshot, index, "hierarchical_memory_limit");
        no_more_than(lower_out_of_sight(visible, hidden), snapshot.host.memory_total())
    })
}

/// The swap ceiling in force, in swap alone. Absent where the kernel does not account swap by cgroup.
///
/// v2 limits swap itself. v1 limits memory and swap together: what is left for swap is the lowest combined
/// limit minus the lowest memory limit, which is Docker's meaning carried to the whole lineage.
#[must_use]
pub fn swap(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Effective> {
    let Some(cgroup) = snapshot.cgroup(index) else { return Reading::Absent };
    let own = match &cgroup.swap {
        // The root of the hierarchy has no limit files; the root that a container sees is the container and has them.
        Swap::V2(swap) if swap.limit == Reading::Absent && cgroup.parent.is_none() => Reading::Value(None),
        Swap::V2(swap) if swap.limit == Reading::Absent => Reading::Absent,
        Swap::V2(_) => lowest(snapshot, index, swap_limit_v2),
        Swap::V1(swap) if swap.combined_limit == Reading::Absent => Reading::Absent,
        Swap::V1(_) => swap_v1(snapshot, index),
    };
    own.and_then(|own| no_more_than(own, snapshot.host.swap_total()))
}

/// The ceiling of the cgroup itself on swap alone.
#[must_use]
pub fn own_swap(cgroup: &Cgroup) -> Reading<SwapLimit> {
    match &cgroup.swap {
        Swap::V2(swap) => swap.limit.clone(),
        Swap::V1(swap) => {
            swap.combined_limit.clone().zip(cgroup.memory.limit.clone()).and_then(|(both, memory)| {
                SwapLimit::from_combined(both, memory).map_or_else(
                    |below| {
                        Reading::failed(format!(
                            "memory+swap limit {} is below the memory limit",
                            below.combined.0
                        ))
                    },
                    Reading::Value,
                )
            })
        }
    }
}

fn swap_limit_v2(cgroup: &Cgroup) -> Reading<Limit> {
    match &cgroup.swap {
        Swap::V2(swap) => swap.limit.clone().map(|limit| limit.0),
        Swap::V1(_) => Reading::Absent,
    }
}

/// `memory.memsw.limit_in_bytes` of a level; absent on v2 and without swap accounting.
pub(crate) fn combined_limit(cgroup: &Cgroup) -> Reading<Limit> {
    match &cgroup.swap {
        Swap::V1(swap) => swap.combined_limit.clone().map(|limit| limit.0),
        Swap::V2(_) => Reading::Absent,
    }
}

fn swap_v1(snapshot: &Snapshot, index: CgroupIndex) -> Reading<Option<Effective>> {
    let hidden = |key| hidden_limit(snapshot, index, key);
    let combined = lowest(snapshot, index, combined_limit)
        .map(|visible| lower_out_of_sight(visible, hidden("hierarchical_memsw_limit")));
    let memory = lowest(snapshot, index, |level| level.memory.limit.clone())
        .map(|visible| lower_out_of_sight(visible, hidden("hierarchical_memory_limit")));
    combined.zip(memory).map(|(combined, memory)| {
        let memory = memory.map_or(Bytes::ZERO, |memory| memory.bytes);
        combined.map(|both| Effective { bytes: both.bytes.saturating_sub(memory), binding: both.binding })
    })
}

/// The lowest finite limit on the way up; of equal limits the innermost binds. `None` when no level has one.
pub(crate) fn lowest(
    snapshot: &Snapshot,
    index: CgroupIndex,
    limit_of: impl Fn(&Cgroup) -> Reading<Limit>,
) -> Reading<Option<Effective>> {
    let mut lowest: Option<Effective> = None;
    for (level, cgroup) in snapshot.lineage(index) {
        match limit_of(cgroup) {
            Reading::Value(Limit::At(bytes)) if lowest.is_none_or(|lowest| bytes < lowest.bytes) => {
                lowest = Some(Effective { bytes, binding: Binding::Cgroup(level) });
            }
            // The root of a hierarchy has no limit files: an absent limit is no limit.
            Reading::Value(Limit::At(_) | Limit::Unlimited) | Reading::Absent => {}
            Reading::Failed(why) => return Reading::failed(format!("{}: {why}", cgroup.path)),
        }
    }
    Reading::Value(lowest)
}

/// v1's `memory.stat` carries the lowest limit over *all* ancestors, also those outside a container's view. What is asked is
/// the highest level in view: those below it would repeat limits that are read themselves, as they were some seconds ago.
fn hidden_limit(snapshot: &Snapshot, index: CgroupIndex, key: &str) -> Option<Limit> {
    let (_, highest) = snapshot.lineage(index).last()?;
    match highest.swap {
        Swap::V1(_) => kernel::cgroup_v1::limit_from_bytes(highest.stat.value()?.get(key)?).into(),
        Swap::V2(_) => None,
    }
}

fn lower_out_of_sight(visible: Option<Effective>, hidden: Option<Limit>) -> Option<Effective> {
    match (visible, hidden) {
        (Some(visible), Some(Limit::At(hidden))) if visible.bytes <= hidden => Some(visible),
        (_, Some(Limit::At(bytes))) => Some(Effective { bytes, binding: Binding::OutOfSight }),
        (visible, Some(Limit::Unlimited) | None) => visible,
    }
}

fn no_more_than(limit: Option<Effective>, host: Reading<Bytes>) -> Reading<Effective> {
    match (limit, host) {
        (Some(limit), Reading::Value(host)) if limit.bytes <= host => Reading::Value(limit),
        (_, Reading::Value(host)) => Reading::Value(Effective { bytes: host, binding: Binding::Host }),
        // Without the machine's total a cgroup's limit still holds; it may only be too generous.
        (Some(limit), Reading::Absent | Reading::Failed(_)) => Reading::Value(limit),
        (None, Reading::Absent) => Reading::failed("no cgroup has a limit and /proc/meminfo has no total"),
        (None, Reading::Failed(why)) => Reading::Failed(why),
    }
}
