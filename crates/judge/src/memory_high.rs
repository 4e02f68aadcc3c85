//! The memory files that the kubelet writes for a container: `memory.max`, and with MemoryQoS `memory.high`, `min` and `low`.
//!
//! Written in KEP-2570 and kuberuntime_container_linux.go (`generateLinuxContainerResources`); measured on Kubernetes 1.36.2.

use crate::limited_swap::whole_pages;
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::lint::KubernetesVersion;
use model::outcome::node::{MemoryQos, NodeSetup, ReservationPolicy};
use model::outcome::{MemoryFiles, MemoryResources};
use model::reading::Reading;

/// The formula that starts from the request.
const FROM_REQUEST: KubernetesVersion = KubernetesVersion(27);

/// `memory.low` for Burstable, and `memoryReservationPolicy`.
const TIERED: KubernetesVersion = KubernetesVersion(36);

/// The gate is on, and there is no default factor.
const BETA: KubernetesVersion = KubernetesVersion(37);

/// The kubelet sets `memory.oom.group` (kubernetes pull request 117793).
const OOM_GROUP: KubernetesVersion = KubernetesVersion(28);

/// MemoryQoS of a version when nobody sets anything; nothing where its gate is off.
#[must_use]
pub fn default_settings(version: KubernetesVersion) -> Option<MemoryQos> {
    (version >= BETA).then(|| settings_with_gate(version))
}

/// MemoryQoS of a version when somebody only turns its gate on.
#[must_use]
pub fn settings_with_gate(version: KubernetesVersion) -> MemoryQos {
    let throttling_factor = match version {
        version if version >= BETA => None,
        version if version >= FROM_REQUEST => Some(0.9),
        KubernetesVersion(_) => Some(0.8),
    };
    MemoryQos { throttling_factor, reservation: ReservationPolicy::None }
}

/// The files of one container.
#[must_use]
pub fn files(node: &NodeSetup, class: QosClass, memory: MemoryResources) -> MemoryFiles {
    let limit = memory.limit.or(memory.inherited_limit);
    let max = limit.map_or(Limit::Unlimited, |limit| Limit::At(whole_pages(limit, node.page)));
    match node.cgroup {
        CgroupVersion::V1 => MemoryFiles {
            min: Reading::Absent,
            low: Reading::Absent,
            high: Reading::Absent,
            max: Reading::Value(max),
            oom_group: Reading::Absent,
        },
        CgroupVersion::V2 => {
            let (min, low) = protection(node, class, memory);
            MemoryFiles {
                min: Reading::Value(min),
                low: Reading::Value(low),
                high: high(node, memory),
                max: Reading::Value(max),
                oom_group: Reading::Value(node.kubernetes >= OOM_GROUP && !node.single_process_oom_kill),
            }
        }
    }
}

/// `memory.min` and `memory.low`. Up to 1.35 every request became `memory.min`.
fn protection(node: &NodeSetup, class: QosClass, memory: MemoryResources) -> (Bytes, Bytes) {
    const NONE: (Bytes, Bytes) = (Bytes::ZERO, Bytes::ZERO);
    let Some(qos) = node.memory_qos else { return NONE };
    let request = whole_pages(memory.request.unwrap_or_default(), node.page);
    if node.kubernetes < TIERED {
        return (request, Bytes::ZERO);
    }
    match (qos.reservation, class) {
        (ReservationPolicy::TieredReservation, QosClass::Guaranteed) => (request, Bytes::ZERO),
        (ReservationPolicy::TieredReservation, QosClass::Burstable) => (Bytes::ZERO, request),
        (ReservationPolicy::TieredReservation, QosClass::BestEffort) | (ReservationPolicy::None, _) => NONE,
    }
}

/// A container whose limit is its request is not throttled. Without a limit the node's allocatable memory stands in for it: capacity
/// minus reservations; the eviction threshold is not subtracted (measured).
fn high(node: &NodeSetup, memory: MemoryResources) -> Reading<Limit> {
    let Some(factor) = node.memory_qos.and_then(|qos| qos.throttling_factor) else {
        return Reading::Value(Limit::Unlimited);
    };
    let request = memory.request.unwrap_or_default();
    let ceiling = match (memory.limit, node.memory) {
        (Some(limit), _) if limit == request => return Reading::Value(Limit::Unlimited),
        (Some(limit), _) => limit,
        (None, Some(node_memory)) => node_memory.saturating_sub(node.reserved),
        (None, None) => return Reading::failed("it depends on the node's memory, which is not given"),
    };
    let high = whole_pages(throttled(node.kubernetes, request, ceiling, factor), node.page);
    Reading::Value(if high > request { Limit::At(high) } else { Limit::Unlimited })
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn throttled(version: KubernetesVersion, request: Bytes, ceiling: Bytes, factor: f64) -> Bytes {
    let (request, ceiling) = (request.0 as f64, ceiling.0 as f64);
    if version < FROM_REQUEST {
        return Bytes((ceiling * factor) as u64);
    }
    Bytes((request + (ceiling - request) * factor).floor() as u64)
}
