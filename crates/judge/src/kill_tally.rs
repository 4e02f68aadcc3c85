//! How many processes were killed for memory, by workload and by what ran out: kept when the container is gone.

use crate::workload_name::of_place;
use model::incident::{Incident, IncidentId, Scope};
use model::recorded::WorkloadName;
use model::snapshot::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Workloads beyond these are counted together: their names would be without end.
pub const WORKLOADS_MAX: usize = 4_096;

/// Incidents that may yet grow.
const INCIDENTS_MAX: usize = 4_096;

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KillScope {
    /// The container's own limit, or one inside it.
    Memcg,
    /// A limit above the container.
    Ancestor,
    /// The machine's memory.
    System,
    /// Not known.
    Unknown,
}

impl KillScope {
    /// As metrics spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memcg => "memcg",
            Self::Ancestor => "ancestor",
            Self::System => "system",
            Self::Unknown => "unknown",
        }
    }
}

/// Kills of one workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KillCount {
    /// Processes.
    pub kills: u64,
    /// When the last of them was.
    pub last: Option<Timestamp>,
}

/// Kills of all workloads since the tally was begun.
#[derive(Debug, Default)]
pub struct KillTally {
    counts: BTreeMap<(WorkloadName, KillScope), KillCount>,
    told: HashMap<IncidentId, u64>,
    order: VecDeque<IncidentId>,
    incidents: u64,
}

impl KillTally {
    /// Counts an incident; one that has grown counts with what it has grown by.
    pub fn note(&mut self, incident: &Incident) {
        let before = self.told.insert(incident.id.clone(), incident.kills);
        if before.is_none() {
            self.incidents += 1;
            self.order.push_back(incident.id.clone());
            if self.order.len() > INCIDENTS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.told.remove(&oldest);
            }
        }
        let grown = incident.kills.saturating_sub(before.unwrap_or(0));
        if grown == 0 {
            return;
        }
        let mut key = (of_place(&incident.place), scope(incident.level.scope));
        if self.counts.len() >= WORKLOADS_MAX && !self.counts.contains_key(&key) {
            key.0 = WorkloadName::new("others");
        }
        let count = self.counts.entry(key).or_default();
        count.kills += grown;
        count.last = count.last.max(incident.when.wall.get());
    }

    /// Every workload of which something was killed.
    pub fn counts(&self) -> impl Iterator<Item = (&WorkloadName, KillScope, KillCount)> {
        self.counts.iter().map(|((workload, scope), count)| (workload, *scope, *count))
    }

    /// How many incidents there were.
    #[must_use]
    pub const fn incidents(&self) -> u64 {
        self.incidents
    }
}

const fn scope(scope: Scope) -> KillScope {
    match scope {
        Scope::Container | Scope::PartOfContainer | Scope::Unit | Scope::Cgroup => KillScope::Memcg,
        Scope::OuterContainer
        | Scope::Pod
        | Scope::QosLevel
        | Scope::Kubepods
        | Scope::Group
        | Scope::Slice => KillScope::Ancestor,
        Scope::Node | Scope::Cpuset | Scope::MemoryPolicy | Scope::Requested => KillScope::System,
        Scope::Unknown => KillScope::Unknown,
    }
}
