//! What a watch knew of a kill joins what the log alone tells of it afterwards.

use crate::oom::witnesses::{COUNTERS, COUNTERS_AND_FIGURES, FIGURES, confidence};
use model::incident::watched::Watched;
use model::incident::witness::Witness;
use model::incident::{FirstProcess, Incident, Place};
use model::reading::Reading;
use model::snapshot::Missing;
use std::mem::discriminant;

/// Completes an incident by what a watch knew. A watch judged by the log and by the figures before the kill; who has the log alone
/// is surer only where the watch missed the report.
pub fn complete(incident: &mut Incident, watched: Watched) {
    let had_figures = !lacks(&watched.missing, FIGURES);
    if watched.cause.confidence > incident.cause.confidence
        || (watched.cause.confidence == incident.cause.confidence && had_figures)
    {
        incident.cause = watched.cause;
        incident.contributing = watched.contributing;
        incident.swap = watched.swap;
        incident.consumer = watched.consumer;
        incident.advice = watched.advice;
        incident.survival = watched.survival;
    } else if incident.survival.growth.value().is_none() && watched.survival.growth.value().is_some() {
        incident.survival.growth = watched.survival.growth;
        incident.survival.censored = watched.survival.censored;
    }
    if incident.memory.usage.value().is_none() {
        incident.memory = watched.memory;
    }
    if let (FirstProcess::Unknown(_), Some(first)) = (&incident.first_process, watched.first_process) {
        incident.first_process = first;
    }
    let place = &mut incident.place;
    place.cgroup = place.cgroup.or(watched.cgroup);
    place.pod_name = place.pod_name.take().or(watched.pod_name);
    name_container(place, watched.container_name, watched.image);
    fill(&mut incident.level.limit, watched.limit);
    fill(&mut incident.level.own_limit, watched.own_limit);
    incident.before = incident.before.take().or(watched.before);
    incident.missing = still_missing(&incident.missing, &watched.missing);
    for witness in watched.witnesses {
        let is_same = |other: &Witness| discriminant(other) == discriminant(&witness);
        if !incident.witnesses.iter().any(is_same) {
            incident.witnesses.push(witness);
        }
    }
    incident.confidence = incident.confidence.max(confidence(&incident.witnesses, incident.attribution));
}

fn name_container(place: &mut Place, name: Reading<String>, image: Reading<String>) {
    if let Some(container) = &mut place.container {
        fill(&mut container.name, name);
        fill(&mut container.image, image);
    }
}

fn fill<T>(reading: &mut Reading<T>, known: Reading<T>) {
    if reading.value().is_none() && known.value().is_some() {
        *reading = known;
    }
}

/// Of counters and figures only those are not heard that neither heard; who else cannot be heard now is said.
fn still_missing(now: &[Missing], then: &[Missing]) -> Vec<Missing> {
    let is_figures =
        |missing: &&Missing| [COUNTERS, FIGURES, COUNTERS_AND_FIGURES].contains(&missing.what.as_str());
    let neither = |what: &str| lacks(now, what) && lacks(then, what);
    let what = match (neither(COUNTERS), neither(FIGURES)) {
        (true, true) => Some(COUNTERS_AND_FIGURES),
        (true, false) => Some(COUNTERS),
        (false, true) => Some(FIGURES),
        (false, false) => None,
    };
    let mut still: Vec<Missing> = now.iter().filter(|missing| !is_figures(missing)).cloned().collect();
    let why = now.iter().find(is_figures).map(|missing| missing.why.clone()).unwrap_or_default();
    still.extend(what.map(|what| Missing { what: what.to_owned(), why }));
    still
}

/// Whether the counters or the figures were not heard, alone or both.
fn lacks(missing: &[Missing], what: &str) -> bool {
    missing.iter().any(|missing| missing.what == what || missing.what == COUNTERS_AND_FIGURES)
}
