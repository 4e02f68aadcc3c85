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
    if !kubelet.fail_swap_on.value {
        return;
    }
    let consequence = if subject.kubelet_process().is_some() {
        "The kubelet runs since before the swap was switched on and ends at its next start"
    } else {
        "The kubelet does not start"
    };
    let message = format!(
        "Swap is on and failSwapOn is true ({}). {consequence}: \"running with swap on is not supported\".",
        who(&kubelet.fail_swap_on.origin)
    );
    findings.push(
        NodeFinding::new("swap-refused-by-kubelet", LintSeverity::Error, message)
            .fix("write `failSwapOn: false` in a drop-in of the kubelet, or switch the swap off")
            .command("highwater node plan --swap-behavior NoSwap")
            .evidence(line_of(area)),
    );
}
