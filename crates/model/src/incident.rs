//! An OOM kill, found and explained: who died, which limit was hit at which level, who used the memory, why, and how sure that is.

pub mod cause;
pub mod exit;
pub mod observed;
pub mod survival;
pub mod watched;
pub mod witness;

use crate::cgroup::CgroupId;
use crate::container::{Container, PodName};
use crate::incident::cause::{Cause, Confidence, Consumer};
use crate::incident::survival::{Advice, Survival, SwapCounterfactual};
use crate::incident::witness::Witness;
use crate::kernel_log::BootId;
use crate::reading::Reading;
use crate::recorded::RecordedSeries;
use crate::snapshot::{Missing, Timestamp};
use kernel::bytes::Bytes;
use kernel::cgroup_path::PodRef;
use kernel::limit::Limit;
use kernel::oom_report::report::{CounterName, Invoker, OomKind};
use std::time::Duration;

/// A short name to type: a letter, then letters and digits. The same kill seen again has the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub String);

/// One kill episode: everything the kernel killed for one shortage at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// What to type to see it again.
    pub id: IncidentId,
    /// When it began.
    pub when: When,
    /// What ran out, or what happened instead of a kill.
    pub kind: OomKind,
    /// How the kills came to stand under this incident.
    pub attribution: Attribution,
    /// The kernel's release.
    pub kernel_release: Reading<String>,
    /// The task whose allocation failed; often not the victim.
    pub invoker: Option<Invoker>,
    /// The allocation's order; −1 is SysRq's.
    pub order: Reading<i32>,
    /// Where the first victim lived.
    pub place: Place,
    /// The level whose limit was hit.
    pub level: Level,
    /// The figures of that level against its limits, as the kernel printed them.
    pub ceilings: Vec<Ceiling>,
    /// The ceiling that was hit first.
    pub hit: Reading<CounterName>,
    /// The processes killed, as far as they are known one by one.
    pub victims: Vec<Victim>,
    /// Where only a counter tells of the kill: processes the kernel killed around then without naming their cgroup.
    pub possible_victims: PossibleVictims,
    /// How many processes were killed; more than `victims` when counters alone tell of some.
    pub kills: u64,
    /// The cgroup that was killed whole because of `memory.oom.group`.
    pub group: Option<String>,
    /// Where the memory of that level was.
    pub memory: MemoryUse,
    /// The largest processes at that moment, largest first.
    pub processes: Vec<ProcessUse>,
    /// How many processes the kernel listed.
    pub processes_listed: u64,
    /// Who held most of the memory.
    pub consumer: Consumer,
    /// Why it happened.
    pub cause: Cause,
    /// What else was true, weaker than the cause.
    pub contributing: Vec<Cause>,
    /// The limit that would have survived.
    pub survival: Survival,
    /// What swap would have changed.
    pub swap: SwapCounterfactual,
    /// What became of the container's first process.
    pub first_process: FirstProcess,
    /// How sure it is that a process was killed for memory here.
    pub confidence: Confidence,
    /// Who says so.
    pub witnesses: Vec<Witness>,
    /// Who could not be heard.
    pub missing: Vec<Missing>,
    /// The figures from which commands are made.
    pub advice: Advice,
    /// The minutes before, where somebody watched: of the cgroup whose limit was hit, or else the victim's.
    pub before: Option<RecordedSeries>,
}

/// When it was. A log may tell one clock, both or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Which boot.
    pub boot: Reading<BootId>,
    /// Time since that boot, by the kernel's clock.
    pub since_boot: Reading<Duration>,
    /// The wall clock.
    pub wall: Reading<Timestamp>,
    /// The date as the log prints it, where that is not a number.
    pub printed: Option<String>,
    /// What of the wall clock the log does not say.
    pub assumed: Assumed,
}

/// What of a wall clock was assumed because the log does not print it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Assumed {
    /// Nothing: the log says it all.
    #[default]
    Nothing,
    /// The year: the latest that does not lie ahead of the log.
    Year,
    /// The time zone: this machine's.
    Zone,
    /// Both.
    YearAndZone,
}

