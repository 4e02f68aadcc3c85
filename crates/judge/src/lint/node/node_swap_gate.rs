//! The feature gate NodeSwap, by version.

use crate::lint::node::kubelet::{self, Configuration};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Span;
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "node-swap-gate",
    severity: LintSeverity::Error,
    title: "the feature gate NodeSwap does not fit the version",
    why: "NodeSwap came in 1.22 and had to be switched on up to 1.29. It is on since 1.30, locked since 1.34 (false is refused at start), \
          and is to be removed, after which its name alone is refused as unknown (KEP-2400, kube_features.go).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nfeatureGates:\n  NodeSwap: true\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates:\n  NodeSwap: false\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n",
    }],
    check,
};

const FIRST: KubernetesVersion = KubernetesVersion(22);
const ON: KubernetesVersion = KubernetesVersion(30);
const LOCKED: KubernetesVersion = KubernetesVersion(34);
const ENDS: KubernetesVersion = KubernetesVersion(37);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let version = subject.target.kubernetes;
    let anywhere = kubelet::gate_anywhere(subject, "NodeSwap");
    for configuration in kubelet::configurations(subject) {
        let gate = kubelet::gate(configuration.root, "NodeSwap");
        if let Some((span, value)) = gate {
            findings.extend(finding(version, span, value, &format!("NodeSwap: {value}")));
        }
        let behavior = kubelet::swap_behavior(configuration.root).filter(|(_, text)| *text != "NoSwap");
        if let Some((span, behavior)) = behavior {
            findings.extend(needed(subject, &configuration, anywhere, (span, behavior)));
        }
    }
    for flag in kubelet::flags(subject) {
        match kubelet::gate_in_flag(&flag, "NodeSwap") {
            Some("true") => findings.extend(finding(version, flag.span, true, "NodeSwap=true")),
            Some("false") => findings.extend(finding(version, flag.span, false, "NodeSwap=false")),
            Some(_) | None => {}
        }
    }
}

fn finding(version: KubernetesVersion, span: Span, value: bool, text: &str) -> Option<LintFinding> {
    let release = version.0;
    let help = if version >= LOCKED || value {
        "remove the gate; `failSwapOn: false` and `memorySwap.swapBehavior` are enough"
    } else {
        "remove the gate; `failSwapOn: true` keeps swap away"
    };
    if version < FIRST {
        let message = format!(
            "Kubernetes 1.{release} has no feature gate NodeSwap: it came with 1.22. The kubelet does not start."
        );
        Some(report::error(RULE.id, span, message, help))
    } else if version >= LOCKED && !value {
        let message = format!(
            "`{text}`: the gate is locked to true since 1.34. The kubelet of 1.{release} does not start."
        );
        Some(report::error(RULE.id, span, message, help))
    } else if version >= ON && value {
        let then = if version >= ENDS {
            "The gate is about to be removed, and a kubelet without it does not start."
        } else {
            "Once the gate is removed, a kubelet does not start with it."
        };
        let message = format!("`{text}` has no effect: swap is on by default since 1.30. {then}");
        Some(report::warning(RULE.id, span, message, help))
    } else {
        None
    }
}

/// Up to 1.29, and where the gate is off, the field itself is refused.
fn needed(
    subject: &Subject<'_>,
    configuration: &Configuration<'_>,
    gate: Option<bool>,
    (span, behavior): (Span, &str),
) -> Option<LintFinding> {
    let version = subject.target.kubernetes;
    let off = match gate {
        Some(on) => !on,
        None => version < ON && !kubelet::is_part(subject, configuration),
    };
    if !off || version >= LOCKED || version < FIRST {
        return None;
    }
    let message = format!(
        "`swapBehavior: {behavior}` needs the feature gate NodeSwap, which is off in this configuration on 1.{}. The kubelet \
         does not start.",
        version.0
    );
    let help =
        if version < ON { "write `NodeSwap: true` under `featureGates`" } else { "remove `NodeSwap: false`" };
    Some(report::error(RULE.id, span, message, help))
}
