//! Metrics as text: one page for a scraper, in OpenMetrics or in Prometheus's own format.
//!
//! Names are cAdvisor's, the kubelet's and node_exporter's where they exist, and `highwater_…` for the rest. A limit that is not
//! set is no series: cAdvisor's 0 and 9223372036854771712 would be limits to whoever divides by them.

mod alerts;
mod container;
mod machine;
mod own;
mod page;

use model::agent::{AgentStatus, ReceiverTotals};
use model::assessment::Assessment;
use model::cgroup::CgroupId;
use model::recorded::WorkloadName;
use model::snapshot::{Snapshot, Timestamp};
use page::Page;
use std::collections::BTreeMap;

/// Which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `application/openmetrics-text; version=1.0.0`.
    OpenMetrics,
    /// `text/plain; version=0.0.4`.
    Prometheus,
}

/// What metrics are made of.
pub struct Exposition<'a> {
    /// The machine.
    pub snapshot: &'a Snapshot,
    /// What is thought of its containers.
    pub assessments: &'a [Assessment],
    /// The name under which a container is remembered.
    pub workload: &'a dyn Fn(CgroupId) -> Option<&'a WorkloadName>,
    /// Kills, kept when the container is gone.
    pub kills: &'a [KillSeries<'a>],
    /// The agent itself.
    pub status: &'a AgentStatus,
    /// What became of attempts to tell each receiver, by its name.
    pub receivers: &'a BTreeMap<&'a str, ReceiverTotals>,
    /// The most series of containers; what is more is counted, not given.
    pub series_max: usize,
}

/// Processes of one workload that were killed for memory.
#[derive(Clone, Copy, Debug)]
pub struct KillSeries<'a> {
    /// The workload.
    pub workload: &'a str,
    /// What ran out: `memcg`, `ancestor`, `system`, `unknown`.
    pub scope: &'a str,
    /// Processes.
    pub kills: u64,
    /// When the last of them was.
    pub last: Option<Timestamp>,
}

/// The whole page.
#[must_use]
pub fn page(exposition: &Exposition<'_>, dialect: Dialect) -> String {
    let mut page = Page::new(dialect);
    machine::families(&mut page, &exposition.snapshot.host);
    let dropped = container::families(&mut page, exposition);
    own::families(&mut page, exposition, dropped);
    alerts::families(&mut page, &exposition.status.alerts, exposition.receivers);
    page.finish()
}
