//! Swap fields of a NodeConfig, which has none.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "node-config-has-no-swap-field",
    severity: LintSeverity::Warning,
    title: "a NodeConfig has no field for swap",
    why: "nodeadm knows no swap: a NodeConfig hands `spec.kubelet.config` to the kubelet and nothing else. Fields that \
          it does not know are skipped without a word, and `spec.featureGates` are nodeadm's own \
          (InstanceIdNodeName, FastImagePull), not the kubelet's (awslabs/amazon-eks-ami nodeadm/api, \
          bridge/decode.go).",
    bad: &[
        Example {
            file: "node.yaml",
            text: "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: one\n  instance:\n    localStorage:\n      strategy: RAID0\n      swap: 30Gi\n",
        },
        Example {
            file: "node.yaml",
            text: "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: one\n  featureGates:\n    NodeSwap: true\n",
        },
    ],
    good: &[Example {
        file: "node.yaml",
        text: "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: one\n  kubelet:\n    config:\n      failSwapOn: false\n      memorySwap:\n        swapBehavior: LimitedSwap\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        if document.kind != DocumentKind::NodeConfig {
            continue;
        }
        let Some(spec) = root.get("spec") else { continue };
        below(spec, "spec", findings);
    }
}

/// What stands below `spec.kubelet.config` is the kubelet's.
fn below(node: &Node, path: &str, findings: &mut Vec<LintFinding>) {
    for entry in node.entries() {
        let name = entry.name();
        let own = format!("{path}.{name}");
        if ["spec.kubelet.config", "spec.kubelet.flags", "spec.containerd", "spec.cluster"]
            .contains(&own.as_str())
        {
            continue;
        }
        if name.to_ascii_lowercase().contains("swap") {
            findings.push(finding(&own, entry));
        } else {
            below(&entry.value, &own, findings);
        }
    }
}

fn finding(path: &str, entry: &Entry) -> LintFinding {
    let (message, help) = if path.starts_with("spec.featureGates.") {
        (
            format!(
                "`{path}`: these are nodeadm's own feature gates, and it has none for swap. It skips it."
            ),
            "remove it; the kubelet needs no gate since 1.30, only `failSwapOn: false` under `spec.kubelet.config`",
        )
    } else if path.starts_with("spec.kubelet.") {
        (
            format!("`{path}` is no field of a NodeConfig: nodeadm skips it, and the kubelet never sees it."),
            "move it under `spec.kubelet.config`, as `failSwapOn: false` and `memorySwap.swapBehavior`",
        )
    } else {
        (
            format!("`{path}` is no field of a NodeConfig: nodeadm makes no swap and skips it."),
            "make the swap in a shell part of the user data, before the kubelet starts",
        )
    };
    report::warning(RULE.id, entry.key.span, message, help)
}
