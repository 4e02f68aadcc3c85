//! OOM kills, found and explained: reports, counters and the figures before the kill become incidents.

pub mod attribute;
pub mod before;
pub mod cause;
pub mod completeness;
pub mod consumer;
pub mod dates;
pub mod episode;
pub mod exit_code;
mod explain;
pub mod facts;
pub mod first_process;
pub mod identify;
pub mod memory_use;
pub mod place;
pub mod rules;
pub mod sighting;
pub mod survival;
pub mod swap;
pub mod trend;
pub mod watched;
pub mod witnesses;

use crate::oom::episode::Episode;
use kernel::bytes::Bytes;
use model::calendar::Calendar;
use model::cgroup::Cgroup;
use model::container::Container;
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal, Log, Word};
use model::incident::{Incident, Incidents};
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::Missing;

/// Everything that was seen around the kills. Whoever has only a file fills in `logs` and leaves the rest empty.
#[derive(Clone, Debug, Default)]
pub struct Observed<'a> {
    /// The kernel logs, each of one boot.
    pub logs: &'a [Log],
    /// How the dates of each log are read, in the order of `logs`; of a log that has none, only exact dates are read.
    pub calendars: &'a [Calendar],
    /// The boot of everything below; reports of other boots are not held against it.
    pub boot: Reading<BootId>,
    /// Counters that were looked at twice, also those that did not rise.
    pub changes: &'a [CounterChange],
    /// Figures of cgroups before the kills, oldest first.
    pub moments: &'a [CgroupMoment],
    /// Cgroups as they are now, or as they were last seen when they are gone.
    pub cgroups: &'a [Cgroup],
    /// Containers of which a runtime tells, also when their cgroups are gone.
    pub containers: &'a [Container],
    /// What runtimes, systemd and tracepoints said.
    pub words: &'a [Word],
    /// How much `/proc/vmstat` counted.
    pub kill_total: Reading<KillTotal>,
    /// The machine's swap, all of it.
    pub swap_total: Reading<Bytes>,
    /// Witnesses that could not be heard.
    pub missing: &'a [Missing],
}

/// Every incident, oldest first, and whether that is all.
#[must_use]
pub fn incidents(observed: &Observed<'_>) -> Incidents {
    let sightings = sighting::sightings(observed.logs, observed.calendars);
    let attributed = attribute::attribute(episode::episodes(sightings), observed);
    let mut incidents = in_order(&attributed, observed);
    identify::tell_apart(&mut incidents);
    let completeness = completeness::completeness(&incidents, observed);
    witnesses::vmstat_agrees(&mut incidents, &completeness);
    Incidents { incidents, completeness }
}

/// Explains the episodes in the order of their reports. What a counter alone tells stands by its time, and first without one.
fn in_order(episodes: &[Episode<'_>], observed: &Observed<'_>) -> Vec<Incident> {
    let rank = |episode: &&Episode<'_>| episode.sightings.iter().map(|sighting| sighting.rank).min();
    let mut ordered: Vec<&Episode<'_>> = episodes.iter().collect();
    ordered.sort_by_key(rank);
    let (counted, reported): (Vec<_>, Vec<_>) = ordered.into_iter().partition(|it| it.sightings.is_empty());
    let explain = |episode: &Episode<'_>| explain::explain(episode, observed);
    let mut incidents: Vec<Incident> = reported.into_iter().map(explain).collect();
    let mut counted: Vec<Incident> = counted.into_iter().map(explain).collect();
    counted.sort_by_key(|incident| incident.when.since_boot.get());
    let untimed = counted.iter().filter(|incident| incident.when.since_boot.get().is_none()).count();
    for incident in counted.split_off(untimed) {
        let is_later = |other: &Incident| {
            other.when.boot == incident.when.boot
                && other.when.since_boot.get() > incident.when.since_boot.get()
        };
        let at = incidents.iter().position(is_later).unwrap_or(incidents.len());
        incidents.insert(at, incident);
    }
    counted.extend(incidents);
    counted
}
