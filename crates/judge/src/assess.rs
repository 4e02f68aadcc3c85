//! One cgroup, judged whole.

use crate::{drift, effective_limit, findings, headroom, split, swap_effect, working_set};
use model::assessment::Assessment;
use model::cgroup::CgroupIndex;
use model::snapshot::Snapshot;

/// Judges one cgroup of a snapshot; `None` when the index is of another snapshot.
#[must_use]
pub fn assess(snapshot: &Snapshot, index: CgroupIndex) -> Option<Assessment> {
    let cgroup = snapshot.cgroup(index)?;
    let mut assessment = Assessment {
        cgroup: index,
        limit: effective_limit::memory(snapshot, index),
        swap_limit: effective_limit::swap(snapshot, index),
        own_swap_limit: effective_limit::own_swap(cgroup),
        swap_usage: cgroup.swap_usage(),
        working_sets: working_set::working_sets(cgroup),
        headroom: headroom::headroom(snapshot, index),
        split: split::split(cgroup),
        swap_effect: swap_effect::swap_effect(cgroup),
        drift: drift::drift(cgroup),
        findings: Vec::new(),
    };
    assessment.findings = findings::findings(cgroup, &assessment);
    Some(assessment)
}
