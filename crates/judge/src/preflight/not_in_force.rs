//! The kubelet's files say something else than the kubelet: it was not started again since they were written.
//!
//! Written in kubernetes/cmd/kubelet/app/server.go: files are read once, at the start; `/configz` tells what was read.

use super::Subject;
use super::kubelet::{CONFIGZ, who};
use model::lint::LintSeverity;
use model::node_check::{NodeFinding, Told};
use model::outcome::node::Origin;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let (Some(now), Some(next)) = (subject.kubelet, subject.next_start) else { return };
    compare("failSwapOn", &now.fail_swap_on, &next.fail_swap_on, findings);
    compare("memorySwap.swapBehavior", &now.behavior, &next.behavior, findings);
    compare("evictionHard memory.available", &now.eviction, &next.eviction, findings);
}

fn compare<T: PartialEq + std::fmt::Debug>(
    name: &str,
    now: &Told<T>,
    next: &Told<T>,
    findings: &mut Vec<NodeFinding>,
) {
    let is_told = matches!(&now.origin, Origin::File { name, .. } if name == CONFIGZ);
    if !is_told || now.value == next.value {
        return;
    }
    let message =
        format!("{name} is another one in the running kubelet than its files say ({}).", who(&next.origin));
    findings.push(
        NodeFinding::new("kubelet-not-restarted", LintSeverity::Warning, message)
            .fix("start the kubelet again")
            .command("systemctl restart kubelet")
            .evidence(format!("/configz: {:?}", now.value))
            .evidence(format!("{}: {:?}", who(&next.origin), next.value)),
    );
}
