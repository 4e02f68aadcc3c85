//! A memory request that equals the limit, where swap is wanted.

use crate::lint::kubernetes::object::{Container, Pod};
use crate::lint::kubernetes::wish::{self, Decider, Wish};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};
use model::outcome::swap::SwapReason;
use model::workload::Resources;

/// The rule.
pub const RULE: Rule = Rule {
    id: "request-equals-limit-forbids-swap",
    severity: LintSeverity::Warning,
    title: "an equal request and limit keep a container from the swap that is wanted for it",
    why: "With `swapBehavior: LimitedSwap` the kubelet gives swap only to containers of Burstable pods whose memory request differs \
          from the limit; an equal pair is the documented way to refuse swap, and `memory.swap.max` becomes 0 \
          (GetContainerSwapBehavior in kuberuntime_container_linux.go; measured on 1.36). A limit without a request is an equal \
          pair too: the API server copies it. This is said only where swap is plainly wanted: the pod selects nodes by swap or \
          names swap itself (warning), or a kubelet configuration with LimitedSwap is in the same file (info).",
    bad: &[
        Example {
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
          memory: 1Gi
        limits:
          memory: 1Gi
",
        },
        Example {
            file: "limit-only.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  tolerations:
    - key: example.com/swap
      operator: Exists
  containers:
    - name: batch
      image: example.com/batch:1
      resources:
        limits:
          memory: 1Gi
",
        },
    ],
    good: &[
        Example {
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
        limits:
          memory: 1Gi
",
        },
        Example {
            file: "guaranteed.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: database
spec:
  containers:
    - name: database
      image: postgres:17
      resources:
        requests:
          cpu: 500m
          memory: 1Gi
        limits:
          cpu: 500m
          memory: 1Gi
",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (pod, wish) in wish::wishing_pods(subject) {
        let Some(decider) = Decider::of(subject, &pod) else { continue };
        let decisions = decider.decisions(&pod);
        // One container that may swap is what is wanted; the others then refuse it on purpose.
        if decisions.iter().any(|(_, reason, _)| reason.is_eligible()) {
            continue;
        }
        for (container, ..) in decisions.iter().filter(|(_, reason, _)| is_equal(reason)) {
            findings.extend(finding(&pod, container, &wish));
        }
    }
}

fn is_equal(reason: &SwapReason) -> bool {
    match reason {
        SwapReason::RequestEqualsLimit { .. } | SwapReason::NotBurstable(QosClass::Guaranteed) => true,
        SwapReason::NotBurstable(QosClass::Burstable | QosClass::BestEffort)
        | SwapReason::NoSwapController
        | SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::CriticalPod(_)
        | SwapReason::NoMemoryRequest
        | SwapReason::RequestAboveNodeMemory
        | SwapReason::TogetherWithMemory
        | SwapReason::Share
        | SwapReason::Unlimited => false,
    }
}

fn finding(pod: &Pod<'_>, container: &Container<'_>, wish: &Wish) -> Option<LintFinding> {
    let own = pair(&container.spec.resources);
    let (limit, request) = own.or_else(|| pair(pod.workload.pod.resources.as_ref()?))?;
    let amount = report::amount(limit.1);
    let half = report::quantity(Bytes(limit.1.0 / 2));
    let name = &container.spec.name.value;
    let (at, message) = match request {
        Some(request) => {
            let message = format!(
                "Request and limit of `{name}` are both {amount}: the kubelet then gives it no swap (memory.swap.max is 0)."
            );
            (report::between((request, "the request"), (limit.0, "the limit")), message)
        }
        None => {
            let message = format!(
                "`{name}` has a limit of {amount} and no request, which the API server fills in with the same: the kubelet then \
                 gives it no swap (memory.swap.max is 0)."
            );
            (limit.0.into(), message)
        }
    };
    let help = format!(
        "write a memory request below the limit, such as `memory: {half}`; swap grows with the request"
    );
    Some(wish::finding(RULE.id, wish, at, message, help))
}

/// The limit, and the place of the request where there is one.
fn pair(resources: &Resources) -> Option<((Span, Bytes), Option<Span>)> {
    let limit = resources.limits.memory.as_ref()?;
    let request = resources.requests.memory.as_ref().map(|request| request.span);
    Some(((limit.span, limit.value.bytes()?), request))
}
