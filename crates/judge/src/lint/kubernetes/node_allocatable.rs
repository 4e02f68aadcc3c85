//! What a node can give, written by hand.

use crate::lint::kubernetes::object::core_objects_of;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "node-allocatable-is-the-kubelets",
    severity: LintSeverity::Error,
    title: "allocatable and capacity are not part of a node's spec",
    why: "A Node's `spec` has no `allocatable` and no `capacity` (core/v1 NodeSpec): both are status, which the kubelet reports from \
          what the machine has and what its own configuration reserves. kubectl refuses the unknown field, older versions drop it. \
          Neither holds swap; since 1.34 the kubelet reports `status.nodeInfo.swap.capacity`.",
    bad: &[Example {
        file: "node.yaml",
        text: "\
apiVersion: v1
kind: Node
metadata:
  name: worker-1
spec:
  allocatable:
    memory: 15Gi
    swap: 8Gi
",
    }],
    good: &[Example {
        file: "node.yaml",
        text: "\
apiVersion: v1
kind: Node
metadata:
  name: worker-1
  labels:
    feature.node.kubernetes.io/memory-swap: \"true\"
spec:
  taints:
    - key: example.com/swap
      effect: NoSchedule
status:
  allocatable:
    memory: 15Gi
  nodeInfo:
    swap:
      capacity: 8589934592
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for object in core_objects_of(subject, "Node") {
        let spec = object.root.entries_at(&["spec"]);
        for entry in spec
            .iter()
            .filter(|entry| matches!(entry.name(), "allocatable" | "capacity" | "swap" | "memorySwap"))
        {
            let name = entry.name();
            let message = format!(
                "A Node's spec has no `{name}`: kubectl refuses it, and nothing on the node would change."
            );
            let help = match name {
                "swap" | "memorySwap" => {
                    "remove it; write `memorySwap.swapBehavior` into the node's KubeletConfiguration"
                }
                _ => {
                    "remove it; `systemReserved` and `kubeReserved` in the node's KubeletConfiguration decide what is allocatable"
                }
            };
            findings.push(report::error(RULE.id, entry.key.span, message, help));
        }
    }
}
