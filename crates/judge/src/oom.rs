//! OOM kills, found and explained: reports, counters and the figures before the kill become incidents.

pub mod attribute;
pub mod cause;
pub mod completeness;
pub mod consumer;
pub mod episode;
pub mod exit_code;
mod explain;
pub mod facts;
pub mod identify;
pub mod memory_use;
pub mod place;
pub mod rules;
pub mod survival;
pub mod swap;
pub mod trend;
pub mod witnesses;

use kernel::bytes::Bytes;
use model::cgroup::Cgroup;
use model::incident::Incidents;
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal, Log, Word};
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::Missing;

/// Everything that was seen around the kills. Whoever has only a file fills in `logs` and leaves the rest empty.
#[derive(Clone, Debug, Default)]
pub struct Observed<'a> {
    /// The kernel logs, each of one boot.
    pub logs: &'a [Log],
    /// The boot of everything below; reports of other boots are not held against it.
    pub boot: Reading<BootId>,
    /// Counters that were looked at twice, also those that did not rise.
    pub changes: &'a [CounterChange],
    /// Figures of cgroups before the kills, oldest first.
    pub moments: &'a [CgroupMoment],
    /// Cgroups as they are now, or as they were last seen when they are gone.
    pub cgroups: &'a [Cgroup],
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
    let episodes = episode::episodes(observed.logs);
    let attributed = attribute::attribute(episodes, observed);
    let mut incidents: Vec<_> =
        attributed.iter().map(|episode| explain::explain(episode, observed)).collect();
    // Reports of a boot whose clock is unknown keep the order of their log.
    incidents.sort_by_key(|incident| (incident.when.wall.get(), incident.when.since_boot.get()));
    identify::tell_apart(&mut incidents);
    let completeness = completeness::completeness(&incidents, observed);
    witnesses::vmstat_agrees(&mut incidents, &completeness);
    Incidents { incidents, completeness }
}
