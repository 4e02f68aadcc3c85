//! The kubelet evicts pods before the kernel begins to swap.
//!
//! Written in `judge::eviction`: kubernetes issue 120800, mm/page_alloc.c.

use super::Subject;
use super::kubelet::who;
use crate::lint::report::amount;
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::outcome::eviction::FirstToAct;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(kubelet) = subject.kubelet else { return };
    if kubelet.eviction.value.is_none() {
        let message = format!(
            "There is no threshold of eviction for memory ({}): a short node kills instead of evicting.",
            who(&kubelet.eviction.origin)
        );
        findings.push(
            NodeFinding::new("no-memory-eviction", LintSeverity::Warning, message)
                .fix("write `memory.available: 100Mi` under `evictionHard`; the default is lost when the map is written without it"),
        );
    }
    let Some(line) = subject.eviction.filter(|_| !subject.areas().is_empty()) else { return };
    // Where pods do not swap, only what the system itself could give is lost.
    let severity = if subject.wants_pod_swap() { LintSeverity::Warning } else { LintSeverity::Info };
    let (severity, what) = match line.first {
        FirstToAct::Kernel => return,
        FirstToAct::Race => (LintSeverity::Info, "while the kernel swaps, which it begins"),
        FirstToAct::Kubelet => (severity, "although swap is free: the kernel begins to swap only"),
    };
    let message = format!(
        "Pods are evicted below {} of available memory, {what} below {} of free memory and ends at {}.",
        amount(line.eviction),
        amount(line.kswapd_wakes),
        amount(line.kswapd_sleeps)
    );
    findings.push(
        NodeFinding::new("eviction-before-swap", severity, message)
            .fix("raise the watermarks above the line, or lower the line")
            .command("highwater node plan --reclaim above-eviction")
            .evidence(format!("evictionHard memory.available: {}", who(&kubelet.eviction.origin)))
            .evidence("/proc/zoneinfo: low and high watermarks of all zones, summed"),
    );
}