/// Where a victim lived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The machine, where the log names one.
    pub host: Option<String>,
    /// The victim's cgroup.
    pub path: Reading<String>,
    /// The kernel's number of that cgroup: tells a restarted container from its predecessor.
    pub cgroup: Option<CgroupId>,
    /// The container.
    pub container: Option<Container>,
    /// The pod.
    pub pod: Option<PodRef>,
    /// The pod's names.
    pub pod_name: Option<PodName>,
    /// The systemd unit, where it is no container.
    pub unit: Option<String>,
}

/// The level whose limit was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// What that level is.
    pub scope: Scope,
    /// Its cgroup; absent for the machine.
    pub path: Reading<String>,
    /// Its limit by what the kernel holds, where no report tells.
    pub limit: Reading<Limit>,
    /// The container's own limit where another level was hit.
    pub own_limit: Reading<Limit>,
}

/// What kind of level ran out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The container's own limit.
    Container,
    /// A cgroup that the container made inside itself.
    PartOfContainer,
    /// A container around the victim's.
    OuterContainer,
    /// The pod's limit: the sum of its containers'.
    Pod,
    /// All pods of one QoS class.
    QosLevel,
    /// All pods of the node: node allocatable.
    Kubepods,
    /// A Podman pod or an ECS task.
    Group,
    /// The systemd unit's own limit.
    Unit,
    /// The cgroup's own limit, where it is neither container nor unit.
    Cgroup,
    /// A slice or another cgroup above.
    Slice,
    /// The machine's memory.
    Node,
    /// The nodes that a cpuset allows.
    Cpuset,
    /// The nodes that a memory policy allows.
    MemoryPolicy,
    /// Nothing ran out: somebody asked for a kill (SysRq-f).
    Requested,
    /// Not known.
    Unknown,
}

impl Scope {
    /// Whether no limit of a cgroup was short: the machine was, or some of its nodes, or nothing at all.
    #[must_use]
    pub const fn is_of_machine(self) -> bool {
        match self {
            Self::Node | Self::Cpuset | Self::MemoryPolicy | Self::Requested => true,
            Self::Container
            | Self::PartOfContainer
            | Self::OuterContainer
            | Self::Pod
            | Self::QosLevel
            | Self::Kubepods
            | Self::Group
            | Self::Unit
            | Self::Cgroup
            | Self::Slice
            | Self::Unknown => false,
        }
    }
}

/// One figure of the level against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Memory, swap, both together, or kernel memory.
    pub counter: CounterName,
    /// What was used.
    pub usage: Bytes,
    /// The limit.
    pub limit: Limit,
    /// How often it was met since it was made.
    pub failcnt: Option<u64>,
    /// Whether it was full.
    pub state: CeilingState,
}

/// Whether a ceiling was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CeilingState {
    /// The next charge did not fit.
    Full,
    /// There was room.
    Room,
    /// Zero: nothing is allowed.
    Forbids,
}

/// A process that was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// What the kernel printed of it.
    pub process: kernel::oom_report::report::Victim,
    /// Why it, and not another.
    pub role: Role,
}

/// Why a process was among the victims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The kernel chose it for its size and score.
    Chosen,
    /// It shared a group that is killed whole (`memory.oom.group`).
    GroupMember,
    /// It used the memory of the one that was chosen, which is freed with its last user.
    SharedMemory,
    /// It was killed in the same shortage, later, because the first kill did not free enough.
    Next,
}

/// Where the memory of a level was. What the kernel did not print is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Everything charged; for the machine, what was not free.
    pub usage: Reading<Bytes>,
    /// Heaps and stacks.
    pub anon: Reading<Bytes>,
    /// tmpfs and shared memory.
    pub shmem: Reading<Bytes>,
    /// Page cache of files, without tmpfs.
    pub file: Reading<Bytes>,
    /// Of the page cache, what waits to be written.
    pub unwritten: Reading<Bytes>,
    /// Kernel memory.
    pub kernel: Reading<Bytes>,
    /// Of it, what can be dropped.
    pub slab_reclaimable: Reading<Bytes>,
    /// What the kernel memory is: key and amount, largest first.
    pub kernel_parts: Vec<(String, Bytes)>,
    /// Socket buffers.
    pub sock: Reading<Bytes>,
    /// Swapped out.
    pub swap: Reading<Bytes>,
    /// Of the anonymous memory, what is on the inactive list: not used lately, or new.
    pub inactive_anon: Reading<Bytes>,
    /// Anonymous pages that came back from swap so far.
    pub refaults_anon: Reading<u64>,
    /// The machine, where it was the machine that ran out.
    pub machine: Option<Machine>,
}

