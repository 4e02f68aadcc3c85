//! Programs that kill for memory by rules of their own.
//!
//! Written in systemd-oomd.service(8), oomd.conf(5) (`SwapUsedLimit=90%`, `DefaultMemoryPressureLimit=60%`) and earlyoom(1).

use super::{Subject, in_words};
use model::lint::LintSeverity;
use model::node_check::NodeFinding;

/// Finds them.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    if subject.node.killers.is_empty() {
        return;
    }
    let names: Vec<String> = subject.node.killers.iter().map(|killer| killer.name.clone()).collect();
    let (severity, what) = if subject.kubelet.is_some() {
        (
            LintSeverity::Warning,
            "it kills pods that the kubelet believes to be well, and the kubelet tells an unexplained exit code 137",
        )
    } else if subject.runs_containers() {
        (
            LintSeverity::Info,
            "it may kill a container before the kernel would, and the engine does not say who did",
        )
    } else {
        (LintSeverity::Info, "it kills before the kernel would")
    };
    let message = format!("{} runs here: {what}.", in_words(&names));
    let mut finding = NodeFinding::new("another-killer", severity, message);
    for killer in &subject.node.killers {
        let cgroup = killer.cgroup.value().map_or("cgroup not known", String::as_str);
        finding = finding.evidence(format!("{}, process {}: {cgroup}", killer.name, killer.pid));
    }
    if subject.kubelet.is_some() {
        finding = finding
            .fix(
                "keep it off kubepods.slice (ManagedOOMSwap=auto, ManagedOOMMemoryPressure=auto), or stop it",
            )
            .command(format!("systemctl disable --now {}", names.join(" ")));
    }
    findings.push(finding);
}
