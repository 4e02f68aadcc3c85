//! One episode becomes one incident.

use crate::oom::episode::{Episode, victim_pid};
use crate::oom::facts::Facts;
use crate::oom::{Observed, before, cause, consumer, first_process, identify, survival, swap, witnesses};
use kernel::oom_report::report::OomReport;
use model::incident::observed::CounterChange;
use model::incident::{Incident, PossibleVictims, When};

/// In a storm of hundreds nobody reads more names.
const POSSIBLE_VICTIMS_MAX: usize = 16;

/// Everything there is to say of one episode.
pub(super) fn explain(episode: &Episode<'_>, observed: &Observed<'_>) -> Incident {
    let empty = OomReport::default();
    let facts = Facts::gather(episode, observed, &empty);
    let (cause, contributing) = cause::causes(&facts);
    let survival = survival::survival(&facts);
    let swap = swap::counterfactual(&facts, &cause, &survival);
    let mut advice = survival::advice(&facts, &survival, &cause);
    advice.swap_least = swap::least(&swap);
    let witnesses = witnesses::witnesses(episode, &facts, observed);
    let pid = episode.sightings.first().and_then(|sighting| victim_pid(sighting.report));
    let counter = episode.change.map(counter_name).unwrap_or_default();
    // A counter is looked at again and again: its value names the kill, not the time of the look.
    let id = match pid {
        Some(_) => identify::id(&facts.when, pid, &counter),
        None if episode.sightings.is_empty() => {
            identify::id(&When { boot: facts.when.boot.clone(), ..When::default() }, None, &counter)
        }
        None => identify::id(&facts.when, None, &counter),
    };
    let before = before::before(&facts, observed);
    Incident {
        id,
        before,
        kind: facts.report.kind,
        attribution: episode.attribution,
        kernel_release: facts.report.kernel.clone().into(),
        invoker: facts.report.invoker.clone(),
        order: facts.report.order.into(),
        consumer: consumer::consumer(&facts),
        first_process: first_process::first_process(&facts, observed),
        confidence: witnesses::confidence(&witnesses, episode.attribution),
        missing: witnesses::missing(episode, &facts, observed),
        witnesses,
        cause,
        contributing,
        survival,
        swap,
        advice,
        when: facts.when,
        place: facts.place,
        level: facts.level,
        ceilings: facts.ceilings,
        hit: facts.hit,
        victims: facts.victims,
        possible_victims: possible_victims(episode),
        kills: facts.kills,
        group: facts.group,
        memory: facts.memory,
        processes: facts.processes,
        processes_listed: facts.processes_listed,
    }
}

fn possible_victims(episode: &Episode<'_>) -> PossibleVictims {
    let victims = episode.possible.iter().filter_map(|sighting| sighting.report.victims.first());
    PossibleVictims {
        processes: victims.take(POSSIBLE_VICTIMS_MAX).cloned().collect(),
        total: episode.possible.len(),
    }
}

/// A counter at a value: seen again, it is the same kill.
fn counter_name(change: &CounterChange) -> String {
    let kills = change.after.own_kills.get().or(change.after.kills.get()).unwrap_or(0);
    format!("{}#{kills}", change.cgroup.id.0)
}
