//! Whether a container may swap and how much, as each version of the kubelet decides it.
//!
//! Written in kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container_linux.go (`GetContainerSwapBehavior`,
//! `calcSwapForBurstablePods`, before 1.28 `generateLinuxContainerConfig`) and in KEP-2400; measured on Kubernetes 1.36.2.

use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use kernel::hierarchy::CgroupVersion;
use model::lint::KubernetesVersion;
use model::outcome::MemoryResources;
use model::outcome::node::{NodeSetup, SwapBehavior};
use model::outcome::swap::{Critical, SwapAllowance, SwapDecision, SwapReason, UnknownNode};
use model::workload::PodSpec;

/// The version that computes shares (beta 1).
const SHARES: KubernetesVersion = KubernetesVersion(28);

/// The version with `NoSwap` and without `UnlimitedSwap` (beta 2); its gate is on.
const NO_SWAP: KubernetesVersion = KubernetesVersion(30);

/// The version that keeps critical pods from swapping (kubernetes pull request 125277).
const CRITICAL_PODS: KubernetesVersion = KubernetesVersion(32);

/// `SystemCriticalPriority`.
const SYSTEM_CRITICAL: i64 = 2_000_000_000;

/// The behaviour of a version when nobody sets one.
#[must_use]
pub fn default_behavior(version: KubernetesVersion) -> SwapBehavior {
    match version {
        version if version >= NO_SWAP => SwapBehavior::NoSwap,
        version if version >= SHARES => SwapBehavior::UnlimitedSwap,
        KubernetesVersion(_) => SwapBehavior::LimitedSwap,
    }
}

/// Whether the gate `NodeSwap` is on when nobody sets it.
#[must_use]
pub fn is_gate_on_by_default(version: KubernetesVersion) -> bool {
    version >= NO_SWAP
}

/// The kubelet's decision, and what the kernel holds in the end.
#[must_use]
pub fn decide(node: &NodeSetup, pod: &PodSpec, class: QosClass, memory: MemoryResources) -> SwapDecision {
    let reason = reason(node, pod, class, memory);
    SwapDecision { allowance: allowance(node, memory, &reason), reason }
}

/// `calcSwapForBurstablePods`, with its floating point: nothing is subtracted for what the system reserves. `None` for a node
/// without memory and for a request above it.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn share(request: Bytes, node_memory: Bytes, node_swap: Bytes) -> Option<Bytes> {
    if node_memory == Bytes::ZERO || request > node_memory {
        return None;
    }
    let proportion = request.0 as f64 / node_memory.0 as f64;
    Some(Bytes((proportion * node_swap.0 as f64) as u64))
}

/// Why a pod is critical, if it is (`IsCriticalPod` in kubernetes/pkg/kubelet/types/pod_update.go). The API server fills in the
/// priority from the class, so the two classes that may carry such a priority are enough.
#[must_use]
pub fn critical(pod: &PodSpec) -> Option<Critical> {
    if pod.is_static {
        return Some(Critical::Static);
    }
    let class = pod.priority_class.as_ref().map(|class| class.value.as_str());
    if let Some(class @ ("system-cluster-critical" | "system-node-critical")) = class {
        return Some(Critical::PriorityClass(class.to_owned()));
    }
    let priority = pod.priority.as_ref().map(|priority| priority.value);
    priority.filter(|priority| *priority >= SYSTEM_CRITICAL).map(Critical::Priority)
}

fn reason(node: &NodeSetup, pod: &PodSpec, class: QosClass, memory: MemoryResources) -> SwapReason {
    let version = node.kubernetes;
    if !node.swap_controller {
        return SwapReason::NoSwapController;
    }
    if !node.node_swap_gate {
        return SwapReason::GateOff;
    }
    match node.behavior {
        SwapBehavior::NoSwap => SwapReason::BehaviorNoSwap,
        SwapBehavior::UnlimitedSwap if version >= NO_SWAP => SwapReason::BehaviorRemoved,
        // The second beta's UnlimitedSwap falls back to no swap on cgroup v1.
        SwapBehavior::UnlimitedSwap if version >= SHARES && node.cgroup == CgroupVersion::V1 => {
            SwapReason::CgroupV1
        }
        SwapBehavior::UnlimitedSwap => SwapReason::Unlimited,
        SwapBehavior::LimitedSwap if version < SHARES => SwapReason::TogetherWithMemory,
        SwapBehavior::LimitedSwap if node.cgroup == CgroupVersion::V1 => SwapReason::CgroupV1,
        SwapBehavior::LimitedSwap => limited(node, pod, class, memory),
    }
}

