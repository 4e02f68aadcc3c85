//! A LimitRange whose bounds contradict each other, or what the same file puts under it.

use crate::lint::kubernetes::object::{amount, core_objects_of};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Spanned;
use model::document::node::Node;
use model::lint::{LintFinding, LintSeverity};
use model::workload::Amount;

/// The rule.
pub const RULE: Rule = Rule {
    id: "limit-range-contradicts",
    severity: LintSeverity::Error,
    title: "the memory bounds of a LimitRange contradict each other or a pod beside them",
    why: "The API server refuses a LimitRange unless min ≤ defaultRequest ≤ default ≤ max (ValidateLimitRange), and it refuses pods \
          whose containers are outside of min and max of their namespace (the LimitRanger admission plugin).",
    bad: &[
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
        memory: 256Mi
      defaultRequest:
        memory: 512Mi
",
        },
        Example {
            file: "namespace.yaml",
            text: "\
apiVersion: v1
kind: LimitRange
metadata:
  name: memory
  namespace: web
spec:
  limits:
    - type: Container
      max:
        memory: 1Gi
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 2Gi
",
        },
    ],
    good: &[Example {
        file: "limit-range.yaml",
        text: "\
apiVersion: v1
kind: LimitRange
metadata:
  name: memory
spec:
  limits:
    - type: Container
      min:
        memory: 64Mi
      defaultRequest:
        memory: 256Mi
      default:
        memory: 512Mi
      max:
        memory: 1Gi
",
    }],
    check,
};

/// Each must not be above the next.
const ORDER: [&str; 4] = ["min", "defaultRequest", "default", "max"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for object in core_objects_of(subject, "LimitRange") {
        let namespace = object.root.text_at(&["metadata", "namespace"]);
        for item in object.root.items_at(&["spec", "limits"]) {
            within(item, findings);
            if item.text_at(&["type"]) == Some("Container") {
                containers(subject, item, namespace, findings);
            }
        }
    }
}

fn bound(item: &Node, key: &str) -> Option<Spanned<Amount>> {
    amount(item.get(key)?, "memory")
}

/// The first pair that contradicts; the others follow from it.
fn within(item: &Node, findings: &mut Vec<LintFinding>) {
    let bounds: Vec<_> = ORDER.iter().filter_map(|key| Some((*key, bound(item, key)?))).collect();
    let pairs = bounds.iter().zip(bounds.iter().skip(1));
    let first = pairs.filter(|(low, high)| is_above(&low.1, &high.1)).map(|(low, high)| {
        let ((low_key, low), (high_key, high)) = (low, high);
        let message = format!(
            "`{low_key}.memory` ({}) is above `{high_key}.memory` ({}): the API server refuses the LimitRange.",
            low.value.text, high.value.text
        );
        let at = report::between((low.span, low_key), (high.span, high_key));
        let help = format!("write at most `{}` for `{low_key}.memory`", high.value.text);
        report::error(RULE.id, at, message, help)
    });
    findings.extend(first.take(1));
}

fn containers(subject: &Subject<'_>, item: &Node, namespace: Option<&str>, findings: &mut Vec<LintFinding>) {
    let same = subject.file.workloads.iter().filter(|workload| {
        workload.namespace.as_ref().map(|namespace| namespace.value.as_str()) == namespace
    });
    for container in same.flat_map(|workload| &workload.pod.containers) {
        let resources = &container.resources;
        let limit = resources.limits.memory.as_ref();
        let request = resources.requests.memory.as_ref().or(limit);
        let name = &container.name.value;
        if let Some((max, limit)) = bound(item, "max").zip(limit).filter(|(max, limit)| is_above(limit, max))
        {
            let what = format!("The memory limit of container `{name}` ({}) is above", limit.value.text);
            findings.push(outside(&what, "max", limit, &max));
        }
        if let Some((min, request)) =
            bound(item, "min").zip(request).filter(|(min, request)| is_above(min, request))
        {
            let what = format!("The memory request of container `{name}` ({}) is below", request.value.text);
            findings.push(outside(&what, "min", request, &min));
        }
    }
}

fn outside(what: &str, key: &str, value: &Spanned<Amount>, bound: &Spanned<Amount>) -> LintFinding {
    let message = format!(
        "{what} `{key}` of the namespace's LimitRange ({}): the API server refuses its pods.",
        bound.value.text
    );
    let at = report::between((value.span, "the container"), (bound.span, "the LimitRange"));
    let word = if key == "max" { "at most" } else { "at least" };
    let help = format!("write {word} `{}` for the container", bound.value.text);
    report::error(RULE.id, at, message, help)
}

fn is_above(one: &Spanned<Amount>, other: &Spanned<Amount>) -> bool {
    one.value.milli.zip(other.value.milli).is_some_and(|(one, other)| one > other && other >= 0)
}
