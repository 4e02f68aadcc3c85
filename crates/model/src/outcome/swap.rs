//! Whether a container may swap, how much, and why.

use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;

/// The kubelet's decision about one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapDecision {
    /// What decided.
    pub reason: SwapReason,
    /// What the kernel holds in the end.
    pub allowance: SwapAllowance,
}

/// What decided about swap; the first that applies, in the kubelet's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapReason {
    /// The kernel has no file that limits swap: the kubelet writes nothing.
    NoSwapController,
    /// The feature gate `NodeSwap` is off.
    GateOff,
    /// `NoSwap`, also as the default.
    BehaviorNoSwap,
    /// `UnlimitedSwap` in a version that no longer knows it: the kubelet does not start.
    BehaviorRemoved,
    /// `LimitedSwap` needs cgroup v2.
    CgroupV1,
    /// The pod is critical.
    CriticalPod(Critical),
    /// Only Burstable pods swap.
    NotBurstable(QosClass),
    /// The container has neither a memory request nor a limit.
    NoMemoryRequest,
    /// Request and limit are equal: the documented way out.
    RequestEqualsLimit {
        /// The file has no request: the API server copies the limit.
        copied: bool,
    },
    /// The request is larger than the node: the kubelet cannot compute a share.
    RequestAboveNodeMemory,
    /// `LimitedSwap` before 1.28: memory and swap together get the memory limit.
    TogetherWithMemory,
    /// `LimitedSwap`: a share of the node's swap.
    Share,
    /// `UnlimitedSwap`.
    Unlimited,
}

/// Why a pod counts as critical (`IsCriticalPod` of the kubelet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Critical {
    /// A static or a mirror pod.
    Static,
    /// `priorityClassName`.
    PriorityClass(String),
    /// `priority` of two thousand million or more.
    Priority(i64),
}

/// How much may be swapped out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwapAllowance {
    /// `memory.swap.max`.
    At {
        /// What the kubelet computes and writes.
        written: Bytes,
        /// What the kernel makes of it: whole pages.
        held: Bytes,
    },
    /// No limit: `max`, or a file that nobody writes.
    Unlimited,
    /// cgroup v1: memory and swap together stay at the memory limit. The kernel may still swap the container out below it.
    TogetherAtMemoryLimit(Bytes),
    /// A share of a node of which this was not told.
    Unknown(UnknownNode),
}

/// What of the node is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownNode {
    /// Its memory.
    Memory,
    /// Its swap.
    Swap,
}

impl SwapReason {
    /// Whether the kubelet gives the container swap.
    #[must_use]
    pub const fn is_eligible(&self) -> bool {
        match self {
            Self::Share | Self::Unlimited => true,
            Self::NoSwapController
            | Self::GateOff
            | Self::BehaviorNoSwap
            | Self::BehaviorRemoved
            | Self::CgroupV1
            | Self::CriticalPod(_)
            | Self::NotBurstable(_)
            | Self::NoMemoryRequest
            | Self::RequestEqualsLimit { .. }
            | Self::RequestAboveNodeMemory
            | Self::TogetherWithMemory => false,
        }
    }
}
