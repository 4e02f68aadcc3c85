//! Causes outside the container: the machine ran short, only some of its nodes were allowed, or somebody asked for a kill.

use crate::oom::consumer::is_dominant;
use crate::oom::facts::{Facts, held};
use crate::oom::rules::found;
use kernel::bytes::Bytes;
use kernel::oom_report::report::OomKind;
use model::incident::Scope;
use model::incident::cause::{Cause, CauseKind, Confidence, Evidence};

/// SysRq-f: a key, a write to `/proc/sysrq-trigger`, or a test.
#[must_use]
pub fn requested(facts: &Facts<'_>) -> Option<Cause> {
    if facts.level.scope != Scope::Requested {
        return None;
    }
    found("requested", CauseKind::Requested, Confidence::Certain, vec![Evidence::SysRq])
}

/// A cpuset or a memory policy leaves some nodes only: these were full, whatever the others had.
#[must_use]
pub fn nodes_restricted(facts: &Facts<'_>) -> Option<Cause> {
    let nodes = match facts.report.kind {
        OomKind::Cpuset => facts.report.mems_allowed.clone(),
        OomKind::Mempolicy => facts.report.nodemask.clone(),
        OomKind::Memcg
        | OomKind::Global
        | OomKind::Sysrq
        | OomKind::Panic
        | OomKind::NothingToKill
        | OomKind::Unknown => return None,
    };
    let mut evidence: Vec<Evidence> =
        nodes.into_iter().map(|nodes| Evidence::AllowedNodes { nodes }).collect();
    evidence.extend(machine_free(facts));
    found("nodes_restricted", CauseKind::NodesRestricted, Confidence::Certain, evidence)
}

/// A block of several pages was asked for, and every zone together had more free than its high watermark: the memory was
/// there, in pieces.
#[must_use]
pub fn fragmentation(facts: &Facts<'_>) -> Option<Cause> {
    let order = facts.report.order.filter(|order| *order > 0)?;
    if facts.report.kind != OomKind::Global {
        return None;
    }
    let zones = &facts.report.mem_info.as_ref()?.zones;
    let free: Bytes = zones.iter().filter_map(|zone| zone.free).sum();
    let high: Bytes = zones.iter().filter_map(|zone| zone.high).sum();
    if free <= high || high == Bytes::ZERO {
        return None;
    }
    let mut evidence = vec![Evidence::Order { order }];
    evidence.extend(machine_free(facts));
    found("fragmentation", CauseKind::Fragmentation, Confidence::Likely, evidence)
}

/// No limit of a cgroup was hit, or only that of all pods together: more was promised than there is. Certain when the victim
/// is known to have been below its own limit.
#[must_use]
pub fn node_overcommit(facts: &Facts<'_>) -> Option<Cause> {
    // A panic instead of a kill changes nothing about what ran out.
    let is_node =
        matches!(facts.report.kind, OomKind::Global | OomKind::Panic) && facts.level.scope == Scope::Node;
    let is_all_pods = matches!(facts.level.scope, Scope::Kubepods | Scope::QosLevel);
    if !is_node && !is_all_pods {
        return None;
    }
    let mut evidence: Vec<Evidence> = if is_node { vec![Evidence::NoLimitHit] } else { full_limit(facts) };
    evidence.extend(machine_free(facts));
    evidence.extend(largest_process(facts));
    let own = facts.own_moments.last().and_then(|moment| moment.usage.get());
    let limit = facts.level.own_limit.get().and_then(kernel::limit::Limit::bytes);
    let below = own.zip(limit).filter(|(usage, limit)| usage < limit);
    evidence.extend(below.map(|(usage, limit)| Evidence::OwnHeld { bytes: usage, of: limit }));
    let confidence = if below.is_some() { Confidence::Certain } else { Confidence::Likely };
    found("node_overcommit", CauseKind::NodeOvercommit, confidence, evidence)
}

fn full_limit(facts: &Facts<'_>) -> Vec<Evidence> {
    let counter = facts.hit.get();
    let ceiling = counter.and_then(|counter| facts.ceiling(counter));
    let full = ceiling.and_then(|ceiling| {
        ceiling.limit.bytes().map(|limit| Evidence::Full { counter: ceiling.counter, limit })
    });
    full.into_iter().collect()
}

fn machine_free(facts: &Facts<'_>) -> Option<Evidence> {
    let machine = facts.memory.machine.as_ref()?;
    let (free, total) = machine.free.clone().zip(machine.total.clone()).get()?;
    Some(Evidence::MachineFree { free, total })
}

fn largest_process(facts: &Facts<'_>) -> Option<Evidence> {
    let total = facts.memory.machine.as_ref()?.total.get()?;
    let rows = facts.report.tasks.rows.iter().filter_map(|row| Some((row, held(row)?)));
    let (row, bytes) = rows.max_by_key(|(_, bytes)| *bytes)?;
    is_dominant(bytes, total).then(|| Evidence::ProcessHeld {
        pid: row.pid,
        comm: row.comm.clone(),
        bytes,
        of: total,
    })
}
