//! A container without a memory request, where swap is wanted.

use crate::lint::kubernetes::object::Container;
use crate::lint::kubernetes::wish::{self, Decider, Origin};
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};
use model::outcome::MemoryResources;
use model::outcome::swap::SwapReason;

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-needs-a-memory-request",
    severity: LintSeverity::Warning,
    title: "a container without a memory request gets none of the swap that is wanted for it",
    why: "With `swapBehavior: LimitedSwap` a container's swap is its memory request as a share of the node's memory. Without a \
          request there is no share: pods without any request are BestEffort and get none, and so do containers without a request \
          beside others that have one, also where the pod has resources of its own, which do not count for swap \
          (GetContainerSwapBehavior in kuberuntime_container_linux.go; KEP-2837; measured on 1.36).",
    bad: &[
        Example {
            file: "best-effort.yaml",
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
",
        },
        Example {
            file: "pod-level.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  nodeSelector:
    feature.node.kubernetes.io/memory-swap: \"true\"
  resources:
    requests:
      memory: 512Mi
    limits:
      memory: 1Gi
  containers:
    - name: batch
      image: example.com/batch:1
",
        },
    ],
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
      resources:
        requests:
          memory: 512Mi
    - name: helper
      image: example.com/helper:1
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (pod, wish) in wish::wishing_pods(subject).filter(|(_, wish)| wish.origin != Origin::Invention) {
        let Some(decider) = Decider::of(subject, &pod) else { continue };
        let decisions = decider.decisions(&pod);
        if decisions.iter().any(|(_, reason, memory)| reason.is_eligible() && !is_zero(*memory)) {
            continue;
        }
        let has_pod_level = pod.workload.pod.resources.is_some();
        for (container, reason, memory) in decisions {
            let name = &container.spec.name.value;
            let Some(why) = why(&reason, memory, has_pod_level) else { continue };
            let message = format!("`{name}` {why}: the kubelet gives it no swap (memory.swap.max is 0).");
            let help =
                "write `resources.requests.memory` for it, below its limit; swap grows with the request";
            findings.push(wish::finding(RULE.id, &wish, place(&container), message, help));
        }
    }
}

fn is_zero(memory: MemoryResources) -> bool {
    memory.request.unwrap_or_default() == Bytes::ZERO
}

fn why(reason: &SwapReason, memory: MemoryResources, has_pod_level: bool) -> Option<&'static str> {
    match reason {
        SwapReason::NoMemoryRequest | SwapReason::NotBurstable(QosClass::BestEffort) if has_pod_level => {
            Some("has no memory request of its own, and the pod's does not count for swap")
        }
        SwapReason::NoMemoryRequest => Some("has no memory request"),
        SwapReason::NotBurstable(QosClass::BestEffort) => {
            Some("has no memory request, and its pod is BestEffort")
        }
        SwapReason::Share if is_zero(memory) => {
            Some("has a memory request of 0, and so no share of the swap")
        }
        SwapReason::NotBurstable(QosClass::Burstable | QosClass::Guaranteed)
        | SwapReason::Share
        | SwapReason::NoSwapController
        | SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::CriticalPod(_)
        | SwapReason::RequestEqualsLimit { .. }
        | SwapReason::RequestAboveNodeMemory
        | SwapReason::TogetherWithMemory
        | SwapReason::Unlimited => None,
    }
}

fn place(container: &Container<'_>) -> Span {
    let request = container.spec.resources.requests.memory.as_ref().map(|request| request.span);
    request.unwrap_or(container.spec.name.span)
}
