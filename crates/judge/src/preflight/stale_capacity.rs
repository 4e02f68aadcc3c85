//! The kubelet runs since before the swap was switched on, and does not know of it.
//!
//! Written in the Kubernetes page "Swap memory management" (swap must be there before the kubelet starts) and measured on 1.36.2: after
//! a later `swapon` new pods get their shares of the old SwapTotal until the kubelet is started again.

use super::{Subject, in_words, line_of};
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(started) = subject.kubelet_process().and_then(|process| process.started.get()) else { return };
    if !subject.wants_pod_swap() {
        return;
    }
    let later: Vec<_> = subject
        .areas()
        .iter()
        .filter_map(|area| area.switched_on.get().filter(|on| *on > started).map(|on| (area, on)))
        .collect();
    let Some((first, on)) = later.first() else {
        let is_unknown = subject.areas().iter().any(|area| area.switched_on != Reading::Absent);
        if !is_unknown && !subject.areas().is_empty() {
            let message = "Whether the kubelet started after the swap was switched on is not known: the kernel's log does not reach back or may not be read.";
            findings.push(
                NodeFinding::new("kubelet-older-than-swap", LintSeverity::Info, message.to_owned())
                    .fix("compare status.nodeInfo.swap.capacity of the node with SwapTotal")
                    .command("kubectl get node NODE -o jsonpath='{.status.nodeInfo.swap.capacity}'"),
            );
        }
        return;
    };
    let names: Vec<String> = later.iter().map(|(area, _)| area.swap.path.clone()).collect();
    let message = format!(
        "The kubelet started {} s before {} was switched on. It counts swap once, at its start: new pods get their shares of the \
         swap that there was then.",
        on.saturating_sub(started).as_secs(),
        in_words(&names)
    );
    findings.push(
        NodeFinding::new("kubelet-older-than-swap", LintSeverity::Warning, message)
            .fix("start the kubelet again; containers that run keep what they have")
            .command("systemctl restart kubelet")
            .evidence(line_of(first))
            .evidence(format!(
                "the kubelet started {} s after boot, the swap {} s",
                started.as_secs(),
                on.as_secs()
            )),
    );
}
