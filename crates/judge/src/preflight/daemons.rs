//! The kubelet or the runtime can be swapped out.
//!
//! Written in KEP-2400 (best practices: `memory.swap.max=0` for the slice of system daemons). Which slice that is, their cgroups tell:
//! on EKS it is runtime.slice (awslabs/amazon-eks-ami, kubelet.service).

use super::{Subject, in_words};
use crate::lint::report::amount;
use kernel::bytes::Bytes;
use model::lint::LintSeverity;
use model::node::Daemon;
use model::node_check::NodeFinding;
use model::reading::Reading;
use std::collections::BTreeMap;

/// Finds it, one finding a slice.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    if subject.areas().is_empty() || subject.kubelet.is_none() {
        return;
    }
    let mut slices: BTreeMap<String, Vec<&Daemon>> = BTreeMap::new();
    for daemon in subject.kubelet_process().into_iter().chain(&subject.node.runtimes) {
        if let (Reading::Value(cgroup), Reading::Value(limit)) = (&daemon.cgroup, &daemon.swap_max)
            && *limit != Some(Bytes::ZERO)
        {
            slices.entry(slice_of(cgroup)).or_default().push(daemon);
        }
    }
    for (slice, daemons) in slices {
        let names: Vec<String> = daemons.iter().map(|daemon| daemon.name.clone()).collect();
        let swapped: Bytes = daemons.iter().filter_map(|daemon| daemon.swapped.get()).sum();
        let now = match swapped {
            Bytes::ZERO => String::new(),
            swapped => format!(" They have {} in swap now.", amount(swapped)),
        };
        let message = format!(
            "{slice} may swap, and {} {} in it: a node that swaps its kubelet answers late and becomes NotReady.{now}",
            in_words(&names),
            if names.len() == 1 { "lives" } else { "live" }
        );
        let mut finding = NodeFinding::new("system-may-swap", LintSeverity::Warning, message)
            .fix(format!("set MemorySwapMax=0 on {slice}, by a drop-in"))
            .command("highwater node plan --protect-system");
        for daemon in daemons {
            let cgroup = daemon.cgroup.value().map(String::as_str).unwrap_or_default();
            finding = finding.evidence(format!("{}, process {}: {cgroup}", daemon.name, daemon.pid));
        }
        findings.push(finding);
    }
}

/// The innermost slice that a cgroup lies in; the cgroup itself where there is none.
#[must_use]
pub fn slice_of(cgroup: &str) -> String {
    let slice = cgroup.rsplit('/').find(|level| level.ends_with(".slice"));
    slice.map_or_else(|| cgroup.to_owned(), str::to_owned)
}
