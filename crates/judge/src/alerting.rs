//! Alerting: from what is seen to what is told. The state is a value, and nothing here reads a clock.
//!
//! ```text
//! look ─► verdict per rule and subject ─► held ─► firing ─► resolved
//!                                          │        │
//!                                        `for`   told, told again, told when it is worse; a silence keeps it back
//! ```
//!
//! A state is broken at one threshold and good again at another; what lies between changes nothing, and neither does what cannot
//! be read. A happening (a kill) is told at once and is over when it has been quiet for a while. Whatever was told has exactly one
//! end that is told too.

mod advance;
mod calm;
mod containers;
mod happenings;
mod line;
mod machine;
pub mod notice_key;
pub mod silence;
pub mod starts;
mod subject;
mod trend;
pub mod unfed;
mod verdict;

use crate::assess::assess;
use advance::{Circumstances, advance, ended};
use model::alert::book::AlertBook;
use model::alert::rules::AlertRules;
use model::alert::silence::Silence;
use model::alert::{AlertChange, AlertKey, AlertRule, Moment, Phase, Resolution, TellsOf};
use model::cgroup::CgroupIndex;
use model::incident::Incident;
use model::leak::Leak;
use model::outcome::eviction::EvictionLine;
use model::reading::Reading;
use model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use verdict::{Judged, Verdict};

/// Everything that was seen at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The machine.
    pub snapshot: &'a Snapshot,
    /// Who is watched: containers, and units where the caller wants them.
    pub watched: &'a [CgroupIndex],
    /// How often somebody means to look.
    pub interval: Duration,
    /// Incidents that are new since the last look, or that took more kills, each with its sentence.
    pub incidents: &'a [Happened<'a>],
    /// What leaks; nothing when nobody looked this time.
    pub leaks: Option<&'a [Leak]>,
    /// Who acts first when the node runs short; absent without a kubelet.
    pub eviction: &'a Reading<EvictionLine>,
    /// Kills since the agent started that the kernel counted and nothing explains.
    pub unattributed_kills: &'a Reading<u64>,
}

/// An incident and what happened, in one sentence.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What happened.
    pub sentence: &'a str,
}

/// After a longer pause nobody knows what was in between: what is held begins anew.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// So many looks may be missed where looks are rarer than that.
const LOOKS_MISSED_MAX: u32 = 3;

/// More alerts than anybody reads; the oldest happenings are over early.
const ALERTS_MAX: usize = 10_000;

/// Takes a look into account, and says what is to be told.
#[must_use]
pub fn step(
    book: &mut AlertBook,
    rules: &AlertRules,
    silences: &[Silence],
    look: &Look<'_>,
    now: &Moment,
) -> Vec<AlertChange> {
    let pause_max = PAUSE_MAX.max(look.interval.saturating_mul(LOOKS_MISSED_MAX));
    let is_paused = book.looked.is_some_and(|looked| now.since(&looked) > pause_max);
    if is_paused {
        begin_anew(book, now);
    }
    book.looked = Some(*now);
    let mut judged = judge(book, rules, look, now);
    let mut changes = Vec::new();
    let mut alerts = BTreeMap::new();
    for (key, before) in std::mem::take(&mut book.alerts) {
        let Some(settings) = rules.rules.get(&key.rule) else {
            changes.extend(ended(before, Resolution::RuleOff, now));
            continue;
        };
        let verdict = judged.verdicts.remove(&key);
        if verdict.is_none() && judged.seen.contains(&key.rule) && key.rule.tells_of() == TellsOf::State {
            changes.extend(ended(before, Resolution::Gone, now));
            continue;
        }
        let verdict = verdict.unwrap_or(Verdict::Between);
        let is_silenced = silence::covers(silences, &key, now);
        let circumstances = Circumstances { rules, settings, is_silenced, now };
        let (after, change) = advance(Some(before), &key, verdict, &circumstances);
        alerts.extend(after.map(|alert| (key, alert)));
        changes.extend(change);
    }
    for (key, verdict) in judged.verdicts {
        let Some(settings) = rules.rules.get(&key.rule) else { continue };
        let is_silenced = silence::covers(silences, &key, now);
        let circumstances = Circumstances { rules, settings, is_silenced, now };
        let (after, change) = advance(None, &key, verdict, &circumstances);
        alerts.extend(after.map(|alert| (key, alert)));
        changes.extend(change);
    }
    book.alerts = alerts;
    changes.extend(bounded(book, now));
    changes
}

/// What every rule says of this look.
fn judge(book: &mut AlertBook, rules: &AlertRules, look: &Look<'_>, now: &Moment) -> Judged {
    let mut judged = Judged::default();
    // A machine whose tree cannot be seen has lost nobody.
    if !look.snapshot.cgroups.is_empty() {
        judged.seen.extend(OF_CONTAINERS);
    }
    judge_containers(&mut judged, book, rules, look, now);
    machine::judge(&mut judged, rules, look);
    happenings::judge(&mut judged, &mut book.unattributed_told, look);
    judged
}

/// The rules about one container.
const OF_CONTAINERS: [AlertRule; 4] =
    [AlertRule::NearLimit, AlertRule::SwapUsage, AlertRule::Pressure, AlertRule::LimitDrift];

/// Judges those in full who are not plainly calm, and those of whom an alert is held or stands.
fn judge_containers(
    judged: &mut Judged,
    book: &mut AlertBook,
    rules: &AlertRules,
    look: &Look<'_>,
    now: &Moment,
) {
    let is_calm = |index: &CgroupIndex| calm::is_calm(look.snapshot, *index, rules);
    let stirred: BTreeSet<CgroupIndex> = look.watched.iter().copied().filter(|it| !is_calm(it)).collect();
    let keys = book.alerts.keys().filter(|key| OF_CONTAINERS.contains(&key.rule));
    let alerted: BTreeSet<&str> = keys.map(|key| key.subject.as_str()).collect();
    if stirred.is_empty() && alerted.is_empty() {
        book.trends.clear();
        return;
    }
    let mut names = subject::names(look.snapshot, look.watched);
    names.retain(|(name, index)| stirred.contains(index) || alerted.contains(name.as_str()));
    let followed: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    book.trends.retain(|name, _| followed.contains(name.as_str()));
    for (name, index) in &names {
        let Some(assessment) = assess(look.snapshot, *index) else { continue };
        containers::judge(judged, &mut book.trends, rules, look.snapshot, (name, &assessment), now);
    }
}

/// Nobody saw what was in between.
fn begin_anew(book: &mut AlertBook, now: &Moment) {
    book.trends.clear();
    for alert in book.alerts.values_mut() {
        match &mut alert.phase {
            Phase::Held => alert.since = *now,
            Phase::Firing { clear_since, .. } => *clear_since = clear_since.map(|_| *now),
        }
    }
}

fn bounded(book: &mut AlertBook, now: &Moment) -> Vec<AlertChange> {
    let excess = book.alerts.len().saturating_sub(ALERTS_MAX);
    if excess == 0 {
        return Vec::new();
    }
    let happenings = book.alerts.values().filter(|alert| alert.key.rule.tells_of() == TellsOf::Happening);
    let mut oldest: Vec<(Duration, AlertKey)> =
        happenings.map(|alert| (now.since(&alert.since), alert.key.clone())).collect();
    oldest.sort_by(|one, other| other.cmp(one));
    let early = oldest.into_iter().take(excess).filter_map(|(_, key)| book.alerts.remove(&key));
    early.filter_map(|alert| ended(alert, Resolution::Quiet, now)).collect()
}

#[cfg(test)]
mod tests;
