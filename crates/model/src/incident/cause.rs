//! Why a kill happened and who held the memory, each with its evidence as figures.

use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use std::time::Duration;

/// How sure a statement is. The order is the order of sureness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Nothing speaks for it.
    Unknown,
    /// It fits, and so would something else.
    Possible,
    /// The figures say so.
    Likely,
    /// The kernel says so, or two independent witnesses agree.
    Certain,
}

impl Confidence {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Possible, Self::Likely, Self::Certain];
}

/// Why it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The kind.
    pub kind: CauseKind,
    /// How sure.
    pub confidence: Confidence,
    /// The rule that says so.
    pub rule: String,
    /// The figures it rests on.
    pub evidence: Vec<Evidence>,
}

/// The kinds of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// What runs here needs more than its limit.
    LimitTooSmall,
    /// It grew by half or more within a minute.
    Spike,
    /// It grew for hours without end.
    Leak,
    /// Files in tmpfs or shared memory filled it.
    Tmpfs,
    /// Kernel memory filled it.
    KernelMemory,
    /// Page cache filled it and could not be written in time.
    UnwrittenCache,
    /// Another cgroup below the same limit used the memory.
    Neighbour,
    /// The machine promised more than it has.
    NodeOvercommit,
    /// It died with a group that is killed whole.
    GroupCollateral,
    /// Memory and swap were both full.
    SwapExhausted,
    /// A large contiguous block was asked for and memory was in small pieces.
    Fragmentation,
    /// A cpuset or memory policy left only some nodes, and these were full.
    NodesRestricted,
    /// Somebody asked for it.
    Requested,
    /// Not known.
    Unknown,
}

impl CauseKind {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Self::LimitTooSmall,
        Self::Spike,
        Self::Leak,
        Self::Tmpfs,
        Self::KernelMemory,
        Self::UnwrittenCache,
        Self::Neighbour,
        Self::NodeOvercommit,
        Self::GroupCollateral,
        Self::SwapExhausted,
        Self::Fragmentation,
        Self::NodesRestricted,
        Self::Requested,
        Self::Unknown,
    ];
}

/// A part of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryPart {
    /// Heaps and stacks.
    Anon,
    /// tmpfs and shared memory.
    Shmem,
    /// Page cache.
    File,
    /// Page cache that waits to be written.
    Unwritten,
    /// Kernel memory.
    Kernel,
    /// Socket buffers.
    Sock,
}

impl MemoryPart {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Anon, Self::Shmem, Self::File, Self::Unwritten, Self::Kernel, Self::Sock];
}

/// One figure that speaks for a cause.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// A ceiling was full.
    Full {
        /// Which.
        counter: CounterName,
        /// Its limit.
        limit: Bytes,
    },
    /// A ceiling had room.
    Room {
        /// Which.
        counter: CounterName,
        /// What was used.
        usage: Bytes,
        /// Its limit.
        limit: Bytes,
    },
    /// A part of memory made up so much of the whole.
    PartHeld {
        /// Which part.
        part: MemoryPart,
        /// How much.
        bytes: Bytes,
        /// Of how much.
        of: Bytes,
    },
    /// The largest part of the kernel's memory.
    KernelPart {
        /// Its key in `memory.stat`.
        key: String,
        /// How much.
        bytes: Bytes,
    },
    /// A process held so much of the whole.
    ProcessHeld {
        /// Its number.
        pid: u64,
        /// Its name.
        comm: String,
        /// How much.
        bytes: Bytes,
        /// Of how much.
        of: Bytes,
    },
    /// The victim held so little of the whole.
    VictimHeldLittle {
        /// Its name.
        comm: String,
        /// How much.
        bytes: Bytes,
        /// Of how much.
        of: Bytes,
    },
    /// Another cgroup held so much, when it was last seen.
    NeighbourHeld {
        /// Which.
        path: String,
        /// How much.
        bytes: Bytes,
        /// Of how much.
        of: Bytes,
    },
    /// The victim's own cgroup held so much, when it was last seen.
    OwnHeld {
        /// How much.
        bytes: Bytes,
        /// Of how much.
        of: Bytes,
    },
    /// What cannot be freed grew before the kill.
    Grew {
        /// From.
        from: Bytes,
        /// To.
        to: Bytes,
        /// In this time.
        over: Duration,
    },
    /// It was this full at least, all the time it was watched.
    StoodAt {
        /// The least share of the limit.
        ratio: f64,
        /// How long it was watched.
        over: Duration,
    },
    /// It grew in every quarter of the time it was watched.
    GrewSteadily {
        /// How much in all.
        bytes: Bytes,
        /// How long it was watched.
        over: Duration,
    },
    /// No swap was allowed.
    SwapForbidden,
    /// The machine has no swap.
    NoSwap,
    /// The machine's swap was full.
    MachineSwapFull {
        /// All of it.
        total: Bytes,
    },
    /// The machine had so little left.
    MachineFree {
        /// Free memory.
        free: Bytes,
        /// All memory.
        total: Bytes,
    },
    /// A block of contiguous pages was asked for.
    Order {
        /// 2 to this power pages.
        order: i32,
    },
    /// No limit of a cgroup was hit.
    NoLimitHit,
    /// The nodes that were allowed.
    AllowedNodes {
        /// As the kernel printed them.
        nodes: String,
    },
    /// The group that was killed whole.
    GroupKilled {
        /// Its cgroup.
        path: String,
        /// How many processes died.
        kills: u64,
    },
    /// Several processes were killed one after the other before it fitted.
    KilledInARow {
        /// How many.
        kills: u64,
    },
    /// SysRq-f was pressed or written.
    SysRq,
}

/// Who held most of the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The process that was killed.
    Victim {
        /// What it held.
        bytes: Bytes,
    },
    /// Another process, which was not killed first.
    Process {
        /// Its number.
        pid: u64,
        /// Its name.
        comm: String,
        /// What it held.
        bytes: Bytes,
    },
    /// Many processes, none of which held most.
    ManyProcesses {
        /// How many were listed.
        count: u64,
        /// What they held together.
        bytes: Bytes,
    },
    /// Files in tmpfs, or shared memory.
    Tmpfs {
        /// How much.
        bytes: Bytes,
    },
    /// Page cache.
    PageCache {
        /// How much.
        bytes: Bytes,
    },
    /// The kernel, on behalf of this level.
    Kernel {
        /// How much.
        bytes: Bytes,
    },
    /// Another cgroup below the same limit.
    Neighbour {
        /// Which.
        path: String,
        /// How much, when it was last seen.
        bytes: Bytes,
    },
    /// Not known, and why.
    Unknown(String),
}
