//! A critical pod, where swap is wanted.

use crate::limited_swap;
use crate::lint::kubernetes::object::pods;
use crate::lint::kubernetes::wish::{self, Origin};
use crate::lint::{Example, Rule, Subject};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};
use model::outcome::swap::Critical;

/// The rule.
pub const RULE: Rule = Rule {
    id: "critical-pods-get-no-swap",
    severity: LintSeverity::Warning,
    title: "a critical pod gets none of the swap that is wanted for it",
    why: "Since 1.32 the kubelet gives no swap to static pods and to pods of system-node-critical or system-cluster-critical (a \
          priority of 2000000000 or more), whatever their resources are (kubernetes pull request 125277; IsCriticalPod in \
          pkg/kubelet/types/pod_update.go; measured on 1.36).",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  priorityClassName: system-node-critical
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  containers:
    - name: agent
      image: example.com/agent:1
      resources:
        requests:
          memory: 128Mi
        limits:
          memory: 256Mi
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  priorityClassName: high-priority
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  containers:
    - name: agent
      image: example.com/agent:1
      resources:
        requests:
          memory: 128Mi
        limits:
          memory: 256Mi
",
    }],
    check,
};

/// The first version that does so.
const SINCE: KubernetesVersion = KubernetesVersion(32);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if subject.target.kubernetes < SINCE {
        return;
    }
    let kubelet = wish::of_kubelet(subject);
    for pod in pods(subject) {
        let spec = &pod.workload.pod;
        let Some(critical) = limited_swap::critical(spec) else { continue };
        // A DaemonSet of the system tolerates everything and is critical by intent: only its own wish counts.
        let Some(wish) = wish::of_pod(subject, &pod, kubelet).filter(|wish| wish.origin == Origin::Pod)
        else {
            continue;
        };
        let (span, why) = match critical {
            Critical::Static => (wish.span, "it is a static pod".to_owned()),
            Critical::PriorityClass(class) => {
                let span = spec.priority_class.as_ref().map(|class| class.span);
                (span.unwrap_or(wish.span), format!("its priority class is {class}"))
            }
            Critical::Priority(priority) => {
                let span = spec.priority.as_ref().map(|priority| priority.span);
                (span.unwrap_or(wish.span), format!("its priority is {priority}"))
            }
        };
        let message = format!("{} is critical because {why}: the kubelet gives it no swap.", pod.title());
        let help = "write a priority class of your own below 2000000000, or stop asking for swap";
        findings.push(wish::finding(RULE.id, &wish, span, message, help));
    }
}
