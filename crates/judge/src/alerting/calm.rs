//! Whether nothing can be wrong with a container: told by a few comparisons, so that a thousand quiet ones cost next to nothing.
//!
//! What is not plainly calm is judged in full.

use super::trend::ratio_followed;
use crate::drift::drift;
use crate::effective_limit::{self, combined_limit};
use crate::swap_effect::stalled_ratio;
use crate::working_set::unreclaimable;
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

/// Whether every level leaves more than any rule asks for: by all that is charged, which costs a comparison, else by what reclaim
/// cannot free, for a limit that is full of file cache is no danger.
fn has_room(snapshot: &Snapshot, index: CgroupIndex, rules: &AlertRules) -> bool {
    let asked = [ratio_followed(rules), rules.headroom.fires, rules.headroom_ratio_critical];
    let asked = asked.into_iter().fold(0.0, f64::max);
    let is_roomy = |cgroup: &Cgroup| {
        leaves(cgroup, asked, |cgroup| cgroup.memory.usage.get())
            || leaves(cgroup, asked, |it| unreclaimable(it).get())
    };
    snapshot.lineage(index).all(|(_, cgroup)| is_roomy(cgroup)) && !is_limited_out_of_sight(snapshot, index)
}

/// Whether the limits of a level leave this share of them.
fn leaves(cgroup: &Cgroup, share: f64, used: impl Fn(&Cgroup) -> Option<Bytes>) -> bool {
    let leaves = |limit: Reading<Limit>, used: &dyn Fn() -> Option<Bytes>| match limit {
        Reading::Value(Limit::Unlimited) | Reading::Absent => true,
        Reading::Value(Limit::At(limit)) => {
            let left = used().and_then(|used| limit.saturating_sub(used).ratio_of(limit));
            left.is_some_and(|left| left >= share)
        }
        Reading::Failed(_) => false,
    };
    let with_swap = || Some(used(cgroup)?.saturating_add(cgroup.swap_usage().get()?));
    leaves(cgroup.memory.limit.clone(), &|| used(cgroup)) && leaves(combined_limit(cgroup), &with_swap)
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
