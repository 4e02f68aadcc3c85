//! What the kubelet's swapBehavior makes of the swap that is there.
//!
//! Written in KEP-2400 (beta 2: `NoSwap` is the default and `UnlimitedSwap` is gone) and kubernetes/pkg/kubelet/apis/config/validation.

use super::Subject;
use super::kubelet::who;
use crate::{limited_swap, node_setup};
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::outcome::node::SwapBehavior;

/// Finds it. A value that does not exist is told by the rules on files; what only a flag or `/configz` shows is told here.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(kubelet) = subject.kubelet else { return };
    let version = subject.version.unwrap_or(node_setup::KUBERNETES_DEFAULT);
    let told = SwapBehavior::of(&kubelet.behavior.value);
    let behavior = told.unwrap_or_else(|| limited_swap::default_behavior(version));
    if kubelet.known(&kubelet.behavior).is_none()
        || subject.areas().is_empty()
        || behavior != SwapBehavior::NoSwap
    {
        return;
    }
    let message = format!(
        "There is swap, and pods do not use it: swapBehavior is {} ({}). Only what runs outside of pods swaps.",
        if kubelet.behavior.value.is_empty() { "NoSwap" } else { &kubelet.behavior.value },
        who(&kubelet.behavior.origin)
    );
    findings.push(
        NodeFinding::new("pods-do-not-swap", LintSeverity::Info, message)
            .fix("write `memorySwap.swapBehavior: LimitedSwap` when containers of Burstable pods shall swap")
            .command("highwater node plan --swap-behavior LimitedSwap"),
    );
}
