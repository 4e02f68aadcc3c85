//! How much of a node's swap its workloads would be given, how much stays unused, and what would change that.
//!
//! The share is the kubelet's (`limited_swap`): request / node memory × node swap, with nothing subtracted. So all shares together are
//! the swap times the requested part of the memory, and the rest is what Kubernetes' page on swap calls unutilized.

use crate::{limited_swap, outcome};
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use model::document::node::Node;
use model::document::{Content, Span};
use model::manifest::ManifestFile;
use model::node_size::{Copies, ForWanted, NodeSize, SizedContainer, Unused, UnusedWhy};
use model::outcome::node::NodeSetup;
use model::outcome::swap::{SwapAllowance, SwapReason};
use model::outcome::{ContainerOutcome, MemoryResources};
use model::workload::{ContainerRole, Workload};
use std::collections::BTreeMap;

/// Amounts that are recommended are whole MiB.
const ROUNDING: u64 = 1 << 20;

/// The size; nothing when the node's memory is not known. With `wanted` every container that has a share is told how to get so much.
#[must_use]
pub fn size(files: &[ManifestFile], node: &NodeSetup, wanted: Option<Bytes>) -> Option<NodeSize> {
    let memory = node.memory.filter(|memory| *memory > Bytes::ZERO)?;
    let pods: Vec<(Copies, Vec<ContainerOutcome>)> = files.iter().flat_map(|file| pods(file, node)).collect();
    let nodes = nodes(&pods, memory);
    let on_nodes = nodes.unwrap_or(1);
    let of_copies = |(copies, pod): &(Copies, Vec<ContainerOutcome>)| {
        Bytes(pod_request(pod).0.saturating_mul(count(*copies, on_nodes)))
    };
    let requested = pods.iter().map(of_copies).sum();
    let of_pod = |(copies, pod): (Copies, Vec<ContainerOutcome>)| {
        let running = pod.into_iter().filter(|outcome| outcome.role.is_lasting());
        running.map(move |outcome| SizedContainer {
            each: each(&outcome),
            wanted: wanted.and_then(|wanted| for_wanted(&outcome, node, memory, wanted)),
            copies,
            outcome,
        })
    };
    let containers: Vec<SizedContainer> = pods.into_iter().flat_map(of_pod).collect();
    let given = sum(&containers, on_nodes, |container| container.each);
    let unused = match (nodes, node.swap, given) {
        (Some(nodes), Some(swap), Some(given)) => unused(&containers, nodes, (memory, swap), given),
        (_, _, _) => Vec::new(),
    };
    Some(NodeSize { memory, swap: node.swap, nodes, requested, containers, given, unused })
}

/// What one copy may swap.
fn each(outcome: &ContainerOutcome) -> Option<Bytes> {
    match outcome.swap.value()?.allowance {
        SwapAllowance::At { held, written: _ } => Some(held),
        SwapAllowance::TogetherAtMemoryLimit(_) => Some(Bytes::ZERO),
        SwapAllowance::Unlimited | SwapAllowance::Unknown(_) => None,
    }
}

fn request(outcome: &ContainerOutcome) -> Bytes {
    outcome.memory.value().and_then(|memory| memory.request).unwrap_or_default()
}

/// How many copies run on so many nodes.
const fn count(copies: Copies, nodes: u64) -> u64 {
    match copies {
        Copies::Fixed(copies) => copies,
        Copies::PerNode => nodes,
    }
}

/// All copies together; nothing when one of them is not known.
fn sum(
    containers: &[SizedContainer],
    nodes: u64,
    of: impl Fn(&SizedContainer) -> Option<Bytes>,
) -> Option<Bytes> {
    containers.iter().try_fold(Bytes::ZERO, |sum, container| {
        let copies = count(container.copies, nodes);
        Some(sum.saturating_add(Bytes(if copies == 0 { 0 } else { of(container)?.0.saturating_mul(copies) })))
    })
}

/// The fewest nodes whose memory holds the requests, by their sum: how pods are cut up between nodes is the scheduler's.
fn nodes(pods: &[(Copies, Vec<ContainerOutcome>)], memory: Bytes) -> Option<u64> {
    let total = |is_per_node: bool| {
        let chosen = pods.iter().filter(|(copies, _)| (*copies == Copies::PerNode) == is_per_node);
        chosen.fold(0_u128, |sum, (copies, pod)| {
            sum.saturating_add(u128::from(pod_request(pod).0) * u128::from(count(*copies, 1)))
        })
    };
    let largest = pods.iter().map(|(_, pod)| pod_request(pod)).max().unwrap_or_default();
    let left = u128::from(memory.0).checked_sub(total(true))?;
    let others = total(false);
    if largest > memory || (left == 0 && others > 0) {
        return None;
    }
    u64::try_from(if others == 0 { 1 } else { others.div_ceil(left).max(1) }).ok()
}

/// What the scheduler counts of a pod: all that run together, or an init container with the sidecars that were started before it,
/// whichever is more (KEP-753, "Resources calculation").
fn pod_request(pod: &[ContainerOutcome]) -> Bytes {
    let (mut apps, mut sidecars, mut start) = (Bytes::ZERO, Bytes::ZERO, Bytes::ZERO);
    for outcome in pod {
        let request = request(outcome);
        match outcome.role {
            ContainerRole::App => apps = apps.saturating_add(request),
            ContainerRole::Sidecar => sidecars = sidecars.saturating_add(request),
            ContainerRole::Init => start = start.max(sidecars.saturating_add(request)),
            ContainerRole::Ephemeral => {}
        }
    }
    start.max(apps.saturating_add(sidecars))
}

