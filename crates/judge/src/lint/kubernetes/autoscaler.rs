//! A VerticalPodAutoscaler that moves a memory request to the limit, or whose bounds contradict each other.

use crate::lint::kubernetes::object::{Container, Object, Pod, amount, objects_of, pods};
use crate::lint::kubernetes::wish;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::document::node::Node;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "autoscaler-moves-request-to-limit",
    severity: LintSeverity::Error,
    title: "an autoscaler moves a memory request up to the limit, or its bounds contradict each other",
    why: "With `controlledValues: RequestsOnly` a VerticalPodAutoscaler changes requests and leaves limits, and it caps a request at \
          the limit. A `minAllowed` at or above the limit therefore makes both equal: the container cannot grow above its request, and \
          with LimitedSwap it gets no swap. The autoscaler's admission refuses a `minAllowed` above `maxAllowed` (autoscaler, \
          vertical-pod-autoscaler/pkg/admission-controller and pkg/utils/vpa/capping.go).",
    bad: &[
        Example {
            file: "autoscaler.yaml",
            text: "\
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: web
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  resourcePolicy:
    containerPolicies:
      - containerName: web
        minAllowed:
          memory: 2Gi
        maxAllowed:
          memory: 1Gi
",
        },
        Example {
            file: "request.yaml",
            text: "\
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: web
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  resourcePolicy:
    containerPolicies:
      - containerName: web
        controlledValues: RequestsOnly
        minAllowed:
          memory: 1Gi
---
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
          resources:
            requests:
              memory: 256Mi
            limits:
              memory: 512Mi
",
        },
    ],
    good: &[Example {
        file: "autoscaler.yaml",
        text: "\
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: web
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  resourcePolicy:
    containerPolicies:
      - containerName: \"*\"
        controlledValues: RequestsOnly
        minAllowed:
          memory: 128Mi
        maxAllowed:
          memory: 1Gi
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for object in objects_of(subject, "VerticalPodAutoscaler") {
        let is_off = object.root.text_at(&["spec", "updatePolicy", "updateMode"]) == Some("Off");
        for policy in object.root.items_at(&["spec", "resourcePolicy", "containerPolicies"]) {
            findings.extend(bounds(policy));
            let only_requests = policy.text_at(&["controlledValues"]) == Some("RequestsOnly");
            if only_requests && !is_off {
                targets(subject, &object, policy, findings);
            }
        }
    }
}

fn bounds(policy: &Node) -> Option<LintFinding> {
    let min = amount(policy.get("minAllowed")?, "memory")?;
    let max = amount(policy.get("maxAllowed")?, "memory")?;
    (min.value.milli? > max.value.milli?).then(|| {
        let (low, high) = (&min.value.text, &max.value.text);
        let message = format!("`minAllowed.memory` ({low}) is above `maxAllowed.memory` ({high}): the autoscaler refuses the object.");
        let at = report::between((min.span, "minAllowed"), (max.span, "maxAllowed"));
        let help = format!("write at most `{high}` for `minAllowed.memory`");
        report::error(RULE.id, at, message, help)
    })
}

fn targets(subject: &Subject<'_>, object: &Object<'_>, policy: &Node, findings: &mut Vec<LintFinding>) {
    let name = policy.text_at(&["containerName"]).unwrap_or("*");
    for pod in pods(subject).filter(|pod| is_target(object, pod)) {
        for container in pod.containers().filter(|container| name == "*" || container.spec.name.value == name)
        {
            findings.extend(moved(subject, &pod, &container, policy));
        }
    }
}

fn moved(
    subject: &Subject<'_>,
    pod: &Pod<'_>,
    container: &Container<'_>,
    policy: &Node,
) -> Option<LintFinding> {
    let (limit_span, limit) = container.limit()?;
    let request = container.spec.resources.requests.memory.as_ref()?.value.bytes()?;
    if request >= limit {
        return None;
    }
    let bytes = |key: &str| {
        let amount = amount(policy.get(key)?, "memory")?;
        Some((amount.span, amount.value.bytes()?))
    };
    let container_name = &container.spec.name.value;
    let most = report::amount(limit);
    if let Some((span, least)) = bytes("minAllowed").filter(|(_, least)| *least >= limit) {
        let message = format!(
            "The autoscaler asks for at least {} for `{container_name}`, whose limit of {most} it leaves alone: request and limit become equal.",
            report::amount(least)
        );
        let at = report::between((span, "minAllowed"), (limit_span, "the memory limit"));
        let help = format!(
            "write a `minAllowed.memory` below `{}`, or `controlledValues: RequestsAndLimits`",
            report::quantity(limit)
        );
        return Some(report::warning(RULE.id, at, message, help));
    }
    let may_reach = bytes("maxAllowed").is_none_or(|(_, top)| top >= limit);
    let wish = wish::of_pod(subject, pod, wish::of_kubelet(subject)).filter(|_| may_reach)?;
    let message = format!(
        "The autoscaler may raise the request of `{container_name}` to its limit of {most}: the kubelet then gives it no swap."
    );
    let help =
        format!("write a `maxAllowed.memory` below `{}`", report::quantity(Bytes(limit.0 - (limit.0 >> 3))));
    let at = policy.get("controlledValues")?.span;
    let found = wish::finding(RULE.id, &wish, at, message, help);
    Some(LintFinding { severity: LintSeverity::Info, ..found })
}

fn is_target(object: &Object<'_>, pod: &Pod<'_>) -> bool {
    let target = |key: &str| object.root.text_at(&["spec", "targetRef", key]);
    let namespace = object.root.text_at(&["metadata", "namespace"]);
    let own = pod.workload.namespace.as_ref().map(|namespace| namespace.value.as_str());
    let name = pod.workload.name.as_ref().map(|name| name.value.as_str());
    target("kind") == Some(pod.workload.kind.as_str()) && target("name") == name && namespace == own
}
