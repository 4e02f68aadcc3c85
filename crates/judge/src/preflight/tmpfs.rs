//! Secrets of pods that can be swapped out: tmpfs without `noswap`.
//!
//! Written in kubernetes/pkg/util/kernel/constants.go (`TmpfsNoswapSupportKernelVersion` is 6.4) and KEP-2400, "Memory-backed volumes".

use super::Subject;
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Where the kubelet mounts volumes of pods.
const VOLUMES: &str = "/var/lib/kubelet/pods/";

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    if subject.areas().is_empty() || subject.kubelet.is_none() {
        return;
    }
    if subject.node.features.tmpfs_noswap == Reading::Value(false) {
        let release = subject.node.host.kernel_release.value().map_or("this kernel", String::as_str);
        let message = format!(
            "Linux {release} has no `noswap` for tmpfs (6.4 has): secrets, tokens and memory-backed volumes of pods can be written to \
             swap."
        );
        findings.push(
            NodeFinding::new("tmpfs-may-swap", LintSeverity::Warning, message)
                .fix("use a kernel from 6.4 on, or encrypt the swap with a key of each boot"),
        );
        return;
    }
    let mounts = subject.node.filesystems.value().map(Vec::as_slice).unwrap_or_default();
    let of_pods = mounts.iter().filter(|one| one.kind == "tmpfs" && one.mount_point.starts_with(VOLUMES));
    let without: Vec<_> =
        of_pods.filter(|one| !one.options.split(',').any(|option| option == "noswap")).collect();
    let Some(first) = without.first() else { return };
    let message = format!(
        "{} memory-backed volumes of running pods are mounted without `noswap`: they are from before the kubelet knew of it, and can be \
         written to swap.",
        without.len()
    );
    findings.push(
        NodeFinding::new("tmpfs-may-swap", LintSeverity::Warning, message)
            .fix("start these pods again")
            .evidence(format!("{}: {}", first.mount_point, first.options)),
    );
}
