//! Swap is on and the kubelet refuses it.
//!
//! Written in kubernetes/pkg/kubelet/cm/container_manager_linux.go (`NewContainerManager`): with `failSwapOn` and a second line in
//! /proc/swaps the kubelet ends; it looks once, at its start.

use super::kubelet::who;
use super::{Subject, line_of};
use model::lint::LintSeverity;
use model::node_check::NodeFinding;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let (Some(area), Some(kubelet)) = (subject.areas().first(), subject.next_start) else { return };
    if kubelet.known(&kubelet.fail_swap_on) != Some(&true) {
        return;
    }
    let runs_with_swap = subject.kubelet.is_some_and(|kubelet| !kubelet.fail_swap_on.value);
    let consequence = match (subject.kubelet_process(), runs_with_swap) {
        (Some(_), true) => "The kubelet that runs was started with another value, and ends at its next start",
        (Some(_), false) => {
            "The kubelet runs since before the swap was switched on, and ends at its next start"
        }
        (None, _) => "The kubelet does not start",
    };
    let behavior = if subject.wants_pod_swap() { "LimitedSwap" } else { "NoSwap" };
    let message = format!(
        "Swap is on and failSwapOn is true ({}). {consequence}: \"running with swap on is not supported\".",
        who(&kubelet.fail_swap_on.origin)
    );
    findings.push(
        NodeFinding::new("swap-refused-by-kubelet", LintSeverity::Error, message)
            .fix("write `failSwapOn: false` in a drop-in of the kubelet, or switch the swap off")
            .command(format!("highwater node plan --swap-behavior {behavior}"))
            .evidence(line_of(area)),
    );
}
