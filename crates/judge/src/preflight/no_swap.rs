//! Pods shall swap, and the machine has no swap.
//!
//! Written in KEP-2400 and kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container_linux.go: shares are shares of SwapTotal.

use super::Subject;
use super::kubelet::who;
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    if let Reading::Failed(why) = &subject.node.swap_areas {
        let message = format!("Whether there is swap is not known: {why}.");
        findings.push(NodeFinding::new("swap-unknown", LintSeverity::Warning, message));
    }
    let Reading::Value(areas) = &subject.node.swap_areas else { return };
    if !areas.is_empty() {
        return;
    }
    if let Some(kubelet) = subject.kubelet.filter(|_| subject.wants_pod_swap()) {
        let message = format!(
            "swapBehavior is {} ({}), and there is no swap to hand out.",
            kubelet.behavior.value,
            who(&kubelet.behavior.origin)
        );
        let finding = NodeFinding::new("no-swap", LintSeverity::Warning, message);
        findings.push(
            finding
                .fix("give the node swap, and start the kubelet again afterwards")
                .command("highwater node plan --swap 50%"),
        );
        return;
    }
    let message = "There is no swap: memory that nobody uses stays where it is, and the only answer to a shortage is to kill.";
    let finding = NodeFinding::new("no-swap", LintSeverity::Info, message.to_owned());
    findings.push(finding.command("highwater node plan --swap 50%"));
}
