//! A rule that a cgroup broke, with the figures that show it.

use crate::assessment::Binding;
use crate::cgroup::CgroupIndex;
use crate::drift::Drift;
use kernel::bytes::Bytes;

/// A rule that a cgroup broke.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which cgroup.
    pub cgroup: CgroupIndex,
    /// How bad it is.
    pub severity: Severity,
    /// The rule and its evidence.
    pub broken: BrokenRule,
}

/// How bad a finding is. `--check` fails from `Warning` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Will hurt unless something changes.
    Warning,
    /// Hurts now.
    Critical,
}

/// The rule and its evidence.
#[derive(Clone, Debug, PartialEq)]
pub enum BrokenRule {
    /// Little is left before an OOM kill.
    NearLimit {
        /// What is left, swap included.
        headroom: Bytes,
        /// The effective limit.
        limit: Bytes,
        /// The level that leaves the least.
        binding: Binding,
    },
    /// Processes were killed for memory since the cgroup was made.
    OomKilled {
        /// How many.
        kills: u64,
    },
    /// Pages come back from swap and tasks wait for them.
    SwapHurts {
        /// The share of time every task waited, 0 to 1.
        stalled_ratio: f64,
    },
    /// Tasks wait for memory.
    Pressure {
        /// The share of time every task waited, 0 to 1.
        stalled_ratio: f64,
    },
    /// Usage is at `memory.high`: the kernel throttles it.
    Throttled {
        /// `memory.high`.
        high: Bytes,
    },
    /// The kernel could not swap out for want of swap space or of swap limit.
    SwapFull {
        /// `memory.swap.events` `fail` and `max`.
        failures: u64,
    },
    /// A level above has a lower limit than the container's own.
    BoundFromAbove {
        /// The container's own limit, when it has one.
        own: Option<Bytes>,
        /// The limit in force.
        effective: Bytes,
        /// Who imposes it.
        binding: Binding,
    },
    /// Declared, systemd's and kernel's limits disagree.
    Drifted(Drift),
}
