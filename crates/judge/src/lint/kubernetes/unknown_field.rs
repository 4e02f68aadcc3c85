//! Keys about memory that no object of Kubernetes has.

use crate::lint::kubernetes::object::pods;
use crate::lint::kubernetes::wish;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::{Entry, Node};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-field-does-not-exist",
    severity: LintSeverity::Error,
    title: "a key about memory or swap that a pod does not have",
    why: "kubectl and the API server refuse fields that they do not know (strict field validation, on by default since 1.25), and \
          the API server refuses bare resource names other than its own. Swappiness, swap limits and the files of a cgroup cannot \
          be set for a pod: on cgroup v2 there is no swappiness of a cgroup at all, and the kubelet computes the rest (KEP-2400, \
          KEP-2570). Names of Docker's options and of Compose's keys mean nothing to Kubernetes.",
    bad: &[
        Example {
            file: "swappiness.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        limits:
          memory: 512Mi
        swappiness: 10
",
        },
        Example {
            file: "singular.yaml",
            text: "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          mem_limit: 512m
          resources:
            request:
              memory: 256Mi
",
        },
        Example {
            file: "name.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        limits:
          memory: 512Mi
          memory.high: 400Mi
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
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256Mi
          ephemeral-storage: 1Gi
          hugepages-2Mi: 0
        limits:
          memory: 512Mi
          nvidia.com/memory: 4
",
    }],
    check,
};

/// Keys that people write into a pod, a container or its `resources`, in one spelling.
const FOREIGN: [&str; 22] = [
    "swap",
    "swaplimit",
    "swapbehavior",
    "swapbehaviour",
    "swappolicy",
    "swapsize",
    "swapmax",
    "swappiness",
    "memoryswap",
    "memoryswappiness",
    "memoryswaplimit",
    "memswappiness",
    "memswaplimit",
    "memswap",
    "memlimit",
    "memreservation",
    "memorylimit",
    "memoryreservation",
    "memoryhigh",
    "memorylow",
    "memorymin",
    "oomkilldisable",
];

/// Keys that belong one level deeper, or into the plural.
const MISPLACED: [&str; 6] = ["memory", "cpu", "request", "limit", "mem", "ram"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        foreign(pod.spec, "A pod", findings);
        for container in pod.containers() {
            foreign(container.node, "A container", findings);
        }
        for resources in pod.resources() {
            foreign(resources, "`resources`", findings);
            misplaced(resources, findings);
            for list in ["requests", "limits"] {
                names(list, resources.entries_at(&[list]), findings);
            }
        }
    }
}

fn foreign(node: &Node, owner: &str, findings: &mut Vec<LintFinding>) {
    for entry in node.entries().iter().filter(|entry| FOREIGN.contains(&spelled(entry.name()).as_str())) {
        let name = entry.name();
        let message =
            format!("{owner} has no field `{name}`: kubectl and the API server refuse it as unknown.");
        findings.push(report::error(RULE.id, entry.key.span, message, instead(name)));
    }
}

fn misplaced(resources: &Node, findings: &mut Vec<LintFinding>) {
    for entry in resources.entries().iter().filter(|entry| MISPLACED.contains(&entry.name())) {
        let name = entry.name();
        let message = format!(
            "`resources` has no field `{name}`, so nothing is requested or limited: kubectl refuses it as unknown."
        );
        let help = match name {
            "request" | "limit" => format!("write `{name}s`"),
            _ => format!("write `{}` below `requests` or `limits`", resource(name)),
        };
        findings.push(report::error(RULE.id, entry.key.span, message, help));
    }
}

fn names(list: &str, entries: &[Entry], findings: &mut Vec<LintFinding>) {
    for entry in entries.iter().filter(|entry| is_refused(entry)) {
        let name = entry.name();
        let message = format!("`{name}` in `{list}` is no resource: the API server refuses the object.");
        findings.push(report::error(RULE.id, entry.key.span, message, instead(name)));
    }
}

/// A bare name for memory that is not `memory`. Swap has a rule of its own.
fn is_refused(entry: &Entry) -> bool {
    let name = entry.name().to_ascii_lowercase();
    let is_memory = name == "mem" || name == "ram" || name.starts_with("memory");
    is_memory && entry.name() != "memory" && !name.contains('/') && !name.contains("swap")
}

fn resource(name: &str) -> &str {
    if matches!(name, "mem" | "ram") { "memory" } else { name }
}

fn instead(name: &str) -> &'static str {
    let name = spelled(name);
    if name.contains("swappiness") {
        return "remove it; `vm.swappiness` of the node is the only one, and a container is kept from swapping by a memory request \
                equal to its limit";
    }
    if name.contains("swap") {
        return wish::INSTEAD;
    }
    match name.as_str() {
        "memoryhigh" => "remove it; the kubelet sets memory.high with MemoryQoS and `memoryThrottlingFactor`",
        "memorylow" | "memorymin" => {
            "remove it; the kubelet protects the memory request with `memoryReservationPolicy: TieredReservation`"
        }
        "memreservation" | "memoryreservation" => "write `resources.requests.memory`",
        "oomkilldisable" => "remove it; a pod cannot switch the OOM killer off",
        _ => "write `memory` below `resources.requests` or `resources.limits`",
    }
}

/// Without the marks and capitals in which the spellings differ.
fn spelled(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
