//! A request and a limit with the same number in units of 1000 and of 1024.

use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};
use model::workload::Resources;

/// The rule.
pub const RULE: Rule = Rule {
    id: "mega-is-not-mebi",
    severity: LintSeverity::Warning,
    title: "request and limit look equal and are not",
    why: "`M` is a million bytes, `Mi` is 1048576: `512M` and `512Mi` are 24 MB apart. A pod that is meant to be Guaranteed is then \
          Burstable, can be evicted earlier, and its container may swap where the kubelet has LimitedSwap.",
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
        requests:
          memory: 512M
        limits:
          memory: 512Mi
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
          memory: 512M
        limits:
          memory: 1Gi
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
    let (request, limit) = (resources.requests.memory.as_ref()?, resources.limits.memory.as_ref()?);
    let (small, large) = (request.value.bytes()?, limit.value.bytes()?);
    let differs_by_unit = limit.value.text.strip_suffix('i') == Some(request.value.text.as_str());
    if !differs_by_unit || small >= large {
        return None;
    }
    let at = report::between((request.span, "the request"), (limit.span, "the limit"));
    let message = format!(
        "`{}` is {} bytes and `{}` is {}: the request is below the limit although they look equal.",
        request.value.text, small.0, limit.value.text, large.0
    );
    let help = format!("write `{}` for both, or a request that is plainly smaller", limit.value.text);
    Some(report::warning(RULE.id, at, message, help))
}
