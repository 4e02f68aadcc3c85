//! A pod's quality of service, as the API server and the kubelet compute it.
//!
//! Written in kubernetes/pkg/apis/core/v1/helper/qos/qos.go (`ComputePodQOS`); pod-level resources in KEP-2837.

use crate::pod_resources::{self, InForce, Pair, Unreadable};
use kernel::cgroup_path::QosClass;
use model::lint::KubernetesVersion;
use model::outcome::qos::{Gap, PodQos, QosReason, Resource};
use model::workload::{ContainerRole, ContainerSpec, PodSpec};

/// The class of a pod. Init containers count like all others, ephemeral ones do not. With resources of the pod's own only those
/// count.
///
/// # Errors
/// When an amount is no quantity.
pub fn class(pod: &PodSpec, version: KubernetesVersion) -> Result<PodQos, Unreadable> {
    if let Some(pod_level) = pod_resources::of_pod(pod, version)? {
        return Ok(match gap(&pod_level) {
            None => PodQos { class: QosClass::Guaranteed, reason: QosReason::PodLevelEqual },
            Some((resource, gap)) => {
                PodQos { class: QosClass::Burstable, reason: QosReason::PodLevel { resource, gap } }
            }
        });
    }
    let containers: Vec<(&ContainerSpec, InForce)> = pod
        .containers
        .iter()
        .filter(|container| container.role != ContainerRole::Ephemeral)
        .map(|container| Ok((container, pod_resources::of_container(container)?)))
        .collect::<Result<_, Unreadable>>()?;
    let is_set = |pair: Pair| is_positive(pair.request) || is_positive(pair.limit);
    if !containers.iter().any(|(_, resources)| is_set(resources.cpu) || is_set(resources.memory)) {
        return Ok(PodQos { class: QosClass::BestEffort, reason: QosReason::NothingSet });
    }
    let first = containers.iter().find_map(|(container, resources)| Some((container, gap(resources)?)));
    Ok(match first {
        None => PodQos { class: QosClass::Guaranteed, reason: QosReason::EveryContainerEqual },
        Some((container, (resource, gap))) => {
            let container = container.name.value.clone();
            PodQos { class: QosClass::Burstable, reason: QosReason::Container { container, resource, gap } }
        }
    })
}

/// What keeps one container from being Guaranteed. Memory is named first: it is what people ask about.
fn gap(resources: &InForce) -> Option<(Resource, Gap)> {
    let of = |resource, pair: Pair| {
        let gap = match pair {
            Pair { limit, .. } if !is_positive(limit) => Gap::NoLimit,
            Pair { request, limit } if request != limit => Gap::Differs,
            Pair { .. } => return None,
        };
        Some((resource, gap))
    };
    of(Resource::Memory, resources.memory).or_else(|| of(Resource::Cpu, resources.cpu))
}

fn is_positive(amount: Option<i128>) -> bool {
    amount.is_some_and(|amount| amount > 0)
}
