//! Swap of node pools of Azure.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::document::node::Node;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "aks-swap-needs-both-settings",
    severity: LintSeverity::Error,
    title: "swap of a node pool needs two settings",
    why: "AKS makes a swap file only with `linuxOSConfig.swapFileSizeMB` and `kubeletConfig.failSwapOn: false` \
          together; one alone is refused as InvalidCustomLinuxOSConfig. `memorySwap` is not among the \
          kubelet settings that AKS takes, so pods stay without swap (Azure/AKS#4352).",
    bad: &[Example {
        file: "pool.yaml",
        text: "apiVersion: containerservice.azure.com/v1api20240901\nkind: ManagedClustersAgentPool\nmetadata:\n  name: pool\nspec:\n  kubeletConfig:\n    failSwapOn: false\n",
    }],
    good: &[Example {
        file: "pool.yaml",
        text: "apiVersion: containerservice.azure.com/v1api20240901\nkind: ManagedClustersAgentPool\nmetadata:\n  name: pool\nspec:\n  kubeletConfig:\n    failSwapOn: false\n  linuxOSConfig:\n    swapFileSizeMB: 4096\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        let DocumentKind::Kubernetes { api_version, .. } = &document.kind else { continue };
        if api_version.contains("azure") {
            pool(root, findings);
        }
    }
}

fn pool(node: &Node, findings: &mut Vec<LintFinding>) {
    let kubelet = node.get("kubeletConfig");
    let off = kubelet
        .and_then(|kubelet| kubelet.entry("failSwapOn"))
        .filter(|entry| entry.value.bool() == Some(false));
    let size = node.get("linuxOSConfig").and_then(|linux| linux.entry("swapFileSizeMB"));
    let alone = match (off, size) {
        (Some(entry), None) => Some((entry, "linuxOSConfig.swapFileSizeMB: 4096")),
        (None, Some(entry)) => Some((entry, "kubeletConfig.failSwapOn: false")),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if let Some((entry, other)) = alone {
        let message = format!(
            "`{}` without `{other}`: AKS refuses the node pool (InvalidCustomLinuxOSConfig).",
            entry.name()
        );
        let help = format!("write `{other}` too");
        findings.push(report::error(RULE.id, entry.span(), message, help));
    }
    if let Some(entry) = kubelet.and_then(|kubelet| kubelet.entry("memorySwap")) {
        let message = "AKS takes no `memorySwap` in `kubeletConfig`: pods get no swap there.";
        let help = "remove it";
        findings.push(report::error(RULE.id, entry.key.span, message, help));
    }
    for entry in node.entries() {
        pool(&entry.value, findings);
        entry.value.items().iter().for_each(|item| pool(item, findings));
    }
}
