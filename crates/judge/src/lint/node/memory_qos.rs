//! Fields of MemoryQoS.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::node::{Entry, Plain};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-qos-settings",
    severity: LintSeverity::Error,
    title: "MemoryQoS settings that are refused or do nothing",
    why: "`memoryThrottlingFactor` (above 0, at most 1) sets memory.high, `memoryReservationPolicy` (since 1.36: `None` or \
          `TieredReservation`) sets memory.min and memory.low. Both act only with the feature gate MemoryQoS, which is off by default \
          before 1.37, and only on cgroup v2 (KEP-2570).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates:\n  MemoryQoS: true\nmemoryThrottlingFactor: 1.5\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmemoryThrottlingFactor: 0.8\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates:\n  MemoryQoS: true\nmemoryThrottlingFactor: 0.8\n",
    }],
    check,
};

const POLICY: KubernetesVersion = KubernetesVersion(36);
const BETA: KubernetesVersion = KubernetesVersion(37);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let gate = kubelet::gate_anywhere(subject, "MemoryQoS");
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        let is_part = kubelet::is_part(subject, &configuration);
        let idle = |entry| idle(subject, gate, is_part, entry);
        if let Some(entry) = root.entry("memoryThrottlingFactor") {
            findings.extend(factor(entry).or_else(|| idle(entry)));
        }
        if let Some(entry) = root.entry("memoryReservationPolicy") {
            findings.extend(policy(subject, entry).or_else(|| idle(entry)));
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn factor(entry: &Entry) -> Option<LintFinding> {
    let value = match entry.value.scalar()?.plain() {
        Plain::Integer(value) => value as f64,
        Plain::Float(value) => value,
        Plain::Null | Plain::Bool(_) | Plain::Text(_) => return None,
    };
    (!(value > 0.0 && value <= 1.0)).then(|| {
        let message = format!(
            "`memoryThrottlingFactor: {value}` is not above 0 and at most 1. The kubelet does not start."
        );
        let help = "write a share such as `0.9`";
        report::error(RULE.id, entry.span(), message, help)
    })
}

fn policy(subject: &Subject<'_>, entry: &Entry) -> Option<LintFinding> {
    let text = entry.value.text().filter(|text| !text.is_empty())?;
    if subject.target.kubernetes < POLICY {
        let message = format!(
            "Kubernetes 1.{} has no `memoryReservationPolicy`: it came with 1.36, and the kubelet skips it.",
            subject.target.kubernetes.0
        );
        let help = "remove it, or move to Kubernetes 1.36";
        return Some(report::warning(RULE.id, entry.key.span, message, help));
    }
    (!["None", "TieredReservation"].contains(&text)).then(|| {
        let message =
            format!("`memoryReservationPolicy: {text}` is not accepted. The kubelet does not start.");
        let help = "write `None` or `TieredReservation`";
        report::error(RULE.id, entry.span(), message, help)
    })
}

/// Set, and without effect: no gate, or no cgroup v2.
fn idle(subject: &Subject<'_>, gate: Option<bool>, is_part: bool, entry: &Entry) -> Option<LintFinding> {
    // A null, and the defaults that whole configurations repeat, set nothing.
    if entry.value.is_null() || ["None", "0.9"].contains(&entry.value.text().unwrap_or("")) {
        return None;
    }
    let on = gate.unwrap_or(subject.target.kubernetes >= BETA);
    let (why, help) = if subject.target.cgroup == CgroupVersion::V1 {
        (
            "cgroup v1 has no memory.high, memory.low and memory.min",
            "remove it, or move the node to cgroup v2",
        )
    } else if !(on || gate.is_none() && is_part) {
        ("the feature gate MemoryQoS is off", "write `MemoryQoS: true` under `featureGates`, or remove it")
    } else {
        return None;
    };
    let message = format!("`{}` has no effect: {why}.", entry.name());
    Some(report::warning(RULE.id, entry.key.span, message, help))
}
