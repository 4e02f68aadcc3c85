//! Swap fields of an EC2NodeClass's kubelet, which has none.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::document::node::Node;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "ec2-node-class-kubelet-has-no-swap",
    severity: LintSeverity::Error,
    title: "an EC2NodeClass has no field for swap",
    why: "`spec.kubelet` of an EC2NodeClass is a short list of fields without any about swap; the API server refuses \
          others (\"unknown field\", kubectl's strict validation) or drops them. Swap reaches the kubelet \
          only by a NodeConfig in `spec.userData` (karpenter-provider-aws, pkg/apis/v1/ec2nodeclass.go).",
    bad: &[Example {
        file: "class.yaml",
        text: "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata:\n  name: one\nspec:\n  amiSelectorTerms:\n    - alias: al2023@latest\n  kubelet:\n    failSwapOn: false\n",
    }],
    good: &[Example {
        file: "class.yaml",
        text: "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata:\n  name: one\nspec:\n  amiSelectorTerms:\n    - alias: al2023@latest\n  kubelet:\n    maxPods: 50\n    evictionHard:\n      memory.available: 5%\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        if document.kind != DocumentKind::Ec2NodeClass {
            continue;
        }
        let Some(spec) = root.get("spec") else { continue };
        let kubelet = spec.get("kubelet").map(Node::entries).unwrap_or_default().iter();
        let places = spec
            .entries()
            .iter()
            .map(|entry| ("spec", entry))
            .chain(kubelet.map(|entry| ("spec.kubelet", entry)));
        for (path, entry) in places {
            let name = entry.name();
            let wrong = name.to_ascii_lowercase().contains("swap")
                || path == "spec.kubelet"
                    && [
                        "featureGates",
                        "singleProcessOOMKill",
                        "memoryThrottlingFactor",
                        "memoryReservationPolicy",
                    ]
                    .contains(&name);
            if wrong {
                let message = format!(
                    "An EC2NodeClass has no `{path}.{name}`. The API server refuses it, or drops it."
                );
                let help = "write it in a NodeConfig in `spec.userData`, under `spec.kubelet.config`";
                findings.push(report::error(RULE.id, entry.key.span, message, help));
            }
        }
    }
}
