//! What one OOM report of the kernel says, as typed values.

use crate::bytes::Bytes;
use crate::cgroup_path::ContainerId;
use crate::hierarchy::CgroupVersion;
use crate::limit::Limit;
use crate::oom_report::memory_info::MemInfo;
use crate::oom_report::task_table::TaskTable;

/// One OOM report. What the text does not carry is `None` or empty, and [`OomReport::missing`] names the parts that were not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OomReport {
    /// What ran out, or what happened instead of a kill.
    pub kind: OomKind,
    /// The hierarchy of the cgroup whose limit was hit, when the counters prove it. Before Linux 5.3 both generations
    /// print the same lines.
    pub cgroup_version: Option<CgroupVersion>,
    /// The kernel's release, from the `CPU:` line.
    pub kernel: Option<String>,
    /// The machine, where the log names one.
    pub host: Option<String>,
    /// The task whose allocation failed. It is often not the victim.
    pub invoker: Option<Invoker>,
    /// The allocation's order; −1 is a request by SysRq.
    pub order: Option<i32>,
    /// The allocation's flags as the kernel printed the number: `0xcc0`.
    pub gfp_mask: Option<String>,
    /// The same flags in words (since Linux 4.6): `GFP_HIGHUSER_MOVABLE|__GFP_ZERO`.
    pub gfp_flags: Option<String>,
    /// What the kernel believed to be limited. Linux 5.0 to 5.2 say `CONSTRAINT_NONE` of a cgroup too: trust `kind`.
    pub constraint: Option<Constraint>,
    /// The memory policy's nodes; `(null)` without one.
    pub nodemask: Option<String>,
    /// The invoker's cpuset. On cgroup v1 with Docker it is often the bare container id.
    pub cpuset: Option<String>,
    /// The nodes that the invoker's cpuset allows.
    pub mems_allowed: Option<String>,
    /// The cgroup whose limit was hit.
    pub oom_memcg: Option<String>,
    /// The cgroup of the victim.
    pub task_memcg: Option<String>,
    /// The victim's container: an id of 64 hexadecimal digits, from the most exact path in the report.
    pub container_id: Option<ContainerId>,
    /// The victim's pod.
    pub pod_uid: Option<String>,
    /// The invoker's container, from `cpuset`.
    pub invoker_container_id: Option<ContainerId>,
    /// Memory of the cgroup whose limit was hit.
    pub memory: Option<Counter>,
    /// Memory and swap together (cgroup v1; printed on v2 as well before Linux 5.3).
    pub memory_swap: Option<Counter>,
    /// Swap alone (cgroup v2 since Linux 5.3).
    pub swap: Option<Counter>,
    /// Kernel memory (cgroup v1; printed on v2 as well before Linux 5.3).
    pub kmem: Option<Counter>,
    /// The counters that stood at their limit. A limit of zero forbids, it is not reached.
    pub limits_reached: Vec<CounterName>,
    /// `memory.min` and `memory.low` of the cgroup whose limit was hit (cgroup v2 since Linux 6.19).
    pub protection: Option<Protection>,
    /// `memory.stat` of the cgroup whose limit was hit; before Linux 5.3 of each cgroup below it too.
    pub stats: Vec<CgroupStats>,
    /// The machine's memory, printed when no cgroup's limit was the cause.
    pub mem_info: Option<MemInfo>,
    /// The tasks that the kernel could choose from.
    pub tasks: TaskTable,
    /// The task chosen, from the `oom-kill:` line.
    pub chosen: Option<Chosen>,
    /// The task chosen and its score, before Linux 5.1. The victim may be a child of it.
    pub score_line: Option<ScoreLine>,
    /// The processes killed, each once.
    pub victims: Vec<Victim>,
    /// Processes killed with the victim because they used its memory (`CLONE_VM`); old kernels tell them (3.10).
    pub sharing_memory: Vec<Process>,
    /// Members of the group, or chosen tasks, that were on their way out already.
    pub already_exiting: Vec<Process>,
    /// Processes whose memory the OOM reaper took back.
    pub reaped: Vec<Process>,
    /// The cgroup that was killed as a whole because of `memory.oom.group`.
    pub oom_group: Option<String>,
    /// Reports that the rate limit swallowed before this one.
    pub suppressed_before: u64,
    /// Parts that a whole report of this kind has and this text has not.
    pub missing: Vec<Part>,
    /// Lines between the first and the last that belong to something else, or that this parser does not know.
    pub unknown_lines: u64,
    /// Where the report begins.
    pub first: Place,
    /// Where it ends.
    pub last: Place,
}

/// What ran out, or what happened instead of a kill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OomKind {
    /// A cgroup's limit.
    Memcg,
    /// The machine's memory.
    Global,
    /// The memory of the nodes that a cpuset allows.
    Cpuset,
    /// The memory of the nodes that a memory policy allows.
    Mempolicy,
    /// Somebody asked for it with SysRq-f.
    Sysrq,
    /// The kernel panicked instead (`vm.panic_on_oom`, or nothing left to kill).
    Panic,
    /// No process could be killed.
    NothingToKill,
    /// The text does not say.
    #[default]
    Unknown,
}

/// What the kernel believed to be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constraint {
    /// `CONSTRAINT_NONE`
    None,
    /// `CONSTRAINT_CPUSET`
    Cpuset,
    /// `CONSTRAINT_MEMORY_POLICY`
    MemoryPolicy,
    /// `CONSTRAINT_MEMCG`
    Memcg,
}

/// The counters that the kernel prints of a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CounterName {
    /// `memory:`
    Memory,
    /// `memory+swap:`
    MemorySwap,
    /// `swap:`
    Swap,
    /// `kmem:`
    Kmem,
}

