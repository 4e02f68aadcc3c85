//! Who says so, who could not be heard, and how sure that makes it.

use crate::oom::Observed;
use crate::oom::attribute::CLOCKS_APART;
use crate::oom::episode::{Episode, is_bare};
use crate::oom::facts::Facts;
use crate::oom::sighting::lasted;
use kernel::oom_report::report::Part;
use model::incident::cause::Confidence;
use model::incident::observed::{CounterChange, Said, Word};
use model::incident::witness::Witness;
use model::incident::{Attribution, Completeness, Incident};
use model::reading::Reading;
use model::snapshot::Missing;
use std::time::Duration;

/// Runtimes tell of an end up to this much later: the exit may be told before the OOM event, or long after a busy shim woke up.
const WORD_LATE: Duration = Duration::from_secs(30);

/// Runtimes may tell of an OOM before the kill line is written: cgroup v1 notifies first.
const WORD_EARLY: Duration = Duration::from_secs(1);

/// What is not heard where nobody watched: how often the cgroup's counters rose then.
pub const COUNTERS: &str = "the cgroup's counters";
/// What is not heard where nobody watched: what the cgroup held.
pub const FIGURES: &str = "the cgroup's figures before the kill";
/// Neither of the two.
pub const COUNTERS_AND_FIGURES: &str = "the cgroup's counters, and its figures before the kill";

/// Everybody who was heard.
#[must_use]
pub fn witnesses(episode: &Episode<'_>, facts: &Facts<'_>, observed: &Observed<'_>) -> Vec<Witness> {
    let mut witnesses = logs(episode);
    let path = facts.place.path.value();
    let is_its_own = |change: &&CounterChange| {
        episode.sightings.is_empty() && episode.change.is_some_and(|own| std::ptr::eq(own, *change))
    };
    let heard = |change: &&CounterChange| is_its_own(change) || covers(change, facts, observed);
    for change in observed.changes.iter().filter(heard) {
        let of = &change.cgroup.path;
        let own = change.rose(|counters| counters.own_kills.clone());
        let rose = own.or_if_absent(|| change.rose(|counters| counters.kills.clone())).get().unwrap_or(0);
        if rose > 0 && path.is_some_and(|path| path == of) {
            witnesses.push(Witness::Counter { path: of.clone(), kills: rose });
        }
        let is_level = facts.level.path.value().is_some_and(|level| level == of);
        let hits = change.rose(|counters| counters.own_limit_hits.clone()).get().unwrap_or(0);
        if is_level && hits > 0 {
            witnesses.push(Witness::LevelCounter { path: of.clone() });
        }
    }
    for word in words(facts, observed) {
        let witness = match word.said {
            Said::OomEvent => Witness::Runtime,
            Said::OomResult => Witness::Systemd,
            Said::MarkVictim { .. } => Witness::Tracepoint,
            Said::Exited { code } => Witness::ExitCode { code },
        };
        if !witnesses.contains(&witness) {
            witnesses.push(witness);
        }
    }
    witnesses
}

/// Who could not be heard: what the reader says, and what the report lost.
#[must_use]
pub fn missing(episode: &Episode<'_>, facts: &Facts<'_>, observed: &Observed<'_>) -> Vec<Missing> {
    let mut missing = observed.missing.to_vec();
    let is_counted =
        episode.sightings.is_empty() || observed.changes.iter().any(|change| covers(change, facts, observed));
    let what = match (is_counted, facts.own_moments.is_empty() && facts.level_moments.is_empty()) {
        (false, true) => Some(COUNTERS_AND_FIGURES),
        (false, false) => Some(COUNTERS),
        (true, true) => Some(FIGURES),
        (true, false) => None,
    };
    missing.extend(
        what.map(|what| Missing {
            what: what.to_owned(),
            why: "nobody watched when this happened".to_owned(),
        }),
    );
    if episode.sightings.is_empty() {
        missing.push(Missing {
            what: "the kernel's report".to_owned(),
            why: "no log that could be read has it: it prints ten in five seconds at most, and old records are overwritten"
                .to_owned(),
        });
    } else if episode.sightings.iter().all(|sighting| is_bare(sighting.report)) {
        missing.push(Missing {
            what: "the report around the kill line".to_owned(),
            why: "the kernel prints ten reports in five seconds at most; or the log was filtered".to_owned(),
        });
    }
    missing
}

