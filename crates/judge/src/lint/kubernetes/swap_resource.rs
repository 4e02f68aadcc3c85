//! Swap as a resource in requests, limits, LimitRanges and quotas.

use crate::lint::kubernetes::object::{core_objects_of, pods, requests_and_limits};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::{Entry, Node};
use model::lint::LintFinding;
use model::lint::LintSeverity;

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-is-not-a-resource",
    severity: LintSeverity::Error,
    title: "swap is no resource of Kubernetes",
    why: "No released version of Kubernetes has a resource for swap: the API server takes `cpu`, `memory`, `ephemeral-storage`, \
          `hugepages-…` and names with a domain, and refuses every other bare name in requests, limits, LimitRanges and \
          ResourceQuotas (ValidateContainerResourceName in pkg/apis/core/validation). How much a container may swap follows from \
          its memory request where the kubelet has `memorySwap.swapBehavior: LimitedSwap` (KEP-2400); a name for it was proposed \
          and closed (kubernetes pull request 116585).",
    bad: &[
        Example {
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
          memory: 512Mi
          swap: 500Mi
        limits:
          memory: 1Gi
          swap: 1Gi
",
        },
        Example {
            file: "limit-range.yaml",
            text: "\
apiVersion: v1
kind: LimitRange
metadata:
  name: memory
spec:
  limits:
    - type: Container
      default:
        memory: 512Mi
        swap: 512Mi
      defaultRequest:
        memory: 256Mi
",
        },
        Example {
            file: "quota.yaml",
            text: "\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: team
spec:
  hard:
    requests.memory: 8Gi
    limits.swap: 8Gi
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
    - name: swap
      image: nginx:1.27
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
          example.com/swap: 1
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        for list in pod.resources().flat_map(requests_and_limits) {
            list_findings(subject, list, "requests and limits of a pod", findings);
        }
    }
    for object in core_objects_of(subject, "LimitRange") {
        let items = object.root.items_at(&["spec", "limits"]);
        let keys = ["default", "defaultRequest", "max", "min", "maxLimitRequestRatio"];
        for list in items.iter().flat_map(|item| keys.iter().filter_map(|key| item.get(key))) {
            list_findings(subject, list, "a LimitRange", findings);
        }
    }
    for object in core_objects_of(subject, "ResourceQuota") {
        if let Some(hard) = object.root.at(&["spec", "hard"]) {
            list_findings(subject, hard, "a ResourceQuota", findings);
        }
    }
    for object in core_objects_of(subject, "Node") {
        for list in ["capacity", "allocatable"].iter().filter_map(|key| object.root.at(&["status", key])) {
            findings.extend(swap_entries(list).map(|entry| {
                let message = "No kubelet reports swap as a resource of its node, so nothing sets or reads this figure.";
                let help = "read `status.nodeInfo.swap.capacity`, which the kubelet fills in since 1.34";
                report::warning(RULE.id, entry.key.span, message, help)
            }));
        }
    }
}

fn list_findings(subject: &Subject<'_>, list: &Node, whose: &str, findings: &mut Vec<LintFinding>) {
    findings.extend(swap_entries(list).map(|entry| {
        let name = entry.name();
        let message = format!(
            "`{name}` is no resource: the API server refuses the object, because a name without a domain in {whose} must be one \
             of its own."
        );
        let help = format!(
            "remove `{name}`; on nodes with `swapBehavior: LimitedSwap` a container swaps in proportion to its memory request, \
             when that is below its limit"
        );
        let fix = report::removal(subject, list, entry);
        LintFinding { fix, ..report::error(RULE.id, entry.key.span, message, help) }
    }));
}

fn swap_entries(list: &Node) -> impl Iterator<Item = &Entry> {
    list.entries().iter().filter(|entry| is_swap(entry.name()))
}

/// A bare name about swap, in whatever spelling.
fn is_swap(name: &str) -> bool {
    !name.contains('/') && name.to_ascii_lowercase().contains("swap")
}
