//! Eviction thresholds of memory that the kubelet refuses, or that never fire.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::{Entry, Node, Plain};
use model::lint::{LintFinding, LintSeverity};
use model::quantity::kubernetes;

/// The rule.
pub const RULE: Rule = Rule {
    id: "eviction-threshold-not-accepted",
    severity: LintSeverity::Error,
    title: "an eviction threshold that is refused or never reached",
    why: "Thresholds are text: a quantity of Kubernetes above zero (`100Mi`) or a percentage (`5%`; `0%` and `100%` \
          switch the signal off). Another value, a number without quotes or an unknown signal stops the \
          kubelet; a threshold without a unit is bytes and is never reached. A soft threshold needs a grace \
          period (kubelet eviction/helpers.go).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nevictionHard:\n  memory.available: 100MB\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nevictionHard:\n  swap.available: 10%\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nevictionSoft:\n  memory.available: 500Mi\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nevictionHard:\n  memory.available: 100Mi\n  nodefs.available: 10%\nevictionSoft:\n  memory.available: 5%\nevictionSoftGracePeriod:\n  memory.available: 1m30s\n",
    }],
    check,
};

const SIGNALS: [&str; 9] = [
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "allocatableMemory.available",
    "pid.available",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        for list in ["evictionHard", "evictionSoft"] {
            for entry in root.get(list).map(Node::entries).unwrap_or_default() {
                findings.extend(one(list, entry));
            }
        }
        let soft = root.get("evictionSoft").and_then(|soft| soft.entry("memory.available"));
        let periods = root.get("evictionSoftGracePeriod");
        let has_period = periods.is_some_and(|periods| periods.get("memory.available").is_some());
        if let Some(entry) = soft.filter(|_| !has_period && !kubelet::is_part(subject, &configuration)) {
            let message =
                "The soft threshold of memory.available has no grace period. The kubelet does not start.";
            let help = "write `memory.available: 1m30s` under `evictionSoftGracePeriod`";
            findings.push(report::error(RULE.id, entry.span(), message, help));
        }
    }
}

fn one(list: &str, entry: &Entry) -> Option<LintFinding> {
    let signal = entry.name();
    if !SIGNALS.contains(&signal) {
        let about_memory = signal.contains("mem") || signal.contains("swap");
        return about_memory.then(|| {
            let message = format!("The kubelet has no eviction signal `{signal}`. It does not start.");
            let help = "write `memory.available`; swap is no signal of eviction";
            report::error(RULE.id, entry.span(), message, help)
        });
    }
    if signal != "memory.available" {
        return None;
    }
    let scalar = entry.value.scalar()?;
    let fault = match scalar.plain() {
        Plain::Integer(_) | Plain::Float(_) | Plain::Bool(_) => {
            "is no text: the kubelet cannot read its configuration and does not start"
        }
        Plain::Null => return None,
        Plain::Text(text) => fault(text)?,
    };
    let message = format!("`{list}` of memory.available, `{}`, {fault}.", scalar.text);
    let help = "write an amount with its unit such as `100Mi`, or a share such as `5%`, in quotes";
    let is_warning = fault == NEVER;
    let make = if is_warning { report::warning } else { report::error };
    Some(make(RULE.id, entry.span(), message, help))
}

const NEVER: &str = "is less than a page of memory, so pods are never evicted";

fn fault(text: &str) -> Option<&'static str> {
    if text.contains(['$', '{']) {
        return None;
    }
    if let Some(share) = text.strip_suffix('%') {
        let share: f64 = match share.parse() {
            Ok(share) => share,
            Err(_) => return Some("is no percentage: the kubelet does not start"),
        };
        return (!(0.0..=100.0).contains(&share))
            .then_some("is outside 0% to 100%: the kubelet does not start");
    }
    match kubernetes::milli(text) {
        None => Some("is no quantity of Kubernetes: the kubelet does not start"),
        Some(milli) if milli <= 0 => Some("must be above zero: the kubelet does not start"),
        Some(milli) if milli < 4_096_000 => Some(NEVER),
        Some(_) => None,
    }
}
