//! Resizing in place, where swap is wanted.

use crate::lint::kubernetes::object::pods;
use crate::lint::kubernetes::wish::{self, Decider};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};
use std::cell::LazyCell;

/// The rule.
pub const RULE: Rule = Rule {
    id: "resize-needs-restart-with-swap",
    severity: LintSeverity::Warning,
    title: "a container with swap cannot get another memory request without a restart",
    why: "Swap follows from the memory request, and the kubelet does not change it on a running container: a new request stays \
          Infeasible (\"In-place resize of containers with swap is not supported.\") unless the memory `resizePolicy` is \
          RestartContainer (KEP-1287; measured on 1.36). Before 1.33 resizing in place is off by default, and `resizePolicy` means nothing.",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  containers:
    - name: batch
      image: example.com/batch:1
      resizePolicy:
        - resourceName: memory
          restartPolicy: NotRequired
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  containers:
    - name: batch
      image: example.com/batch:1
      resizePolicy:
        - resourceName: memory
          restartPolicy: RestartContainer
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
    }],
    check,
};

/// The first version that resizes in place without being told to.
const RESIZE: KubernetesVersion = KubernetesVersion(33);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let version = subject.target.kubernetes;
    let kubelet = wish::of_kubelet(subject);
    for pod in pods(subject) {
        // Most pods have no container with such a policy.
        let wish = LazyCell::new(|| wish::of_pod(subject, &pod, kubelet));
        let decider = LazyCell::new(|| Decider::of(subject, &pod));
        for container in pod.containers() {
            let Some(policy) = &container.spec.memory_resize_policy else { continue };
            if version < RESIZE {
                let message = format!(
                    "`resizePolicy` has no effect on Kubernetes 1.{}: resizing in place is on by default since 1.33.",
                    version.0
                );
                let help = "remove it, or switch the feature gate InPlacePodVerticalScaling on";
                findings.push(report::warning(RULE.id, policy.span, message, help));
                continue;
            }
            let Some(wish) = wish.as_ref().filter(|_| policy.value == "NotRequired") else { continue };
            let decision = decider.as_ref().and_then(|decider| decider.decide(&container));
            if decision.is_some_and(|(reason, _)| reason.is_eligible()) {
                let message = format!(
                    "`{}` may swap, so a new memory request for it stays Infeasible: the kubelet does not resize containers with swap.",
                    container.spec.name.value
                );
                let help = "write `restartPolicy: RestartContainer` for memory";
                findings.push(wish::finding(RULE.id, wish, policy.span, message, help));
            }
        }
    }
}
