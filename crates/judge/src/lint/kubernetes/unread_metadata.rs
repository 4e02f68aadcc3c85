//! Labels and annotations about memory and swap that nobody reads.

use crate::lint::kubernetes::object::{Object, metadata, objects, objects_of, pods};
use crate::lint::kubernetes::wish;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::Entry;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-metadata-is-read-by-nobody",
    severity: LintSeverity::Warning,
    title: "a label or annotation about memory that nobody reads",
    why: "No part of Kubernetes reads labels or annotations about swap: the one switch is `memorySwap.swapBehavior` of the kubelet \
          (KEP-2400, \"non-goals\"). `pod.kubernetes.io/swap-usage`, `swap.policy`, `swap.enabled` and `node.kubernetes.io/swap` are \
          inventions, and the domains of kubernetes.io are reserved for Kubernetes itself. Node Feature Discovery sets \
          `feature.node.kubernetes.io/memory-swap` on nodes with swap; the NRI plugin memory-qos reads names that end in \
          `.memory-qos.nri.io`.",
    bad: &[
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    pod.kubernetes.io/swap-usage: limited
    example.com/team: web
spec:
  containers:
    - name: web
      image: nginx:1.27
",
        },
        Example {
            file: "namespace.yaml",
            text: "\
apiVersion: v1
kind: Namespace
metadata:
  name: batch
  annotations:
    swap.policy: permissive
",
        },
        Example {
            file: "node.yaml",
            text: "\
apiVersion: v1
kind: Node
metadata:
  name: worker-1
  labels:
    node.kubernetes.io/swap: \"true\"
",
        },
    ],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    swap: \"true\"
    app.kubernetes.io/name: swap
  annotations:
    example.com/swap-policy: permissive
    memory.swap.max.memory-qos.nri.io: max
spec:
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256Mi
        limits:
          memory: 512Mi
",
    }],
    check,
};

/// Domains that Kubernetes keeps for itself and that no operator of nodes or add-on uses for its own words.
const RESERVED: [&str; 9] = [
    "kubernetes.io",
    "k8s.io",
    "node.kubernetes.io",
    "pod.kubernetes.io",
    "container.kubernetes.io",
    "kubelet.kubernetes.io",
    "memory.kubernetes.io",
    "swap.kubernetes.io",
    "resources.kubernetes.io",
];

/// Names without a domain that say something of memory.
const BARE: [&str; 22] = [
    "swap.enabled",
    "swap.policy",
    "swap.limit",
    "swap.size",
    "swap.max",
    "swap.behavior",
    "swap.usage",
    "swap-enabled",
    "swap-policy",
    "swap-limit",
    "swap-behavior",
    "swap-usage",
    "swappiness",
    "vm.swappiness",
    "memory.swappiness",
    "memory.swap",
    "memory.swap.max",
    "memory.swap.limit",
    "memory.high",
    "memory.low",
    "memory.min",
    "memory.max",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for object in objects(subject).filter(is_of_kubernetes) {
        for (which, noun) in [("labels", "label"), ("annotations", "annotation")] {
            for entry in metadata(&object, which).into_iter().filter(|entry| is_unread(which, entry.name())) {
                findings.push(finding(subject, &object, noun, entry));
            }
        }
    }
    for pod in pods(subject) {
        let labels = pod.spec.entries_at(&["nodeSelector"]);
        for entry in labels.iter().filter(|entry| is_unread("labels", entry.name())) {
            let name = entry.name();
            if is_set_in_file(subject, name) {
                continue;
            }
            let message = format!(
                "Nothing sets the label `{name}` on nodes: the pods stay Pending until somebody does so by hand."
            );
            let help = "write `feature.node.kubernetes.io/memory-swap: \"true\"`, which Node Feature Discovery sets on nodes with swap";
            findings.push(report::warning(RULE.id, entry.key.span, message, help));
        }
    }
}

/// Kinds of custom resource definitions may read what they like; a Service of Knative is none of ours.
fn is_of_kubernetes(object: &Object<'_>) -> bool {
    matches!(
        object.api_version,
        "v1" | "apps/v1" | "batch/v1" | "batch/v1beta1" | "apps/v1beta1" | "apps/v1beta2"
    )
}

fn is_set_in_file(subject: &Subject<'_>, name: &str) -> bool {
    let mut nodes = objects_of(subject, "Node");
    nodes.any(|node| metadata(&node, "labels").iter().any(|entry| entry.name() == name))
}

fn finding(subject: &Subject<'_>, object: &Object<'_>, noun: &str, entry: &Entry) -> LintFinding {
    let (name, kind) = (entry.name(), object.kind);
    let has_domain = name.contains('/');
    let reserved = if has_domain { ", and its domain is reserved for Kubernetes" } else { "" };
    let message = format!("Nobody reads the {noun} `{name}`{reserved}: it changes nothing.");
    let help = match kind {
        "Node" => {
            "remove it; write `memorySwap.swapBehavior: LimitedSwap` into the node's KubeletConfiguration, and let Node Feature \
             Discovery set `feature.node.kubernetes.io/memory-swap`"
        }
        "Namespace" => {
            "remove it; a namespace cannot decide about swap, the kubelet's `memorySwap.swapBehavior` does"
        }
        _ if name.contains("swap") => wish::INSTEAD,
        _ => {
            "remove it; requests and limits are all that a pod can set, the kubelet's MemoryQoS settings do the rest"
        }
    };
    let annotations = object.root.at(&["metadata", "annotations"]).filter(|_| noun == "annotation");
    let own = annotations.filter(|list| list.entries().iter().any(|own| own.key.span == entry.key.span));
    let fix = own.and_then(|list| report::removal(subject, list, entry));
    LintFinding { fix, ..report::warning(RULE.id, entry.key.span, message, help) }
}

fn is_unread(which: &str, name: &str) -> bool {
    match name.split_once('/') {
        Some((domain, rest)) => RESERVED.contains(&domain) && is_about_memory_file_or_swap(rest),
        // Short words are common as labels of applications; those with a point in them are settings.
        None if which == "labels" => BARE.contains(&name) && name.contains('.'),
        None => BARE.contains(&name),
    }
}

/// Whether an annotation is one of those.
#[must_use]
pub fn is_unread_annotation(name: &str) -> bool {
    is_unread("annotations", name)
}

fn is_about_memory_file_or_swap(rest: &str) -> bool {
    let words = || rest.split(['-', '.', '_']);
    words().any(|word| matches!(word, "swap" | "swappiness"))
        || ["memory.high", "memory.low", "memory.min", "memory-high", "memory-low", "memory-min"]
            .contains(&rest)
}
