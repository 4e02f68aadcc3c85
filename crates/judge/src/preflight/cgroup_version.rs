//! cgroup v1, or v2 without the controllers that limits need.
//!
//! Written in KEP-2400 (LimitedSwap is for cgroup v2 alone), KEP-5573 (`failCgroupV1` is true since 1.35), and the kernel's
//! Documentation/admin-guide/cgroup-v2.rst.

use super::Subject;
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintSeverity};
use model::node_check::NodeFinding;
use model::reading::Reading;

/// The first version whose kubelet refuses v1 unless told otherwise.
const REFUSED_SINCE: KubernetesVersion = KubernetesVersion(35);

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    match &subject.node.host.cgroup_version {
        Reading::Value(CgroupVersion::V1) => version_1(subject, findings),
        Reading::Value(CgroupVersion::V2) => controllers(subject, findings),
        Reading::Absent => {}
        Reading::Failed(why) => {
            let message = format!("No limit of memory or swap can hold here: {why}.");
            findings.push(NodeFinding::new("no-memory-controller", LintSeverity::Error, message));
        }
    }
    if subject.node.features.swap_limit == Reading::Value(false) {
        let message = match subject.node.host.cgroup_version.get() {
            Some(CgroupVersion::V1) => {
                "The kernel does not account swap per cgroup (no memory.memsw.limit_in_bytes): no container's swap can be limited."
            }
            Some(CgroupVersion::V2) | None => {
                "The kernel does not limit swap per cgroup (no memory.swap.max): the kubelet sets nothing, and every container may swap without limit."
            }
        };
        findings.push(
            NodeFinding::new("swap-not-limitable", LintSeverity::Warning, message.to_owned())
                .fix("boot with swapaccount=1; the kernel needs CONFIG_SWAP and CONFIG_MEMCG"),
        );
    }
}

fn version_1(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(kubelet) = subject.kubelet else {
        let message = "Memory is on cgroup v1: swap has no limit of its own, there is no memory.high, and no pressure per cgroup.".to_owned();
        let finding = NodeFinding::new("cgroup-v1", LintSeverity::Info, message);
        findings.push(finding.fix("the steps to cgroup v2 stand under Migration"));
        return;
    };
    let refuses = kubelet
        .fail_cgroup_v1
        .as_ref()
        .map_or_else(|| subject.version.is_some_and(|version| version >= REFUSED_SINCE), |told| told.value);
    let (severity, what) = if refuses {
        (LintSeverity::Error, "and this kubelet does not start on it (failCgroupV1)")
    } else if subject.wants_pod_swap() {
        (LintSeverity::Error, "so LimitedSwap hands out nothing: pods do not swap")
    } else {
        (LintSeverity::Warning, "so pods cannot swap, and kubelets since 1.35 do not start on it")
    };
    let message = format!("Memory is on cgroup v1, {what}.");
    let finding = NodeFinding::new("cgroup-v1", severity, message);
    findings.push(finding.fix("move the node to cgroup v2: the steps stand under Migration"));
}

fn controllers(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Reading::Value(controllers) = &subject.node.controllers else { return };
    let is_missing = |name: &&str| !controllers.iter().any(|found| found == name);
    let missing: Vec<&str> = ["cpu", "memory", "pids"].into_iter().filter(is_missing).collect();
    if missing.is_empty() || subject.kubelet.is_none() {
        return;
    }
    let message =
        format!("The root cgroup lacks the controllers {}: the kubelet does not start.", missing.join(", "));
    findings.push(
        NodeFinding::new("controllers-missing", LintSeverity::Error, message)
            .fix("look for cgroup_disable= and cgroup_no_v1= on the kernel's command line")
            .evidence(format!("cgroup.controllers: {}", controllers.join(" "))),
    );
}
