//! Every amount of memory in the objects of a file.

use crate::lint::Subject;
use crate::lint::kubernetes::object::{Object, amount, objects};
use model::document::Spanned;
use model::document::node::Node;
use model::workload::{Amount, Resources};

/// An amount and where it stands.
#[derive(Clone, Debug)]
pub struct MemoryAmount {
    /// What it decides.
    pub role: AmountRole,
    /// The text with its place.
    pub amount: Spanned<Amount>,
}

/// What an amount decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AmountRole {
    /// A request of a container or a pod.
    Request,
    /// A limit of a container or a pod.
    Limit,
    /// The size of a volume in memory.
    VolumeSize,
    /// A bound of a namespace or of an autoscaler.
    Bound,
}

/// All of them.
#[must_use]
pub fn memory_amounts(subject: &Subject<'_>) -> Vec<MemoryAmount> {
    let mut amounts = Vec::new();
    for workload in &subject.file.workloads {
        for resources in workload.pod.all_resources() {
            of_resources(resources, &mut amounts);
        }
        let sizes = workload.pod.memory_volumes.iter().filter_map(|volume| volume.size_limit.clone());
        amounts.extend(sizes.map(|amount| MemoryAmount { role: AmountRole::VolumeSize, amount }));
    }
    for object in objects(subject) {
        of_bounds(&object, &mut amounts);
    }
    amounts
}

fn of_resources(resources: &Resources, amounts: &mut Vec<MemoryAmount>) {
    let request = resources.requests.memory.clone().map(|amount| (AmountRole::Request, amount));
    let limit = resources.limits.memory.clone().map(|amount| (AmountRole::Limit, amount));
    amounts.extend(request.into_iter().chain(limit).map(|(role, amount)| MemoryAmount { role, amount }));
}

fn of_bounds(object: &Object<'_>, amounts: &mut Vec<MemoryAmount>) {
    let mut bounds = |node: Option<&Node>, keys: &[&str]| {
        let found = node.into_iter().flat_map(|node| keys.iter().filter_map(|key| amount(node, key)));
        amounts.extend(found.map(|amount| MemoryAmount { role: AmountRole::Bound, amount }));
    };
    match (object.kind, object.api_version) {
        ("LimitRange", "v1") => {
            let items = object.root.items_at(&["spec", "limits"]);
            for list in items.iter().flat_map(|item| {
                ["default", "defaultRequest", "max", "min"].into_iter().filter_map(|key| item.get(key))
            }) {
                bounds(Some(list), &["memory"]);
            }
        }
        ("ResourceQuota", "v1") => {
            bounds(object.root.at(&["spec", "hard"]), &["memory", "requests.memory", "limits.memory"]);
        }
        ("VerticalPodAutoscaler", _) => {
            for policy in object.root.items_at(&["spec", "resourcePolicy", "containerPolicies"]) {
                bounds(policy.get("minAllowed"), &["memory"]);
                bounds(policy.get("maxAllowed"), &["memory"]);
            }
        }
        (_, _) => {}
    }
}
