//! Swap in the configuration of kubeadm.

use crate::lint::node::{kubelet, script};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Span;
use model::document::kind::DocumentKind;
use model::document::node::Node;
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubeadm-and-swap",
    severity: LintSeverity::Error,
    title: "swap is no matter of kubeadm",
    why: "Since Kubernetes 1.28 kubeadm's check `Swap` only warns, so ignoring it changes nothing: the kubelet's \
          `failSwapOn` decides. `featureGates` of a ClusterConfiguration are kubeadm's own, and kubeadm \
          refuses names that it does not know, such as NodeSwap (kubeadm features.go).",
    bad: &[
        Example {
            file: "kubeadm.yaml",
            text: "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nfeatureGates:\n  NodeSwap: true\n",
        },
        Example { file: "init.sh", text: "#!/bin/sh\nkubeadm init --ignore-preflight-errors=Swap\n" },
    ],
    good: &[
        Example {
            file: "kubeadm.yaml",
            text: "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.0\n---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\n",
        },
        Example { file: "init.sh", text: "#!/bin/sh\nkubeadm init --config kubeadm.yaml\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        if !matches!(document.kind, DocumentKind::Kubeadm { .. }) {
            continue;
        }
        if let Some(entry) = root.get("featureGates").and_then(|gates| gates.entry("NodeSwap")) {
            let message =
                "kubeadm has no feature gate NodeSwap, the kubelet has. `kubeadm init` refuses the file.";
            let help = "remove it; `failSwapOn: false` belongs into a KubeletConfiguration in this file";
            findings.push(report::error(RULE.id, entry.span(), message, help));
        }
        let ignored =
            root.at(&["nodeRegistration", "ignorePreflightErrors"]).map(Node::items).unwrap_or_default();
        for item in
            ignored.iter().filter(|item| item.text().is_some_and(|text| text.eq_ignore_ascii_case("swap")))
        {
            findings.extend(needless(subject, item.span));
        }
    }
    for script in script::scripts(subject) {
        for call in script.calls_of("kubeadm") {
            let mut words = call.words.iter().peekable();
            while let Some(word) = words.next() {
                let Some(rest) = word.value.strip_prefix("--ignore-preflight-errors") else { continue };
                let value = rest
                    .strip_prefix('=')
                    .or_else(|| words.peek().map(|next| next.value.as_str()))
                    .unwrap_or("");
                if value.split(',').any(|name| name.eq_ignore_ascii_case("swap")) {
                    findings.extend(needless(subject, word.span));
                }
            }
        }
    }
}

fn needless(subject: &Subject<'_>, span: Span) -> Option<LintFinding> {
    let version = subject.target.kubernetes;
    (version >= KubernetesVersion(28)).then(|| {
        let message = format!("kubeadm of 1.{} only warns of swap, so this changes nothing: the kubelet's `failSwapOn` decides.", version.0);
        let help = "remove it, and write `failSwapOn: false` in a KubeletConfiguration";
        report::info(RULE.id, span, message, help)
    })
}
