//! The ladder of ceilings from a cgroup up to the machine.

use crate::effective_limit::own_swap;
use crate::working_set::unreclaimable;
use kernel::limit::Limit;
use model::assessment::{Assessment, Binding, Binds, Effective, Rung};
use model::cgroup::CgroupIndex;
use model::reading::Reading;
use model::snapshot::Snapshot;
use model::swap_limit::SwapLimit;

/// Every level from the cgroup itself to the machine, innermost first.
#[must_use]
pub fn ladder(snapshot: &Snapshot, assessment: &Assessment) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = snapshot
        .lineage(assessment.cgroup)
        .filter(|(_, cgroup)| {
            cgroup.parent.is_some() || has_limit(snapshot, assessment.cgroup, &cgroup.memory.limit)
        })
        .map(|(level, cgroup)| Rung {
            level: Binding::Cgroup(level),
            limit: cgroup.memory.limit.clone(),
            high: cgroup.memory.high.clone(),
            swap_limit: own_swap(cgroup),
            usage: cgroup.memory.usage.clone(),
            unreclaimable: unreclaimable(cgroup),
            binds_memory: binds(&assessment.limit, Binding::Cgroup(level)),
            binds_swap: binds(&assessment.swap_limit, Binding::Cgroup(level)),
        })
        .collect();
    rungs.push(host_rung(snapshot, assessment));
    rungs
}

/// The root of the hierarchy holds no limit of its own; inside a container the visible root is the container and may.
fn has_limit(snapshot: &Snapshot, index: CgroupIndex, limit: &Reading<Limit>) -> bool {
    let is_itself = snapshot.cgroup(index).is_some_and(|cgroup| cgroup.parent.is_none());
    is_itself || matches!(limit, Reading::Value(Limit::At(_)) | Reading::Failed(_))
}

fn host_rung(snapshot: &Snapshot, assessment: &Assessment) -> Rung {
    let host = &snapshot.host;
    let used =
        host.memory_total().zip(host.memory_available()).map(|(total, left)| total.saturating_sub(left));
    Rung {
        level: Binding::Host,
        limit: host.memory_total().map(Limit::At),
        high: Reading::Absent,
        swap_limit: host.swap_total().map(|total| SwapLimit(Limit::At(total))),
        usage: used.clone(),
        unreclaimable: used,
        binds_memory: binds(&assessment.limit, Binding::Host),
        binds_swap: binds(&assessment.swap_limit, Binding::Host),
    }
}

fn binds(effective: &Reading<Effective>, level: Binding) -> Binds {
    match effective {
        Reading::Value(effective) if effective.binding == level => Binds::Yes,
        Reading::Value(_) | Reading::Absent | Reading::Failed(_) => Binds::No,
    }
}
