//! What becomes of every container of a file on a node: the rules put together.

use crate::pod_resources::{self, Unreadable};
use crate::{heap, limited_swap, memory_high, qos, termination};
use model::document::lines::Lines;
use model::manifest::ManifestFile;
use model::outcome::node::NodeSetup;
use model::outcome::qos::PodQos;
use model::outcome::{ContainerOutcome, MemoryFiles, MemoryResources};
use model::reading::Reading;
use model::workload::{ContainerSpec, Workload};

/// Every container of a file, in the file's order.
#[must_use]
pub fn containers(file: &ManifestFile, node: &NodeSetup) -> Vec<ContainerOutcome> {
    let lines = Lines::of(&file.text);
    let of_workload = |workload: &Workload| {
        let class = qos::class(&workload.pod, node.kubernetes);
        let line = |container: &ContainerSpec| lines.position(container.span.start).line;
        let one = |container| {
            let place = (file.name.as_str(), line(container));
            outcome(workload, container, &class, node, place)
        };
        workload.pod.containers.iter().map(one).collect::<Vec<_>>()
    };
    file.workloads.iter().flat_map(of_workload).collect()
}

fn outcome(
    workload: &Workload,
    container: &ContainerSpec,
    class: &Result<PodQos, Unreadable>,
    node: &NodeSetup,
    (file, line): (&str, usize),
) -> ContainerOutcome {
    let memory = pod_resources::memory(container, &workload.pod, node.kubernetes);
    let known = class.as_ref().ok().zip(memory.as_ref().ok());
    let why = || {
        let unreadable = class.as_ref().err().or(memory.as_ref().err());
        unreadable.map_or_else(String::new, |unreadable| format!("`{}` is no quantity", unreadable.text))
    };
    let limit = memory.as_ref().ok().and_then(|memory| memory.limit.or(memory.inherited_limit));
    let text = |spanned: &Option<model::document::Spanned<String>>| {
        spanned.as_ref().map(|spanned| spanned.value.clone())
    };
    ContainerOutcome {
        namespace: text(&workload.namespace),
        kind: workload.kind.clone(),
        workload: text(&workload.name),
        container: container.name.value.clone(),
        role: container.role,
        file: file.to_owned(),
        line,
        qos: class.clone().map_or_else(|_| Reading::failed(why()), Reading::Value),
        files: known.map_or_else(
            || unknown_files(&why()),
            |(qos, memory)| memory_high::files(node, qos.class, *memory),
        ),
        swap: known.map_or_else(
            || Reading::failed(why()),
            |(qos, memory)| Reading::Value(limited_swap::decide(node, &workload.pod, qos.class, *memory)),
        ),
        heaps: heaps(container, limit),
        ends: container.status.as_deref().map(termination::ends).unwrap_or_default(),
        restarts: container.status.as_ref().and_then(|status| status.restarts),
        resize_pending: pod_resources::is_resize_pending(container),
        memory: reading(memory),
    }
}

fn reading(memory: Result<MemoryResources, Unreadable>) -> Reading<MemoryResources> {
    memory.map_or_else(
        |unreadable| Reading::failed(format!("`{}` is no quantity", unreadable.text)),
        Reading::Value,
    )
}

fn unknown_files(why: &str) -> MemoryFiles {
    MemoryFiles {
        min: Reading::failed(why),
        low: Reading::failed(why),
        high: Reading::failed(why),
        max: Reading::failed(why),
        oom_group: Reading::failed(why),
    }
}

fn heaps(
    container: &ContainerSpec,
    limit: Option<kernel::bytes::Bytes>,
) -> Vec<model::outcome::heap::HeapJudgement> {
    let command: Vec<&str> = container.command.iter().map(|word| word.value.as_str()).collect();
    let env: Vec<(&str, &str)> =
        container.env.iter().map(|(name, value)| (name.value.as_str(), value.value.as_str())).collect();
    heap::judgements(&command, &env, limit)
}
