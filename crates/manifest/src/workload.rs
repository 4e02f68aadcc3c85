//! Kubernetes objects that have or make pods, as workloads.

use crate::fields::{amount, integer, mapping_span, pairs, plain_text, text};
use model::document::Span;
use model::document::node::Node;
use model::workload::{
    ContainerRole, ContainerSpec, ContainerStatus, MemoryVolume, PodSpec, ResourceList, Resources,
    Termination, Workload,
};
use std::collections::BTreeMap;

/// The workload of an object; `None` when its kind has no pods, or it has none yet.
pub(crate) fn workload(document: usize, kind: &str, root: &Node) -> Option<Workload> {
    let template = match kind {
        "Pod" => root,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            root.at(&["spec", "template"])?
        }
        "CronJob" => root.at(&["spec", "jobTemplate", "spec", "template"])?,
        "PodTemplate" => root.get("template")?,
        _ => return None,
    };
    let metadata = template.get("metadata");
    let annotations = pairs(metadata.and_then(|metadata| metadata.get("annotations")));
    let is_static = kind == "Pod"
        && annotations.iter().any(|(key, value)| match key.value.as_str() {
            "kubernetes.io/config.source" => value.value != "api",
            "kubernetes.io/config.mirror" => true,
            _ => false,
        });
    let status = if kind == "Pod" { root.get("status") } else { None };
    Some(Workload {
        document,
        kind: kind.to_owned(),
        name: root.get("metadata").and_then(|own| text(own, "name").or_else(|| text(own, "generateName"))),
        namespace: root.get("metadata").and_then(|own| text(own, "namespace")),
        labels: pairs(metadata.and_then(|metadata| metadata.get("labels"))),
        annotations,
        pod: pod(template.get("spec")?, status, is_static),
    })
}

fn pod(spec: &Node, status: Option<&Node>, is_static: bool) -> PodSpec {
    let mut containers = Vec::new();
    for (key, role) in [
        ("initContainers", ContainerRole::Init),
        ("containers", ContainerRole::App),
        ("ephemeralContainers", ContainerRole::Ephemeral),
    ] {
        let Some(entry) = spec.entry(key) else { continue };
        let statuses = status.and_then(|status| status.get(status_key(role))).map_or(&[][..], Node::items);
        let statuses: BTreeMap<_, _> =
            statuses.iter().filter_map(|status| Some((status.get("name")?.text()?, status))).collect();
        let specs = entry.value.items().iter();
        containers
            .extend(specs.filter(|item| item.is_mapping()).map(|item| container(item, role, &statuses)));
    }
    containers.sort_by_key(|container| container.span);
    // Most pods have one or two, and the vector makes room for four at once.
    containers.shrink_to_fit();
    PodSpec {
        span: spec.span,
        containers,
        resources: spec
            .get("resources")
            .filter(|node| node.is_mapping())
            .map(|node| Box::new(resources(node))),
        priority_class: text(spec, "priorityClassName"),
        priority: integer(spec, "priority"),
        memory_volumes: memory_volumes(spec),
        is_static,
    }
}

const fn status_key(role: ContainerRole) -> &'static str {
    match role {
        ContainerRole::App => "containerStatuses",
        ContainerRole::Init | ContainerRole::Sidecar => "initContainerStatuses",
        ContainerRole::Ephemeral => "ephemeralContainerStatuses",
    }
}

fn container(node: &Node, role: ContainerRole, statuses: &BTreeMap<&str, &Node>) -> ContainerSpec {
    let name = text(node, "name").unwrap_or_else(|| model::document::Spanned {
        value: String::new(),
        span: Span::new(node.span.start, node.span.start),
    });
    let always = node.text_at(&["restartPolicy"]) == Some("Always");
    let status = statuses.get(name.value.as_str()).copied();
    let words = |key| node.items_at(&[key]).iter().filter_map(Node::spanned_text);
    let env = node.items_at(&["env"]).iter();
    ContainerSpec {
        span: node.span,
        role: if role == ContainerRole::Init && always { ContainerRole::Sidecar } else { role },
        image: text(node, "image"),
        command: words("command").chain(words("args")).collect(),
        env: env.filter_map(|variable| Some((text(variable, "name")?, text(variable, "value")?))).collect(),
        resources: node.get("resources").map(resources).unwrap_or_default(),
        memory_resize_policy: node.get("resizePolicy").and_then(|policies| {
            let of_memory = |policy: &&Node| policy.text_at(&["resourceName"]) == Some("memory");
            text(policies.items().iter().find(of_memory)?, "restartPolicy")
        }),
        mounts: node.items_at(&["volumeMounts"]).iter().filter_map(|mount| text(mount, "name")).collect(),
        status: status.map(|status| Box::new(container_status(status))),
        name,
    }
}

fn resources(node: &Node) -> Resources {
    let list = |key| {
        node.get(key).map_or_else(ResourceList::default, |list| ResourceList {
            span: mapping_span(Some(list)),
            cpu: amount(list, "cpu"),
            memory: amount(list, "memory"),
        })
    };
    Resources { span: mapping_span(Some(node)), requests: list("requests"), limits: list("limits") }
}

fn memory_volumes(spec: &Node) -> Vec<MemoryVolume> {
    let volumes = spec.items_at(&["volumes"]).iter();
    volumes
        .filter_map(|volume| {
            let directory = volume.get("emptyDir")?;
            (directory.text_at(&["medium"]) == Some("Memory")).then_some(())?;
            let size_limit = amount(directory, "sizeLimit");
            Some(MemoryVolume { name: text(volume, "name")?, span: directory.span, size_limit })
        })
        .collect()
}

fn container_status(node: &Node) -> ContainerStatus {
    ContainerStatus {
        restarts: node
            .get("restartCount")
            .and_then(Node::integer)
            .and_then(|count| u64::try_from(count).ok()),
        terminated: node.at(&["state", "terminated"]).and_then(termination),
        last_terminated: node.at(&["lastState", "terminated"]).and_then(termination),
        waiting_reason: node.at(&["state", "waiting"]).and_then(|waiting| text(waiting, "reason")),
        resources: node.get("resources").filter(|node| node.is_mapping()).map(resources),
    }
}

fn termination(node: &Node) -> Option<Termination> {
    node.is_mapping().then(|| Termination {
        span: node.span,
        reason: plain_text(node, "reason"),
        exit_code: node.get("exitCode").and_then(Node::integer),
        signal: node.get("signal").and_then(Node::integer),
        finished_at: plain_text(node, "finishedAt"),
    })
}
