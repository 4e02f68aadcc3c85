//! Causes that lie in what ran there: a limit too small for it, a spike, a leak, a neighbour, a group that is killed whole.

use crate::oom::consumer::neighbour as neighbour_held;
use crate::oom::facts::{Facts, held};
use crate::oom::rules::found;
use crate::oom::trend;
use kernel::bytes::Bytes;
use model::incident::cause::{Cause, CauseKind, Confidence, Evidence, MemoryPart};
use model::incident::observed::CgroupMoment;
use model::incident::{Role, Scope};
use std::time::Duration;

/// Half of what it held at the kill came within a minute.
const SPIKE_RATIO: f64 = 0.5;

/// A cgroup that never fell below this share of its limit lives at its limit.
const STOOD_RATIO: f64 = 0.95;

/// For as long as this at least.
const STOOD_OVER: Duration = Duration::from_secs(60);

/// So many file pages dropped and read again (4 MiB) say that the page cache it needs does not fit either.
const REFAULTS_MANY: u64 = 1_024;

/// Another cgroup below the limit that was hit held most of it.
#[must_use]
pub fn neighbour(facts: &Facts<'_>) -> Option<Cause> {
    let (path, bytes) = neighbour_held(facts)?;
    let of = facts.usage().or_else(|| facts.memory_limit())?;
    let mut evidence = vec![Evidence::NeighbourHeld { path: path.to_owned(), bytes, of }];
    let own = facts.own_moments.last().and_then(|moment| moment.usage.get());
    evidence.extend(own.map(|bytes| Evidence::OwnHeld { bytes, of }));
    found("neighbour", CauseKind::Neighbour, Confidence::Likely, evidence)
}

/// Growth without end over a day (likely) or three (certain), by [`trend::leak`].
#[must_use]
pub fn leak(facts: &Facts<'_>) -> Option<Cause> {
    let limit = facts.memory_limit().or_else(|| facts.usage())?;
    let (bytes, over) = trend::leak(&facts.own_moments, limit)?;
    let confidence = if over >= trend::LEAK_CONFIRMED { Confidence::Certain } else { Confidence::Likely };
    let evidence = vec![Evidence::GrewSteadily { bytes, over }];
    found("leak", CauseKind::Leak, confidence, evidence)
}

/// Half of what it held came within the last minute.
#[must_use]
pub fn spike(facts: &Facts<'_>) -> Option<Cause> {
    let at = facts.when.since_boot.get()?;
    let moments = if facts.own_moments.is_empty() { &facts.level_moments } else { &facts.own_moments };
    let now = held_at_kill(facts, moments)?;
    let (from, over) = trend::rise(moments, now, at)?;
    let grown = now.saturating_sub(from);
    if grown.ratio_of(now)? < SPIKE_RATIO {
        return None;
    }
    let evidence = vec![Evidence::Grew { from, to: now, over }];
    found("spike", CauseKind::Spike, Confidence::Likely, evidence)
}

/// It used nearly all of its limit for a minute and more before: likely too small when its page cache was dropped and read
/// again all the while, else possible.
#[must_use]
pub fn stood_at_limit(facts: &Facts<'_>) -> Option<Cause> {
    if !facts.is_limited_by_cgroup() {
        return None;
    }
    let (ratio, over, refaults) = trend::stood_at(&facts.own_moments)?;
    if ratio < STOOD_RATIO || over < STOOD_OVER {
        return None;
    }
    let thrashes = refaults.is_some_and(|pages| pages >= REFAULTS_MANY);
    let confidence = if thrashes { Confidence::Likely } else { Confidence::Possible };
    let mut evidence = limit_full(facts);
    evidence.push(Evidence::StoodAt { ratio, over });
    found("stood_at_limit", CauseKind::LimitTooSmall, confidence, evidence)
}

/// A limit was hit and nothing tells more: what runs there wanted more than it may have, this time.
#[must_use]
pub fn limit_reached(facts: &Facts<'_>) -> Option<Cause> {
    if !facts.is_limited_by_cgroup() {
        return None;
    }
    let mut evidence = limit_full(facts);
    evidence.extend(process_held(facts));
    if let Some((bytes, of)) = facts.memory.anon.get().zip(facts.usage()) {
        evidence.push(Evidence::PartHeld { part: MemoryPart::Anon, bytes, of });
    }
    if evidence.is_empty() {
        // A kill line alone tells neither the limit nor what was used.
        return None;
    }
    let row = facts.victims.iter().filter(|victim| matches!(victim.role, Role::Chosen | Role::Next)).count();
    if row > 1 {
        evidence.push(Evidence::KilledInARow { kills: u64::try_from(row).unwrap_or(u64::MAX) });
    }
    found("limit_reached", CauseKind::LimitTooSmall, Confidence::Possible, evidence)
}

/// `memory.oom.group`: others died with the one that was chosen.
#[must_use]
pub fn group_collateral(facts: &Facts<'_>) -> Option<Cause> {
    let path = facts.group.clone()?;
    let others = facts.victims.iter().filter(|victim| victim.role == Role::GroupMember).count();
    if others == 0 {
        return None;
    }
    let evidence = vec![Evidence::GroupKilled { path, kills: facts.kills }];
    found("group_collateral", CauseKind::GroupCollateral, Confidence::Certain, evidence)
}

/// The ceiling that was full, and memory's own where it was another's.
fn limit_full(facts: &Facts<'_>) -> Vec<Evidence> {
    let Some(counter) = facts.hit.get() else { return Vec::new() };
    let limit = |counter| facts.ceiling(counter).and_then(|ceiling| ceiling.limit.bytes());
    let mut evidence: Vec<Evidence> =
        limit(counter).map(|limit| Evidence::Full { counter, limit }).into_iter().collect();
    let memory = kernel::oom_report::report::CounterName::Memory;
    if counter != memory
        && let (Some(limit), Some(ceiling)) = (limit(memory), facts.ceiling(memory))
    {
        evidence.push(Evidence::Room { counter: memory, usage: ceiling.usage, limit });
    }
    evidence
}

fn process_held(facts: &Facts<'_>) -> Option<Evidence> {
    let of = facts.usage()?;
    let rows = facts.report.tasks.rows.iter().filter_map(|row| Some((row, held(row)?)));
    let (row, bytes) = rows.max_by_key(|(_, bytes)| *bytes)?;
    Some(Evidence::ProcessHeld { pid: row.pid, comm: row.comm.clone(), bytes, of })
}

/// What the watched cgroup held when the kill came: by the report when its limit was the one hit, else when last seen.
fn held_at_kill(facts: &Facts<'_>, moments: &[&CgroupMoment]) -> Option<Bytes> {
    let last = moments.last().and_then(|moment| trend::held(moment));
    let is_own = matches!(facts.level.scope, Scope::Container | Scope::Unit | Scope::Cgroup)
        || facts.own_moments.is_empty();
    let printed = facts.unreclaimable().get().filter(|_| is_own);
    printed.max(last)
}
