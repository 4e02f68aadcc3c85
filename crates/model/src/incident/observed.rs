//! What a watcher saw around a kill: logs, counters that rose, cgroups shortly before, words of the runtime.

use crate::cgroup::{Cgroup, CgroupId, Swap};
use crate::incident::witness::LogSource;
use crate::kernel_log::BootId;
use crate::reading::Reading;
use crate::snapshot::Timestamp;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::report::OomReport;
use std::time::Duration;

/// The OOM reports of one log of one boot, in its order.
#[derive(Clone, Debug)]
pub struct Log {
    /// Where it was read.
    pub source: LogSource,
    /// Which boot it is of.
    pub boot: Reading<BootId>,
    /// The wall clock at that boot, to turn uptimes into dates.
    pub booted_at: Reading<Timestamp>,
    /// The reports.
    pub reports: Vec<OomReport>,
    /// Records overwritten before they could be read.
    pub records_lost: u64,
}

/// A cgroup by its path and its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CgroupRef {
    /// The path in the memory hierarchy.
    pub path: String,
    /// The kernel's number of it.
    pub id: CgroupId,
}

/// The counters of one cgroup that tell of kills, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KillCounters {
    /// Kills in this cgroup alone: v1 `memory.oom_control`, v2 `memory.events.local`.
    pub own_kills: Reading<u64>,
    /// Kills here and below (v2).
    pub kills: Reading<u64>,
    /// Groups killed whole, here and below (v2, 5.17): each counts its first victim twice.
    pub group_kills: Reading<u64>,
    /// Times this cgroup's own limit was the one that was hit (v2 `memory.events.local`'s `oom`).
    pub own_limit_hits: Reading<u64>,
}

/// Two looks at the counters of one cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterChange {
    /// Which cgroup.
    pub cgroup: CgroupRef,
    /// Time since boot of the first look.
    pub from: Duration,
    /// Time since boot of the second look.
    pub to: Duration,
    /// The first look.
    pub before: KillCounters,
    /// The second look.
    pub after: KillCounters,
}

/// One cgroup's figures at one moment before a kill. It outlives the cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupMoment {
    /// Which cgroup.
    pub cgroup: CgroupRef,
    /// Time since boot.
    pub at: Duration,
    /// Everything charged.
    pub usage: Reading<Bytes>,
    /// Its own memory limit.
    pub limit: Reading<Limit>,
    /// Heaps and stacks.
    pub anon: Reading<Bytes>,
    /// tmpfs and shared memory.
    pub shmem: Reading<Bytes>,
    /// Page cache without tmpfs.
    pub file: Reading<Bytes>,
    /// Kernel memory.
    pub kernel: Reading<Bytes>,
    /// Swapped out.
    pub swap: Reading<Bytes>,
    /// File pages that were reclaimed and needed again, so far.
    pub refaults_file: Reading<u64>,
}

/// What a runtime, systemd or a tracepoint said about a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The container's id, or the unit.
    pub of: String,
    /// Time since boot.
    pub at: Duration,
    /// What was said.
    pub said: Said,
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// The runtime's `oom` event. On cgroup v1 it is sent for every cgroup below the limit, innocents included.
    OomEvent,
    /// systemd's `Result=oom-kill`.
    OomResult,
    /// `oom:mark_victim` of this process.
    MarkVictim {
        /// Its number.
        pid: u64,
    },
    /// The container ended.
    Exited {
        /// Its exit code.
        code: i32,
    },
}

/// Two looks at `oom_kill` in `/proc/vmstat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KillTotal {
    /// Time since boot of the first look.
    pub from: Duration,
    /// Time since boot of the second look.
    pub to: Duration,
    /// How much it rose; the first victim of a whole group is counted twice.
    pub rose: u64,
}

impl KillCounters {
    /// The counters of a cgroup as a snapshot holds them.
    #[must_use]
    pub fn of(cgroup: &Cgroup) -> Self {
        let all = cgroup.events.hierarchical.as_ref();
        let local = cgroup.events.local.as_ref();
        let own_kills = match cgroup.swap {
            Swap::V1(_) => cgroup.oom_kills(),
            Swap::V2(_) => local.clone().and_then(|events| events.oom_kill.into()),
        };
        let kills = match cgroup.swap {
            Swap::V1(_) => Reading::Absent,
            Swap::V2(_) => cgroup.oom_kills(),
        };
        Self {
            own_kills,
            kills,
            group_kills: all.and_then(|events| events.oom_group_kill.into()),
            own_limit_hits: local.map(|events| events.oom),
        }
    }
}

impl CounterChange {
    /// By how much a counter rose; unknown when either look is, or when it went back and is another counter.
    #[must_use]
    pub fn rose(&self, counter: impl Fn(&KillCounters) -> Reading<u64>) -> Reading<u64> {
        counter(&self.before)
            .zip(counter(&self.after))
            .and_then(|(before, after)| after.checked_sub(before).into())
    }
}