/// One counter of a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counter {
    /// What was used.
    pub usage: Bytes,
    /// The limit.
    pub limit: Limit,
    /// How often the limit was met; `None` when the line is cut before it.
    pub failcnt: Option<u64>,
}

/// The task whose allocation failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Invoker {
    /// The thread's name; `None` in reports older than Linux 2.6.20.
    pub comm: Option<String>,
    /// Its number, from the `CPU:` line.
    pub pid: Option<u64>,
    /// Its `oom_score_adj`.
    pub oom_score_adj: Option<i64>,
}

/// The task that the `oom-kill:` line names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// Its name.
    pub comm: String,
    /// Its number.
    pub pid: u64,
    /// Its user; `None` when the line is cut before it.
    pub uid: Option<u64>,
}

/// `Kill process N (comm) score S or sacrifice child`, before Linux 5.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScoreLine {
    /// What stands before it: `Out of memory`.
    pub message: String,
    /// The task chosen.
    pub pid: u64,
    /// Its name.
    pub comm: String,
    /// Its badness; `None` when the line is cut before it.
    pub score: Option<u64>,
}

/// A process by number and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Its number.
    pub pid: u64,
    /// Its name; `None` where the kernel prints the number alone.
    pub comm: Option<String>,
}

/// A process that was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Victim {
    /// Its number.
    pub pid: u64,
    /// Its name.
    pub comm: String,
    /// Its user (since Linux 5.4, and in RHEL 6 and 7.9).
    pub uid: Option<u64>,
    /// Its address space.
    pub total_vm: Option<Bytes>,
    /// Its anonymous memory.
    pub anon_rss: Option<Bytes>,
    /// Its mapped files.
    pub file_rss: Option<Bytes>,
    /// Its shared memory, tmpfs among it (since Linux 4.5).
    pub shmem_rss: Option<Bytes>,
    /// Its page tables (since Linux 5.4).
    pub pgtables: Option<Bytes>,
    /// Its `oom_score_adj` (since Linux 5.4).
    pub oom_score_adj: Option<i64>,
}

/// `memory.min` and `memory.low`, as far as they protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protection {
    /// Memory that is never reclaimed.
    pub min: Bytes,
    /// Memory that is reclaimed last.
    pub low: Bytes,
}

/// `memory.stat` of one cgroup as the report prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CgroupStats {
    /// The cgroup.
    pub path: String,
    /// Keys and values in printed order: bytes, or events for keys such as `pgfault`.
    pub entries: Vec<(String, u64)>,
}

/// A part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The line `… invoked oom-killer`.
    Header,
    /// The lines `memory: usage …`.
    Counters,
    /// `Memory cgroup stats for …`.
    Stats,
    /// `Mem-Info:` and what follows.
    MemInfo,
    /// The task table; `vm.oom_dump_tasks=0` leaves it out too.
    Tasks,
    /// The line that names the cgroups: `oom-kill:`, or `Task in … killed as a result of limit of …` before Linux 5.0.
    OomKillLine,
    /// The line `Killed process …`.
    KillLine,
}

/// A line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its number, from 1.
    pub line: u64,
    /// The time it carries; where it carries several, the first.
    pub timestamp: Option<Timestamp>,
    /// Microseconds since the kernel started, by its own clock, also where a date stands before them.
    pub uptime: Option<u64>,
    /// Its sequence number in the kernel's ring.
    pub sequence: Option<u64>,
}

/// A line's time, in the form the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timestamp {
    /// Microseconds since the kernel started, by its own clock.
    Uptime(u64),
    /// Microseconds since 1970.
    Unix(u64),
    /// A date as printed; it may lack the year, the time zone, and be in any language: [`read`](super::printed_date::read).
    Printed(String),
}

impl OomKind {
    /// The name in Highwater's JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memcg => "memcg",
            Self::Global => "global",
            Self::Cpuset => "cpuset",
            Self::Mempolicy => "mempolicy",
            Self::Sysrq => "sysrq",
            Self::Panic => "panic",
            Self::NothingToKill => "nothing-to-kill",
            Self::Unknown => "unknown",
        }
    }
}

impl Constraint {
    /// The kernel's name (`oom_constraint_text` in mm/oom_kill.c).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "CONSTRAINT_NONE",
            Self::Cpuset => "CONSTRAINT_CPUSET",
            Self::MemoryPolicy => "CONSTRAINT_MEMORY_POLICY",
            Self::Memcg => "CONSTRAINT_MEMCG",
        }
    }

    /// The constraint of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Cpuset, Self::MemoryPolicy, Self::Memcg].into_iter().find(|it| it.as_str() == name)
    }
}

impl CounterName {
    /// The name in Highwater's JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::MemorySwap => "memory_swap",
            Self::Swap => "swap",
            Self::Kmem => "kmem",
        }
    }
}

impl Part {
    /// The name in Highwater's JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Counters => "counters",
            Self::Stats => "stats",
            Self::MemInfo => "mem_info",
            Self::Tasks => "tasks",
            Self::OomKillLine => "oom_kill_line",
            Self::KillLine => "kill_line",
        }
    }
}

impl Counter {
    /// Whether the usage stood at a limit. A limit of zero forbids, it is not reached.
    #[must_use]
    pub fn is_at_limit(&self) -> bool {
        self.limit.bytes().is_some_and(|limit| limit > Bytes::ZERO && self.usage >= limit)
    }
}

impl CgroupStats {
    /// The value of a key: bytes, or events.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<u64> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

impl OomReport {
    /// The counter of that name.
    #[must_use]
    pub const fn counter(&self, name: CounterName) -> Option<Counter> {
        match name {
            CounterName::Memory => self.memory,
            CounterName::MemorySwap => self.memory_swap,
            CounterName::Swap => self.swap,
            CounterName::Kmem => self.kmem,
        }
    }
}
