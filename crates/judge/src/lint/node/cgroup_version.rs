//! Kubelet settings that depend on the version of cgroups.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::node::{Entry, Node, Plain};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-and-cgroup-version",
    severity: LintSeverity::Error,
    title: "a kubelet setting that does not fit the version of cgroups",
    why: "On cgroup v1 the kubelet refuses `singleProcessOOMKill: false` and, from 1.35, to run at all unless \
          `failCgroupV1: false` is written; since 1.28 it gives containers there no swap, whatever \
          `swapBehavior` says. `singleProcessOOMKill` came with 1.32 and `failCgroupV1` with 1.31; kubelets \
          before skip them (kubelet validation_linux.go, KEP-2400, KEP-5573).",
    bad: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfeatureGates:\n  X: true\nsingleProcessOOMKill: no thanks\n",
    }],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nsingleProcessOOMKill: true\nfailCgroupV1: true\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        for (name, since) in [("singleProcessOOMKill", 32), ("failCgroupV1", 31)] {
            if let Some(entry) = root.entry(name) {
                findings.extend(not_a_bool(entry).or_else(|| unknown(subject, entry, since)));
            }
        }
        if subject.target.cgroup == CgroupVersion::V1 {
            on_v1(subject, root, findings);
        }
    }
}

fn not_a_bool(entry: &Entry) -> Option<LintFinding> {
    let Plain::Text(text) = entry.value.scalar()?.plain() else { return None };
    if text.contains(['$', '{']) {
        return None;
    }
    let message = format!(
        "`{}` is the text \"{text}\", not true or false. The kubelet cannot read its configuration and does not start.",
        entry.name()
    );
    let help = "write `true` or `false` without quotes";
    Some(report::error(RULE.id, entry.span(), message, help))
}

fn unknown(subject: &Subject<'_>, entry: &Entry, since: u16) -> Option<LintFinding> {
    let version = subject.target.kubernetes;
    (version < KubernetesVersion(since)).then(|| {
        let name = entry.name();
        let message = format!(
            "Kubernetes 1.{} has no `{name}`: it came with 1.{since}, and the kubelet skips it.",
            version.0
        );
        let help = format!("remove it, or move to Kubernetes 1.{since}");
        report::warning(RULE.id, entry.key.span, message, help)
    })
}

fn on_v1(subject: &Subject<'_>, root: &Node, findings: &mut Vec<LintFinding>) {
    let version = subject.target.kubernetes;
    let mut say = |span, message: &str, help: &str| {
        findings.push(report::error(RULE.id, span, message, help));
    };
    if let Some(entry) = root.entry("singleProcessOOMKill").filter(|entry| entry.value.bool() == Some(false))
    {
        let message = "`singleProcessOOMKill: false` is refused on cgroup v1. The kubelet does not start.";
        say(
            entry.span(),
            message,
            "remove it, or write `true`: cgroup v1 cannot kill a container as a whole",
        );
    }
    if let Some(entry) = root.entry("failCgroupV1").filter(|entry| entry.value.bool() == Some(true)) {
        let message = "`failCgroupV1: true` on a machine with cgroup v1. The kubelet does not start.";
        say(entry.span(), message, "write `failCgroupV1: false`, or move the machine to cgroup v2");
    }
    if version >= KubernetesVersion(28)
        && let Some((span, "LimitedSwap")) = kubelet::swap_behavior(root)
    {
        let message = "`swapBehavior: LimitedSwap` gives no container swap on cgroup v1.";
        let help = "move the machine to cgroup v2";
        findings.push(report::warning(RULE.id, span, message, help));
    }
}

#[cfg(test)]
mod tests {
    use super::{CgroupVersion, KubernetesVersion, RULE};
    use crate::lint::Subject;
    use crate::lint::report::tests_support::kubelet;
    use model::lint::{LintSeverity, LintTarget};

    #[test]
    fn v1_refuses_what_v2_takes() {
        let file = kubelet(&[("singleProcessOOMKill", "false"), ("failCgroupV1", "true")]);
        let count = |cgroup| {
            let mut findings = Vec::new();
            let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup };
            (RULE.check)(&Subject { file: &file, target }, &mut findings);
            findings.iter().filter(|finding| finding.severity == LintSeverity::Error).count()
        };
        assert_eq!(count(CgroupVersion::V1), 2);
        assert_eq!(count(CgroupVersion::V2), 0);
    }
}
