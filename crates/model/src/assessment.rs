//! What the figures of one cgroup mean: effective limits, working sets, headroom, the split, the verdict on swap.

use crate::cgroup::CgroupIndex;
use crate::drift::Drift;
use crate::finding::Finding;
use crate::reading::Reading;
use crate::swap_limit::SwapLimit;
use kernel::bytes::Bytes;
use kernel::limit::Limit;

/// What the figures of one cgroup mean.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The cgroup judged.
    pub cgroup: CgroupIndex,
    /// The lowest memory ceiling over the cgroup, everything above it and the host.
    pub limit: Reading<Effective>,
    /// The same for swap.
    pub swap_limit: Reading<Effective>,
    /// The swap ceiling of the cgroup itself, in swap alone. On v1: the combined limit minus the memory limit.
    pub own_swap_limit: Reading<SwapLimit>,
    /// Swap used.
    pub swap_usage: Reading<Bytes>,
    /// Four answers to "how much does it use?".
    pub working_sets: WorkingSets,
    /// How much more it can use before an OOM kill.
    pub headroom: Reading<Headroom>,
    /// Where the memory went.
    pub split: Split,
    /// Whether its swap helps or hurts.
    pub swap_effect: SwapEffect,
    /// Where declared, systemd's and kernel's limits disagree.
    pub drift: Vec<Drift>,
    /// The rules it broke, worst first.
    pub findings: Vec<Finding>,
}

/// A ceiling in force, and which level imposes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The ceiling.
    pub bytes: Bytes,
    /// The level that imposes it.
    pub binding: Binding,
}

/// The level whose limit is the lowest. Of equal limits the innermost binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A cgroup: the container itself or one above it.
    Cgroup(CgroupIndex),
    /// A cgroup above those this process can see (v1 tells through `hierarchical_memory_limit`).
    OutOfSight,
    /// No cgroup is lower than what the machine has.
    Host,
}

/// Four answers to "how much does it use?", each named; see `judge::working_set` for the formulas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingSets {
    /// The kubelet's and `docker stats`': usage − inactive file cache.
    pub kubelet: Reading<Bytes>,
    /// What reclaim cannot free without swap.
    pub unreclaimable: Reading<Bytes>,
    /// What reclaim can free without swap.
    pub reclaimable: Reading<Bytes>,
    /// Working set plus swap: does not fall when swapping starts.
    pub demand: Reading<Bytes>,
}

/// How much more a cgroup can use before an OOM kill: the least of what every level and the host leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// With what swap can still take.
    pub with_swap: Bytes,
    /// In memory alone.
    pub memory: Bytes,
    /// The level that leaves the least memory.
    pub binding: Binding,
}

/// Where the memory went. The parts are of slightly different moments, so they are shown, not balanced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Anonymous memory: heaps, stacks.
    pub anon: Reading<Bytes>,
    /// Page cache of files, without tmpfs and shared memory.
    pub file: Reading<Bytes>,
    /// tmpfs and shared memory: cannot be freed without swap.
    pub shmem: Reading<Bytes>,
    /// Kernel memory, all of it.
    pub kernel: Reading<Bytes>,
    /// What the kernel memory is, where the kernel says so: the key of `memory.stat` and its bytes.
    pub kernel_parts: Vec<(&'static str, Bytes)>,
    /// Socket buffers.
    pub sock: Reading<Bytes>,
}

/// Whether the swap of a cgroup helps or hurts: refaults × pressure, never the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwapEffect {
    /// Nothing is swapped out.
    Unused,
    /// Swapped out and not asked back: memory won at no cost.
    Quiet,
    /// Pages come back, but tasks hardly wait for them.
    Busy,
    /// Pages come back and tasks wait: swap hurts.
    Harmful,
    /// The figures that would tell are missing.
    Unknown,
}

/// One level of the ladder from a cgroup to the host.
#[derive(Clone, Debug)]
pub struct Rung {
    /// The level.
    pub level: Binding,
    /// Its memory limit; the host's is what it has.
    pub limit: Reading<Limit>,
    /// `memory.high`.
    pub high: Reading<Limit>,
    /// Its swap limit, in swap alone.
    pub swap_limit: Reading<SwapLimit>,
    /// Memory used by everything in it.
    pub usage: Reading<Bytes>,
    /// Of that, what reclaim cannot free without swap.
    pub unreclaimable: Reading<Bytes>,
    /// Whether this level sets the effective memory limit.
    pub binds_memory: Binds,
    /// Whether this level sets the effective swap limit.
    pub binds_swap: Binds,
}

/// Whether a level is the one that binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    /// Its limit is the lowest.
    Yes,
    /// Another level is lower.
    No,
}
