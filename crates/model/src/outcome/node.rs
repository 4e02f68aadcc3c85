//! The node on which a manifest is imagined to run, and what of it was assumed.

use crate::lint::KubernetesVersion;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;

/// A node, as far as it decides about memory.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSetup {
    /// The kubelet's version.
    pub kubernetes: KubernetesVersion,
    /// The control groups.
    pub cgroup: CgroupVersion,
    /// `MemTotal`; nothing when nobody told.
    pub memory: Option<Bytes>,
    /// `SwapTotal`; nothing when nobody told.
    pub swap: Option<Bytes>,
    /// `kubeReserved` and `systemReserved` together.
    pub reserved: Bytes,
    /// `memorySwap.swapBehavior` in force.
    pub behavior: SwapBehavior,
    /// Whether the feature gate `NodeSwap` is on.
    pub node_swap_gate: bool,
    /// Whether the kernel has the files that limit swap per cgroup.
    pub swap_controller: bool,
    /// `MemoryQoS`, when its feature gate is on.
    pub memory_qos: Option<MemoryQos>,
    /// `singleProcessOOMKill: true`.
    pub single_process_oom_kill: bool,
    /// The kernel's page.
    pub page: Bytes,
    /// What was not told, or told by somebody else than the command line, in the order in which it matters.
    pub assumed: Vec<Assumption>,
}

/// `memorySwap.swapBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SwapBehavior {
    /// Containers do not swap. The default since 1.30.
    NoSwap,
    /// Containers of Burstable pods swap in proportion to their request.
    LimitedSwap,
    /// Containers swap without limit. Removed in 1.30; the default of 1.28 and 1.29.
    UnlimitedSwap,
}

impl SwapBehavior {
    /// As the kubelet spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSwap => "NoSwap",
            Self::LimitedSwap => "LimitedSwap",
            Self::UnlimitedSwap => "UnlimitedSwap",
        }
    }

    /// Of what a kubelet is told. The empty text is its default, and so nothing that is told.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::NoSwap, Self::LimitedSwap, Self::UnlimitedSwap].into_iter().find(|one| one.name() == text)
    }
}

/// Settings of the feature gate `MemoryQoS`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryQos {
    /// `memoryThrottlingFactor`; nothing means no `memory.high`.
    pub throttling_factor: Option<f64>,
    /// `memoryReservationPolicy`.
    pub reservation: ReservationPolicy,
}

/// `memoryReservationPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReservationPolicy {
    /// Nothing is protected.
    None,
    /// Guaranteed gets `memory.min`, Burstable `memory.low`.
    TieredReservation,
}

/// What the answer rests on, and who told.
#[derive(Clone, Debug, PartialEq)]
pub enum Assumption {
    /// The version is the one that is checked when none is given.
    KubernetesVersion(KubernetesVersion),
    /// cgroup v2, as nobody said otherwise.
    CgroupV2,
    /// The behaviour, and who told.
    Behavior(SwapBehavior, Origin),
    /// The gate `NodeSwap` is on, though it is off by default in this version.
    NodeSwapGateOn,
    /// The gate `NodeSwap` is off.
    NodeSwapGateOff(Origin),
    /// The gate `MemoryQoS` is on, though it is off by default in this version.
    MemoryQosGateOn,
    /// `MemoryQoS`, and who told.
    MemoryQos(Origin),
    /// Node memory is not given.
    NodeMemoryUnknown,
    /// Node swap is not given.
    NodeSwapUnknown,
    /// `failSwapOn` is true or not set, and the node has swap: the kubelet will not start.
    FailSwapOn(Origin),
    /// `failCgroupV1` is true by default since 1.35: the kubelet will not start on cgroup v1.
    FailCgroupV1,
    /// The kubelet refuses this text as a behaviour and does not start.
    BehaviorRefused(String, Origin),
}

/// Who told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A kubelet configuration in the input.
    File {
        /// Its name.
        name: String,
        /// Its line.
        line: usize,
    },
    /// The default of this version.
    Default,
    /// Follows from a flag that was given for another purpose.
    ImpliedBy(&'static str),
}
