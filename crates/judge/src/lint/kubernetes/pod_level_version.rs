//! Resources of a pod itself, by version.

use crate::lint::kubernetes::object::{pods, requests_and_limits};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::Node;
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "pod-level-resources",
    severity: LintSeverity::Error,
    title: "resources of a pod itself that this version does not take",
    why: "`spec.resources` of a pod came in 1.32 behind the feature gate PodLevelResources, which is on by default since 1.34; before \
          that the API server drops the field, and before 1.32 kubectl refuses it (KEP-2837). It takes cpu, memory and hugepages; a \
          container in such a pod inherits the limit, but not a share of the node's swap.",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  resources:
    limits:
      memory: 1Gi
      ephemeral-storage: 1Gi
  containers:
    - name: web
      image: nginx:1.27
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  resources:
    limits:
      cpu: 500m
      memory: 1Gi
  containers:
    - name: web
      image: nginx:1.27
",
    }],
    check,
};

/// The first version that knows the field.
const KNOWN: KubernetesVersion = KubernetesVersion(32);

/// The first version that takes it without being told to.
const ON: KubernetesVersion = KubernetesVersion(34);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let version = subject.target.kubernetes;
    for pod in pods(subject) {
        let Some(entry) = pod.spec.entry("resources") else { continue };
        let help = "write the resources for each container";
        if version < KNOWN {
            let message = format!(
                "A pod of Kubernetes 1.{} has no `resources` of its own: kubectl refuses the field.",
                version.0
            );
            findings.push(report::error(RULE.id, entry.key.span, message, help));
        } else if version < ON {
            let message = format!(
                "Kubernetes 1.{} drops a pod's own `resources`, unless the feature gate PodLevelResources is on: nothing is limited.",
                version.0
            );
            findings.push(report::warning(RULE.id, entry.key.span, message, help));
        } else {
            findings.extend(names(&entry.value));
        }
    }
}

fn names(resources: &Node) -> Vec<LintFinding> {
    let refused = requests_and_limits(resources).flat_map(Node::entries).filter(|entry| {
        let name = entry.name();
        name == "ephemeral-storage" || name.contains('/') && !name.contains("{{")
    });
    refused
        .map(|entry| {
            let name = entry.name();
            let message = format!(
                "A pod's own resources are cpu, memory and hugepages: the API server refuses `{name}` there."
            );
            let help = format!("write `{name}` for a container");
            report::error(RULE.id, entry.key.span, message, help)
        })
        .collect()
}
