//! The minutes before a kill as a series: what the cgroup held whose limit was hit, or else the victim's.

use crate::oom::Observed;
use crate::oom::facts::Facts;
use crate::workload_name::of_place;
use model::incident::observed::CgroupMoment;
use model::recorded::{Peaked, RecordedSeries, RecordedStep, Step, StepLength};
use std::collections::BTreeMap;
use std::time::Duration;

/// An incident is kept and sent as one line: more steps than these are not attached to it.
const STEPS_MAX: usize = 180;

/// What was watched, second by second, and the kill; `None` where nobody watched or the log tells no clock.
#[must_use]
pub fn before(facts: &Facts<'_>, observed: &Observed<'_>) -> Option<RecordedSeries> {
    let moments = if facts.level_moments.is_empty() { &facts.own_moments } else { &facts.level_moments };
    let killed_at = facts.when.since_boot.get()?;
    let booted_at =
        observed.logs.iter().filter(|log| log.boot == observed.boot).find_map(|log| log.booted_at.get())?;
    let second = |at: Duration| {
        let millis = u128::from(booted_at.0) + at.as_millis();
        i64::try_from(millis / 1_000).unwrap_or(i64::MAX)
    };
    let kill = Step { oom_kills: Some(facts.kills), ..Step::default() };
    let seen = moments.iter().map(|moment| (second(moment.at), step(moment)));
    let mut steps: BTreeMap<i64, Step> = BTreeMap::new();
    for (seconds, step) in seen.chain([(second(killed_at), kill)]) {
        steps.entry(seconds).and_modify(|held| *held = held.then(step)).or_insert(step);
    }
    let drawn = steps.values().filter(|step| step.usage.is_some()).count();
    let skipped = steps.len().saturating_sub(STEPS_MAX);
    let steps = steps.into_iter().skip(skipped).map(|(seconds, step)| RecordedStep { seconds, step });
    (drawn >= 2).then(|| RecordedSeries {
        workload: of_place(&facts.place),
        step_length: StepLength::Second,
        steps: steps.collect(),
    })
}

fn step(moment: &CgroupMoment) -> Step {
    Step {
        usage: moment.usage.get().map(Peaked::at),
        swap: moment.swap.get().map(Peaked::at),
        memory_limit: moment.limit.get(),
        ..Step::default()
    }
}
