//! Whether nothing can be wrong with a container: told by a few comparisons, so that a thousand quiet ones cost next to nothing.
//!
//! Every answer is on the safe side: what is not plainly calm is judged in full.

use super::trend::HEADROOM_RATIO_FOLLOWED;
use crate::drift::drift;
use crate::effective_limit::{self, combined_limit};
use crate::swap_effect::stalled_ratio;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::alert::rules::AlertRules;
use model::assessment::Binding;
use model::cgroup::{Cgroup, CgroupIndex};
use model::reading::Reading;
use model::snapshot::Snapshot;

/// Whether no rule about a container can be broken, and nothing about it has to be followed from look to look.
pub fn is_calm(snapshot: &Snapshot, index: CgroupIndex, rules: &AlertRules) -> bool {
    let Some(cgroup) = snapshot.cgroup(index) else { return true };
    let waits = stalled_ratio(cgroup).get().is_some_and(|ratio| ratio >= rules.stalled.fires);
    let has_swapped = !matches!(cgroup.swap_usage(), Reading::Value(Bytes::ZERO) | Reading::Absent);
    !waits && !has_swapped && has_room(snapshot, index, rules) && !may_drift(cgroup)
}

/// Whether every level leaves more than any rule asks for. All that is charged is more than what reclaim cannot free, so what this
/// finds is less than the headroom.
fn has_room(snapshot: &Snapshot, index: CgroupIndex, rules: &AlertRules) -> bool {
    let asked = [HEADROOM_RATIO_FOLLOWED, rules.headroom.fires, rules.headroom_ratio_critical];
    let asked = asked.into_iter().fold(0.0, f64::max);
    let leaves = |limit: Reading<Limit>, used: &dyn Fn() -> Reading<Bytes>| match limit {
        Reading::Value(Limit::Unlimited) | Reading::Absent => true,
        Reading::Value(Limit::At(limit)) => {
            let left = used().get().map(|used| limit.saturating_sub(used));
            left.and_then(|left| left.ratio_of(limit)).is_some_and(|ratio| ratio >= asked)
        }
        Reading::Failed(_) => false,
    };
    let is_roomy = |cgroup: &Cgroup| {
        let all =
            || charged(cgroup).zip(cgroup.swap_usage()).map(|(memory, swap)| memory.saturating_add(swap));
        leaves(cgroup.memory.limit.clone(), &|| charged(cgroup)) && leaves(combined_limit(cgroup), &all)
    };
    snapshot.lineage(index).all(|(_, cgroup)| is_roomy(cgroup)) && !is_limited_out_of_sight(snapshot, index)
}

/// All that is charged; what `memory.stat` tells lags behind and may be more.
fn charged(cgroup: &Cgroup) -> Reading<Bytes> {
    let counted = crate::working_set::unreclaimable(cgroup).get().unwrap_or_default();
    cgroup.memory.usage.clone().map(|usage| usage.max(counted))
}

/// Whether a limit binds that only v1's `memory.stat` tells of.
fn is_limited_out_of_sight(snapshot: &Snapshot, index: CgroupIndex) -> bool {
    let limit = effective_limit::memory(snapshot, index);
    limit.value().is_some_and(|limit| limit.binding == Binding::OutOfSight)
}

fn may_drift(cgroup: &Cgroup) -> bool {
    let is_declared = cgroup.container.as_ref().is_some_and(|container| container.declared.value().is_some());
    (is_declared || cgroup.unit.value().is_some()) && !drift(cgroup).is_empty()
}
