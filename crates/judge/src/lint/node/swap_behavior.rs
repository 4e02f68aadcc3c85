//! Values of `memorySwap.swapBehavior`.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-behavior-not-accepted",
    severity: LintSeverity::Error,
    title: "a swap behaviour that this kubelet does not accept",
    why: "Since Kubernetes 1.30 `memorySwap.swapBehavior` is `NoSwap` (the default) or `LimitedSwap`; `UnlimitedSwap` was removed then, \
          and `NoSwap` did not exist before. The kubelet does not start with another value: \"memorySwap.swapBehavior must be one \
          of: \\\"\\\", LimitedSwap or NoSwap\" (kubelet validation.go; KEP-2400).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: UnlimitedSwap\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap: LimitedSwap\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let version = subject.target.kubernetes;
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        if let Some(entry) = root.entry("memorySwap")
            && let Some(text) = entry.value.text()
        {
            let message =
                format!("`memorySwap: {text}` is text where a mapping belongs. The kubelet does not start.");
            let help = "write `memorySwap:` and below it `swapBehavior: LimitedSwap`";
            findings.push(report::error(RULE.id, entry.span(), message, help));
        }
        let Some((span, behavior)) = kubelet::swap_behavior(root) else { continue };
        let known = if version >= KubernetesVersion(30) {
            ["LimitedSwap", "NoSwap"]
        } else {
            ["LimitedSwap", "UnlimitedSwap"]
        };
        if known.contains(&behavior) || behavior.contains(['$', '{']) {
            continue;
        }
        let was = match (behavior, version >= KubernetesVersion(30)) {
            ("UnlimitedSwap", true) => ": it was removed in 1.30",
            ("NoSwap", false) => ": it came with 1.30",
            _ => "",
        };
        let message = format!(
            "`swapBehavior: {behavior}` is not accepted by Kubernetes 1.{}{was}. The kubelet does not start.",
            version.0
        );
        let help = match behavior {
            "NoSwap" => "set `failSwapOn: true`, or move to Kubernetes 1.30".to_owned(),
            _ => format!(
                "write `{}`, the share of swap that matches each container's memory request",
                known[0]
            ),
        };
        findings.push(report::error(RULE.id, span, message, help));
    }
}
