//! One cgroup at one moment: its figures, its limits, and who it is.

use crate::container::{Container, PodName};
use crate::declared::UnitProperties;
use crate::rates::Rates;
use crate::reading::Reading;
use crate::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use kernel::bytes::Bytes;
use kernel::cgroup_path::Identity;
use kernel::cgroup_v1::OomControl;
use kernel::cgroup_v2::{MemoryEvents, SwapEvents};
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::memory_stat::MemoryStat;
use kernel::pressure::Pressure;

/// The kernel's number of a cgroup (the inode of its directory). A restarted container gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CgroupId(pub u64);

/// A cgroup's place in [`crate::snapshot::Snapshot::cgroups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CgroupIndex(pub usize);

/// One cgroup at one moment.
#[derive(Clone, Debug)]
pub struct Cgroup {
    /// The path in the memory hierarchy, `/` for its root.
    pub path: String,
    /// Tells a recreated cgroup from its predecessor.
    pub id: CgroupId,
    /// The cgroup above; `None` for the root of what this process can see.
    pub parent: Option<CgroupIndex>,
    /// Who the path says it is.
    pub identity: Identity,
    /// The container, where it is one.
    pub container: Option<Container>,
    /// The pod's names, where it is a pod and the kubelet's log folders tell them.
    pub pod_name: Option<PodName>,
    /// What systemd holds for it, where it is a unit and systemd was asked.
    pub unit: Reading<UnitProperties>,
    /// Memory figures and limits.
    pub memory: Memory,
    /// Swap figures and limits.
    pub swap: Swap,
    /// `memory.stat`, every key.
    pub stat: Reading<MemoryStat>,
    /// Counters of this cgroup and all below it.
    pub events: Events,
    /// `memory.pressure` (v2 only).
    pub pressure: Reading<Pressure>,
    /// What moved since the snapshot before, when there was one.
    pub rates: Option<Rates>,
}

/// Memory figures and limits, the two cgroup versions side by side.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// `memory.current`, v1 `memory.usage_in_bytes`.
    pub usage: Reading<Bytes>,
    /// `memory.peak` (6.0), v1 `memory.max_usage_in_bytes`.
    pub peak: Reading<Bytes>,
    /// `memory.max`, v1 `memory.limit_in_bytes`.
    pub limit: Reading<Limit>,
    /// `memory.high`: above it the cgroup is throttled and reclaimed (v2).
    pub high: Reading<Limit>,
    /// `memory.low`: best-effort protection (v2).
    pub low: Reading<Limit>,
    /// `memory.min`: hard protection (v2).
    pub min: Reading<Limit>,
    /// `memory.soft_limit_in_bytes` (v1).
    pub soft_limit: Reading<Limit>,
    /// `memory.oom.group`: a kill takes every process (v2).
    pub oom_group: Reading<bool>,
    /// v1 `memory.kmem.usage_in_bytes`.
    pub kernel_usage: Reading<Bytes>,
}

/// Swap figures and limits. The two versions count different things, so they are two shapes.
#[derive(Clone, Debug)]
pub enum Swap {
    /// cgroup v2 counts and limits swap alone.
    V2(SwapV2),
    /// cgroup v1 counts and limits memory and swap together.
    V1(SwapV1),
}

/// Swap on cgroup v2.
#[derive(Clone, Debug, Default)]
pub struct SwapV2 {
    /// `memory.swap.current`.
    pub usage: Reading<Bytes>,
    /// `memory.swap.max`.
    pub limit: Reading<SwapLimit>,
    /// `memory.swap.high`.
    pub high: Reading<SwapLimit>,
    /// `memory.swap.peak` (6.5).
    pub peak: Reading<Bytes>,
    /// `memory.swap.events`.
    pub events: Reading<SwapEvents>,
    /// `memory.zswap.current`: the part of swap that is held compressed in memory.
    pub zswap_usage: Reading<Bytes>,
    /// `memory.zswap.max`.
    pub zswap_limit: Reading<Limit>,
}

/// Swap on cgroup v1.
#[derive(Clone, Debug, Default)]
pub struct SwapV1 {
    /// `memory.memsw.usage_in_bytes`: memory and swap together.
    pub combined_usage: Reading<Bytes>,
    /// `memory.memsw.limit_in_bytes`: memory and swap together.
    pub combined_limit: Reading<MemoryAndSwapLimit>,
    /// `memory.memsw.failcnt`.
    pub combined_failcnt: Reading<u64>,
    /// `memory.swappiness`, 0 to 200.
    pub swappiness: Reading<u8>,
}

/// Counters of what happened, in this cgroup and below it.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// v2 `memory.events`: this cgroup and everything below it.
    pub hierarchical: Reading<MemoryEvents>,
    /// v2 `memory.events.local`: this cgroup alone.
    pub local: Reading<MemoryEvents>,
    /// v1 `memory.failcnt`: how often the limit was hit.
    pub failcnt: Reading<u64>,
    /// v1 `memory.oom_control`.
    pub oom_control: Reading<OomControl>,
}

impl Cgroup {
    /// Which cgroup version these figures come from.
    #[must_use]
    pub const fn version(&self) -> CgroupVersion {
        match self.swap {
            Swap::V1(_) => CgroupVersion::V1,
            Swap::V2(_) => CgroupVersion::V2,
        }
    }

    /// Swap used. On v1 it is what `memory.stat` counts; the difference of the two usage files would be of two moments.
    #[must_use]
    pub fn swap_usage(&self) -> Reading<Bytes> {
        match &self.swap {
            Swap::V2(swap) => swap.usage.clone(),
            Swap::V1(swap) => {
                self.stat.as_ref().and_then(|stat| stat.bytes("total_swap").into()).or_if_absent(|| {
                    let memory_and_swap = swap.combined_usage.clone().zip(self.memory.usage.clone());
                    memory_and_swap.map(|(both, memory)| both.saturating_sub(memory))
                })
            }
        }
    }

    /// How many processes were killed for memory in this cgroup and below it, since it was made, as the kernel counts.
    ///
    /// v2 counts them in `memory.events`, v1 in `memory.oom_control` (4.13), which counts this cgroup alone.
    #[must_use]
    pub fn oom_kills(&self) -> Reading<u64> {
        match self.swap {
            Swap::V2(_) => self.events.hierarchical.as_ref().and_then(|events| events.oom_kill.into()),
            Swap::V1(_) => self.events.oom_control.as_ref().and_then(|control| control.oom_kill.into()),
        }
    }

    /// The same, each process once: with `memory.oom.group` the kernel counts the first victim of every group twice
    /// (measured on 6.12: one process gives `oom_kill 2, oom_group_kill 1`).
    #[must_use]
    pub fn processes_killed(&self) -> Reading<u64> {
        let groups = self.events.hierarchical.value().and_then(|events| events.oom_group_kill).unwrap_or(0);
        self.oom_kills().map(|kills| kills.saturating_sub(groups))
    }

    /// A key of `memory.stat` that counts this cgroup and everything below it: v1 spells it `total_<key>`.
    #[must_use]
    pub fn stat_bytes(&self, key: &str) -> Reading<Bytes> {
        self.stat_total(key).map(Bytes)
    }

    /// The same for a key that counts something else.
    #[must_use]
    pub fn stat_total(&self, key: &str) -> Reading<u64> {
        self.stat.as_ref().and_then(|stat| match self.swap {
            Swap::V2(_) => stat.get(key).into(),
            Swap::V1(_) => stat.total(key).into(),
        })
    }
}