fn unused(
    containers: &[SizedContainer],
    nodes: u64,
    (memory, swap): (Bytes, Bytes),
    given: Bytes,
) -> Vec<Unused> {
    let mut parts: BTreeMap<UnusedWhy, (Bytes, u64)> = BTreeMap::new();
    for container in containers {
        let Some(why) = container.outcome.swap.value().and_then(|decision| why(&decision.reason)) else {
            continue;
        };
        let share = limited_swap::share(request(&container.outcome), memory, swap).unwrap_or_default();
        let (sum, number) = parts.entry(why).or_default();
        *sum = sum.saturating_add(Bytes(share.0.saturating_mul(count(container.copies, nodes))));
        *number += 1;
    }
    let whole = Bytes(swap.0.saturating_mul(nodes));
    let theirs = given.saturating_add(parts.values().map(|(part, _)| *part).sum());
    parts.insert(UnusedWhy::NobodyRequests, (whole.saturating_sub(theirs), 0));
    let parts = parts.into_iter().filter(|(_, (swap, _))| *swap > Bytes::ZERO);
    let mut unused: Vec<Unused> =
        parts.map(|(why, (swap, containers))| Unused { why, swap, containers }).collect();
    unused.sort_by_key(|part| std::cmp::Reverse(part.swap));
    unused
}

/// Whose share it is, where there is one and the container may not use it.
const fn why(reason: &SwapReason) -> Option<UnusedWhy> {
    match reason {
        SwapReason::RequestEqualsLimit { .. } => Some(UnusedWhy::RequestEqualsLimit),
        SwapReason::NotBurstable(QosClass::Guaranteed) => Some(UnusedWhy::Guaranteed),
        SwapReason::CriticalPod(_) => Some(UnusedWhy::Critical),
        SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::TogetherWithMemory => Some(UnusedWhy::NodeSettings),
        SwapReason::NotBurstable(QosClass::BestEffort | QosClass::Burstable)
        | SwapReason::NoMemoryRequest
        | SwapReason::RequestAboveNodeMemory
        | SwapReason::NoSwapController
        | SwapReason::Share
        | SwapReason::Unlimited => None,
    }
}

/// What would give a container so much swap.
fn for_wanted(
    outcome: &ContainerOutcome,
    node: &NodeSetup,
    memory: Bytes,
    wanted: Bytes,
) -> Option<ForWanted> {
    let is_share = outcome.swap.value().is_some_and(|decision| decision.reason == SwapReason::Share);
    let resources = outcome.memory.value().filter(|_| is_share)?;
    let request = resources.request.filter(|request| *request > Bytes::ZERO)?;
    let node_swap = enough(wanted, memory, request, |swap| limited_swap::share(request, memory, swap))?;
    Some(ForWanted { node_swap, request: request_for(resources, node, memory, wanted) })
}

/// The request that does it: below the limit, so that it stays a share, and within the node.
fn request_for(resources: &MemoryResources, node: &NodeSetup, memory: Bytes, wanted: Bytes) -> Option<Bytes> {
    let swap = node.swap.filter(|swap| *swap > Bytes::ZERO)?;
    let request = enough(wanted, memory, swap, |request| limited_swap::share(request, memory, swap))?;
    let is_allowed = request <= memory && resources.limit.is_none_or(|limit| request < limit);
    is_allowed.then_some(request)
}

/// The least amount in whole MiB of which the share is enough: wanted × memory / other, and one step more where the kubelet's
/// floating point falls short.
fn enough(
    wanted: Bytes,
    memory: Bytes,
    other: Bytes,
    share: impl Fn(Bytes) -> Option<Bytes>,
) -> Option<Bytes> {
    let exact = (u128::from(wanted.0) * u128::from(memory.0)).div_ceil(u128::from(other.0));
    let rounded = u64::try_from(exact.div_ceil(u128::from(ROUNDING))).ok()?.checked_mul(ROUNDING)?;
    let amount = Bytes(rounded);
    // A request above the node has no share; that is told apart by who asks.
    let is_enough = share(amount).is_none_or(|share| share >= wanted);
    if is_enough { Some(amount) } else { rounded.checked_add(ROUNDING).map(Bytes) }
}

/// The pods of a file: how often each runs, and what becomes of its containers.
fn pods(file: &ManifestFile, node: &NodeSetup) -> Vec<(Copies, Vec<ContainerOutcome>)> {
    let mut outcomes = outcome::containers(file, node).into_iter();
    let of_workload = |workload: &Workload| {
        let pod = outcomes.by_ref().take(workload.pod.containers.len()).collect();
        (copies_of(file, workload), pod)
    };
    file.workloads.iter().map(of_workload).collect()
}

fn copies_of(file: &ManifestFile, workload: &Workload) -> Copies {
    if workload.kind == "DaemonSet" {
        return Copies::PerNode;
    }
    let root = match file.documents.get(workload.document).map(|document| &document.content) {
        Some(Content::Tree(root)) => root,
        Some(Content::Commands(_) | Content::Settings(_)) | None => return Copies::Fixed(1),
    };
    let spec = object(root, workload.pod.span).and_then(|object| object.get("spec"));
    let number = match workload.kind.as_str() {
        "CronJob" => spec
            .and_then(|spec| spec.get("jobTemplate")?.get("spec")?.get("parallelism"))
            .and_then(Node::integer),
        "Job" => spec.and_then(|spec| spec.get("parallelism")).and_then(Node::integer),
        _ => spec.and_then(|spec| spec.get("replicas")).and_then(Node::integer),
    };
    Copies::Fixed(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(1))
}

/// The object that holds this pod: the document, or an item of a List.
fn object(root: &Node, pod: Span) -> Option<&Node> {
    match root.get("items") {
        None => Some(root),
        Some(items) => items.items().iter().find(|item| item.span.contains(pod)),
    }
}