/// How sure it is that the kernel killed for memory here: two independent witnesses are certain, one is likely, a hint possible.
#[must_use]
pub fn confidence(witnesses: &[Witness], attribution: Attribution) -> Confidence {
    let is_log = |witness: &Witness| matches!(witness, Witness::KernelLog { .. });
    let is_proof = |witness: &Witness| match witness {
        Witness::Counter { .. } | Witness::LevelCounter { .. } | Witness::Vmstat { .. } => true,
        Witness::Tracepoint | Witness::Systemd => true,
        Witness::KernelLog { .. } | Witness::Runtime | Witness::ExitCode { .. } => false,
    };
    let log = witnesses.iter().any(is_log);
    let proof = witnesses.iter().any(is_proof);
    let is_placed = !matches!(attribution, Attribution::Nobody { .. });
    if log && proof && is_placed {
        Confidence::Certain
    } else if log || proof {
        // A counter is the kernel's own word; what it does not tell is which process.
        Confidence::Likely
    } else if witnesses.is_empty() {
        Confidence::Unknown
    } else {
        Confidence::Possible
    }
}

/// Once all is counted: a machine-wide counter that agrees is a witness for every kill of the live boot.
pub fn vmstat_agrees(incidents: &mut [Incident], completeness: &Completeness) {
    let Reading::Value(counted) = completeness.counted else { return };
    if counted != completeness.found || counted == 0 {
        return;
    }
    let is_live = |incident: &&mut Incident| {
        incident.when.since_boot.value().is_some() || incident.attribution == Attribution::CounterAlone
    };
    for incident in incidents.iter_mut().filter(is_live) {
        incident.witnesses.push(Witness::Vmstat { kills: counted });
        incident.confidence = confidence(&incident.witnesses, incident.attribution);
    }
}

fn logs(episode: &Episode<'_>) -> Vec<Witness> {
    let Some(main) = episode.sightings.iter().min_by_key(|sighting| sighting.report.missing.len()) else {
        return Vec::new();
    };
    // A header without a kill line tells that the killer ran, not that it killed; the first report counts.
    let lost: Vec<Part> = main.report.missing.clone();
    main.sources.iter().map(|source| Witness::KernelLog { source: *source, missing: lost.clone() }).collect()
}

fn covers(change: &CounterChange, facts: &Facts<'_>, observed: &Observed<'_>) -> bool {
    let boots = facts.when.boot.value().zip(observed.boot.value());
    let in_time = |at: Duration| {
        at + lasted(facts.report) + CLOCKS_APART >= change.from && at <= change.to + CLOCKS_APART
    };
    boots.is_none_or(|(theirs, ours)| theirs == ours) && facts.when.since_boot.get().is_some_and(in_time)
}

fn words<'f, 'a>(
    facts: &'f Facts<'a>,
    observed: &'f Observed<'a>,
) -> impl Iterator<Item = &'a Word> + use<'f, 'a> {
    let at = facts.when.since_boot.get();
    observed.words.iter().filter(move |word| {
        let in_time =
            at.is_some_and(|at| word.at + WORD_EARLY >= at && word.at <= at.saturating_add(WORD_LATE));
        let is_container =
            facts.place.container.as_ref().is_some_and(|container| container.id.0 == word.of);
        let is_unit = facts.place.unit.as_deref() == Some(word.of.as_str());
        let is_victim = matches!(word.said, Said::MarkVictim { pid } if facts.victims.iter().any(|victim| victim.process.pid == pid));
        in_time && (is_container || is_unit || is_victim)
    })
}
