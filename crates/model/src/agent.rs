//! The agent of one machine: how it is doing, and what it costs.

use crate::finding::Severity;
use crate::host::OwnCost;
use crate::snapshot::{Missing, Timestamp};
use kernel::bytes::Bytes;
use std::time::Duration;

/// How the agent is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentStatus {
    /// The version that runs.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// The last look at the machine.
    pub looked_at: Timestamp,
    /// How often it looked.
    pub looks: u64,
    /// How often it means to look.
    pub interval: Duration,
    /// Why it looks more rarely than it was told, where it does.
    pub slowed: Option<String>,
    /// How many cgroups it sees.
    pub cgroups: usize,
    /// How many of them are containers.
    pub containers: usize,
    /// What it costs.
    pub cost: AgentCost,
    /// What becomes of the history.
    pub history: HistoryState,
    /// Incidents since it started.
    pub incidents: u64,
    /// What fires, and who is told.
    pub alerts: AlertsState,
    /// The configuration file, where one was given.
    pub config: Option<String>,
    /// Why the configuration as it is now was not taken, where it was not.
    pub config_refused: Option<String>,
    /// Witnesses that cannot be heard.
    pub missing: Vec<Missing>,
}

/// What fires, who is told, and what nothing can be said of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertsState {
    /// What fires now.
    pub firing: Vec<FiringAlert>,
    /// Rules that are broken, not yet for as long as they must be.
    pub held: usize,
    /// Whom alerts are told to.
    pub receivers: Vec<ReceiverState>,
    /// Rules that are on and see nothing, and why.
    pub not_judged: Vec<Missing>,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct FiringAlert {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter, in one line.
    pub title: String,
    /// For how long.
    pub age: Duration,
    /// Whether receivers are told; not while a silence keeps it back.
    pub is_told: bool,
}

/// A receiver of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverState {
    /// Its name.
    pub name: String,
    /// Messages that it does not have yet.
    pub waiting: usize,
    /// Attempts that failed since the last that did not.
    pub failures: u32,
    /// Why the last one failed.
    pub error: Option<String>,
}

/// What became of attempts to tell a receiver, since the agent started. None of it ever falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiverTotals {
    /// Attempts that failed.
    pub failures: u64,
    /// Attempts at which it took what it was given: some messages, or what stands once more.
    pub deliveries: u64,
    /// Messages that it would not have, which are not told it any more.
    pub refused: u64,
}

impl ReceiverTotals {
    /// Both together.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self {
            failures: self.failures.saturating_add(more.failures),
            deliveries: self.deliveries.saturating_add(more.deliveries),
            refused: self.refused.saturating_add(more.refused),
        }
    }
}

/// What the agent itself costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AgentCost {
    /// CPU time and resident memory; nothing where they cannot be read.
    pub own: Option<OwnCost>,
    /// The share of one core since the look before, 0 to 1.
    pub cpu_ratio: Option<f64>,
    /// How long the last look took, from the first file to the last word.
    pub look: Duration,
    /// Cgroup files that it keeps open.
    pub descriptors: usize,
    /// Kernel memory that those pin, charged to the agent's own cgroup.
    pub kernel: Bytes,
}

/// What becomes of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryState {
    /// It is written.
    Written {
        /// So many workloads were in the last step.
        workloads: usize,
        /// So many found no room.
        left_out: usize,
    },
    /// It is not: the disk is full, for example.
    Stopped {
        /// Why.
        why: String,
    },
}