/// The kubelet's order: critical, class, no request, equal.
fn limited(node: &NodeSetup, pod: &PodSpec, class: QosClass, memory: MemoryResources) -> SwapReason {
    if let Some(critical) = critical(pod).filter(|_| node.kubernetes >= CRITICAL_PODS) {
        return SwapReason::CriticalPod(critical);
    }
    let (request, limit) = (memory.request.unwrap_or_default(), memory.limit.unwrap_or_default());
    match class {
        QosClass::Guaranteed | QosClass::BestEffort => return SwapReason::NotBurstable(class),
        QosClass::Burstable => {}
    }
    if request == Bytes::ZERO && limit == Bytes::ZERO {
        return SwapReason::NoMemoryRequest;
    }
    if request == limit {
        return SwapReason::RequestEqualsLimit { copied: memory.request_is_limit };
    }
    if node.memory.is_some_and(|node_memory| share(request, node_memory, Bytes::ZERO).is_none()) {
        return SwapReason::RequestAboveNodeMemory;
    }
    SwapReason::Share
}

fn allowance(node: &NodeSetup, memory: MemoryResources, reason: &SwapReason) -> SwapAllowance {
    match reason {
        SwapReason::NoSwapController | SwapReason::Unlimited => SwapAllowance::Unlimited,
        // Up to 1.27 the kubelet's field for memory and swap together counts, and it is ignored without a memory limit. With the
        // gate off it is not set, and containerd fills in the same value.
        SwapReason::TogetherWithMemory => together(node, memory),
        SwapReason::GateOff if node.kubernetes < SHARES => together(node, memory),
        SwapReason::Share => proportional(node, memory.request.unwrap_or_default()),
        SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::CriticalPod(_)
        | SwapReason::NotBurstable(_)
        | SwapReason::NoMemoryRequest
        | SwapReason::RequestEqualsLimit { .. }
        | SwapReason::RequestAboveNodeMemory => forbidden(node, memory),
    }
}

/// `ConfigureNoSwap`: zero on v2. On v1 memory and swap together get the memory limit, and a container without one gets nothing.
fn forbidden(node: &NodeSetup, memory: MemoryResources) -> SwapAllowance {
    match node.cgroup {
        CgroupVersion::V2 => SwapAllowance::At { written: Bytes::ZERO, held: Bytes::ZERO },
        CgroupVersion::V1 => together(node, memory),
    }
}

fn together(node: &NodeSetup, memory: MemoryResources) -> SwapAllowance {
    match (node.cgroup, memory.limit.or(memory.inherited_limit)) {
        (CgroupVersion::V2 | CgroupVersion::V1, None) => SwapAllowance::Unlimited,
        (CgroupVersion::V2, Some(_)) => SwapAllowance::At { written: Bytes::ZERO, held: Bytes::ZERO },
        (CgroupVersion::V1, Some(limit)) => SwapAllowance::TogetherAtMemoryLimit(limit),
    }
}

fn proportional(node: &NodeSetup, request: Bytes) -> SwapAllowance {
    let Some(node_swap) = node.swap else { return SwapAllowance::Unknown(UnknownNode::Swap) };
    let Some(node_memory) = node.memory else { return SwapAllowance::Unknown(UnknownNode::Memory) };
    let written = share(request, node_memory, node_swap).unwrap_or_default();
    SwapAllowance::At { written, held: whole_pages(written, node.page) }
}

/// The kernel counts limits in pages and cuts the rest off (`page_counter_memparse` in the kernel's mm/page_counter.c).
#[must_use]
pub fn whole_pages(bytes: Bytes, page: Bytes) -> Bytes {
    Bytes(bytes.0 - bytes.0.checked_rem(page.0).unwrap_or(0))
}
