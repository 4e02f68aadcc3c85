//! Requests and limits as they are in force: after the API server's defaults, and after what the cluster says of a live object.
//!
//! Written in kubernetes/pkg/apis/core/v1/defaults.go (`SetDefaults_Pod`): a limit without a request becomes the request.

use kernel::bytes::Bytes;
use model::lint::KubernetesVersion;
use model::outcome::MemoryResources;
use model::workload::{Amount, ContainerSpec, PodSpec, Resources};

/// The first version whose API server keeps `spec.resources` of a pod without being told to (KEP-2837, beta).
const POD_LEVEL_RESOURCES: KubernetesVersion = KubernetesVersion(34);

/// Requests and limits of one container, or of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// `cpu`, in thousandths.
    pub cpu: Pair,
    /// `memory`, in thousandths of a byte.
    pub memory: Pair,
    /// The memory request is a copy of the limit.
    pub memory_request_copied: bool,
}

/// A request and a limit, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The request.
    pub request: Option<i128>,
    /// The limit.
    pub limit: Option<i128>,
}

/// A quantity that Kubernetes would refuse, or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its text.
    pub text: String,
}

/// What a container asks for. A live object's status wins over its specification: with a resize that is pending or was refused
/// the specification already shows what is not in force (measured, Kubernetes 1.36).
///
/// # Errors
/// When an amount is no quantity.
pub fn of_container(container: &ContainerSpec) -> Result<InForce, Unreadable> {
    in_force(actual(container))
}

/// Whether the cluster holds other memory resources than the specification asks for.
#[must_use]
pub fn is_resize_pending(container: &ContainerSpec) -> bool {
    let asked = in_force(&container.resources);
    let held = in_force(actual(container));
    asked.ok().zip(held.ok()).is_some_and(|(asked, held)| asked.memory != held.memory)
}

/// The pod's own resources, where this version has them. A request that is missing is the sum of the containers' requests, or else
/// the limit (`defaultPodRequests`).
///
/// # Errors
/// When an amount is no quantity.
pub fn of_pod(pod: &PodSpec, version: KubernetesVersion) -> Result<Option<InForce>, Unreadable> {
    let Some(resources) = pod.resources.as_ref().filter(|_| version >= POD_LEVEL_RESOURCES) else {
        return Ok(None);
    };
    let (requests, limits) = (&resources.requests, &resources.limits);
    let set = [&requests.cpu, &requests.memory, &limits.cpu, &limits.memory];
    if set.iter().all(|amount| amount.is_none()) {
        return Ok(None);
    }
    let mut pod_level = in_force(resources)?;
    let containers: Vec<InForce> = pod
        .containers
        .iter()
        .filter(|container| !matches!(container.role, model::workload::ContainerRole::Init))
        .map(of_container)
        .collect::<Result<_, _>>()?;
    let sum =
        |of: fn(&InForce) -> Option<i128>| containers.iter().filter_map(of).reduce(|sum, next| sum + next);
    if requests.cpu.is_none() {
        pod_level.cpu.request = sum(|container| container.cpu.request).or(pod_level.cpu.limit);
    }
    if requests.memory.is_none() {
        pod_level.memory.request = sum(|container| container.memory.request).or(pod_level.memory.limit);
    }
    Ok(Some(pod_level))
}

/// The memory of a container in whole bytes, with the limit that it inherits from its pod (`getMemoryLimit` in
/// kuberuntime_container_linux.go).
///
/// # Errors
/// When an amount is no quantity.
pub fn memory(
    container: &ContainerSpec,
    pod: &PodSpec,
    version: KubernetesVersion,
) -> Result<MemoryResources, Unreadable> {
    let own = of_container(container)?;
    let limit = own.memory.limit.filter(|limit| *limit > 0);
    let pod_limit = of_pod(pod, version)?.and_then(|pod| pod.memory.limit).filter(|limit| *limit > 0);
    Ok(MemoryResources {
        request: own.memory.request.map(whole_bytes),
        limit: limit.map(whole_bytes),
        inherited_limit: pod_limit.filter(|_| limit.is_none()).map(whole_bytes),
        request_is_limit: own.memory_request_copied,
    })
}

fn actual(container: &ContainerSpec) -> &Resources {
    let status = container.status.as_ref().and_then(|status| status.resources.as_ref());
    status.unwrap_or(&container.resources)
}

fn in_force(resources: &Resources) -> Result<InForce, Unreadable> {
    let (requests, limits) = (&resources.requests, &resources.limits);
    let read = |amount: &Option<model::document::Spanned<Amount>>| match amount {
        None => Ok(None),
        Some(amount) => amount.value.milli.map(Some).ok_or(Unreadable { text: amount.value.text.clone() }),
    };
    let (cpu, cpu_limit) = (read(&requests.cpu)?, read(&limits.cpu)?);
    let (memory, memory_limit) = (read(&requests.memory)?, read(&limits.memory)?);
    Ok(InForce {
        cpu: Pair { request: cpu.or(cpu_limit), limit: cpu_limit },
        memory: Pair { request: memory.or(memory_limit), limit: memory_limit },
        memory_request_copied: memory.is_none() && memory_limit.is_some(),
    })
}

/// `Quantity.Value`: rounded up; nothing below zero.
fn whole_bytes(milli: i128) -> Bytes {
    let bytes = u128::try_from(milli).unwrap_or(0).div_ceil(1_000);
    Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}
