//! A memory limit of zero.

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
    for workload in &subject.file.workloads {
        findings.extend(workload.pod.all_resources().filter_map(finding));
    }
}

fn finding(resources: &Resources) -> Option<LintFinding> {
    let limit = resources.limits.memory.as_ref().filter(|limit| limit.value.bytes() == Some(Bytes::ZERO))?;
    let request = resources.requests.memory.as_ref().and_then(|request| request.value.bytes());
    if request.is_some_and(|request| request > Bytes::ZERO) {
        // The API server refuses the pair, which another rule says.
        return None;
    }
    let message = "A memory limit of 0 is no limit: the container may take all the memory of its node.";
    let help = "write the limit that is meant, such as `512Mi`, or leave the key out";
    Some(report::warning(RULE.id, limit.span, message, help))
}
