//! A memory limit of zero.

use crate::lint::kubernetes::memory_amounts::{AmountRole, memory_amounts};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::lint::{LintFinding, LintSeverity};
use model::workload::Resources;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-limit-zero-is-no-limit",
    severity: LintSeverity::Warning,
    title: "a memory limit of zero does not limit",
    why: "Kubernetes takes a limit of 0 for none: the kubelet passes it on as \"unset\", `memory.max` stays `max`, and the class of the \
          pod is computed as if it were not there (pkg/apis/core/v1/helper/qos). With a request above zero the API server refuses the pair.",
    bad: &[Example {
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
        limits:
          memory: 0
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
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 0
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    // What is refused because of its request is said by another rule.
    let refused: Vec<_> = subject
        .file
        .workloads
        .iter()
        .flat_map(|workload| {
            workload
                .pod
                .containers
                .iter()
                .map(|container| &container.resources)
                .chain(workload.pod.resources.as_deref())
        })
        .filter(|resources| has_request(resources))
        .filter_map(|resources| resources.limits.memory.as_ref().map(|limit| limit.span))
        .collect();
    for found in memory_amounts(subject) {
        let is_zero = found.role == AmountRole::Limit && found.amount.value.bytes() == Some(Bytes::ZERO);
        if is_zero && !refused.contains(&found.amount.span) {
            let message =
                "A memory limit of 0 is no limit: the container may take all the memory of its node.";
            let help = "write the limit that is meant, such as `512Mi`, or leave the key out";
            findings.push(report::warning(RULE.id, found.amount.span, message, help));
        }
    }
}

fn has_request(resources: &Resources) -> bool {
    let request = resources.requests.memory.as_ref().and_then(|request| request.value.bytes());
    request.is_some_and(|request| request > Bytes::ZERO)
}