/// The machine's memory at the kill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Memory it has.
    pub total: Reading<Bytes>,
    /// Memory that was free.
    pub free: Reading<Bytes>,
    /// Swap it has.
    pub swap_total: Reading<Bytes>,
    /// Swap that was free.
    pub swap_free: Reading<Bytes>,
}

/// What one process held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessUse {
    /// Its number.
    pub pid: u64,
    /// Its name.
    pub comm: String,
    /// In memory, shared pages included.
    pub resident: Bytes,
    /// Of it, tmpfs and shared memory.
    pub shmem: Reading<Bytes>,
    /// In swap.
    pub swap: Reading<Bytes>,
    /// Its `oom_score_adj`.
    pub oom_score_adj: Option<i64>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was killed.
    Killed,
    /// It was left alone.
    Spared,
}

/// What became of the container's first process. When it lives, nobody but the kernel tells of the kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstProcess {
    /// It was killed, so the container ended.
    Killed,
    /// It lives: the container runs on with a part missing.
    Lives,
    /// It was not killed; it ended by itself soon after, with this exit code.
    Ended {
        /// The code.
        code: i32,
    },
    /// Not known, and why.
    Unknown(String),
}

/// Everything found, and whether that is all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    /// Oldest first.
    pub incidents: Vec<Incident>,
    /// Whether the kills found are all that the kernel counted.
    pub completeness: Completeness,
}

/// How the kills came to stand under an incident. The kernel prints ten reports in five seconds at most; of further kills it
/// prints one line each, without a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attribution {
    /// A report names the cgroups.
    Report,
    /// No report: the killed process is the first process of this container.
    FirstProcess,
    /// No report: only this cgroup's counter leaves room for the kill.
    OnlyCandidate,
    /// No report and no certain kill line: the cgroup's counter tells.
    CounterAlone,
    /// A kill line that no counter explains.
    Nobody {
        /// How many cgroups it could have been, had they room for it.
        candidates: usize,
    },
}

/// Kill lines without a cgroup, any of which may be the kill that a counter tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PossibleVictims {
    /// The first few.
    pub processes: Vec<kernel::oom_report::report::Victim>,
    /// How many there are.
    pub total: usize,
}

/// Whether the kills found are all that the kernel counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Processes killed, as `/proc/vmstat`'s `oom_kill` counts, each once.
    pub counted: Reading<u64>,
    /// Processes in the incidents and apart from them.
    pub found: u64,
    /// Reports that the kernel's rate limit swallowed.
    pub suppressed_reports: u64,
    /// Records that were overwritten before they could be read.
    pub records_lost: u64,
}

impl Completeness {
    /// Kills that the kernel counted and nothing here explains.
    #[must_use]
    pub fn unexplained(&self) -> Reading<u64> {
        self.counted.clone().map(|counted| counted.saturating_sub(self.found))
    }
}

impl Incident {
    /// The process the kernel chose, where a log names it.
    #[must_use]
    pub fn chosen(&self) -> Option<&kernel::oom_report::report::Victim> {
        self.victims.first().map(|victim| &victim.process)
    }

    /// The figures of one ceiling.
    #[must_use]
    pub fn ceiling(&self, counter: CounterName) -> Option<&Ceiling> {
        self.ceilings.iter().find(|ceiling| ceiling.counter == counter)
    }

    /// The limit that was hit.
    #[must_use]
    pub fn limit_hit(&self) -> Reading<Limit> {
        let printed = self.hit.get().and_then(|hit| self.ceiling(hit)).map(|ceiling| ceiling.limit);
        Reading::from(printed).or_if_absent(|| self.level.limit.clone())
    }
}
