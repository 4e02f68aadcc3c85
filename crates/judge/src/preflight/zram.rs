//! Compressed memory: in front of itself, behind a disk, or larger than the kubelet can see.
//!
//! Written in the kernel's Documentation/admin-guide/mm/zswap.rst (zswap compresses what goes to a swap device) and blockdev/zram.rst;
//! the blind spot in opencontainers/cgroups (`rootStatsFromMeminfo`: the root's usage is anon and file) and bottlerocket issue 4903.

use super::{Subject, in_words, is_zram, line_of};
use crate::lint::report::amount;
use kernel::bytes::Bytes;
use model::lint::LintSeverity;
use model::node_check::NodeFinding;

/// Finds them.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let zram: Vec<_> = subject.areas().iter().filter(|area| is_zram(area)).collect();
    let Some(first) = zram.first() else { return };
    if subject.node.host.zswap.value().is_some_and(|zswap| zswap.is_enabled) {
        let message = "zswap is on and swap lies in zram: every page is compressed twice, and zswap's pool and zram hold the same memory.";
        findings.push(
            NodeFinding::new("zram-behind-zswap", LintSeverity::Warning, message.to_owned())
                .fix("switch zswap off, or swap to a disk instead of zram")
                .command("echo N > /sys/module/zswap/parameters/enabled")
                .evidence("/sys/module/zswap/parameters/enabled: Y")
                .evidence(line_of(first)),
        );
    }
    priorities(subject, findings);
    blind_spot(subject, zram.iter().map(|area| area.swap.size).sum(), findings);
}

/// The area with the larger priority is filled first.
fn priorities(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let lowest = subject.areas().iter().filter(|area| is_zram(area)).min_by_key(|area| area.swap.priority);
    let Some(zram) = lowest else { return };
    let before: Vec<_> = subject
        .areas()
        .iter()
        .filter(|area| !is_zram(area) && area.swap.priority >= zram.swap.priority)
        .collect();
    if before.is_empty() {
        return;
    }
    let names: Vec<String> = before.iter().map(|area| area.swap.path.clone()).collect();
    let message = format!(
        "{} is used before {}: the disk fills first, and compressed memory stays empty.",
        in_words(&names),
        zram.swap.path
    );
    let mut finding = NodeFinding::new("disk-before-zram", LintSeverity::Warning, message)
        .fix("give zram a larger priority than the disk");
    finding = finding.evidence(line_of(zram));
    findings.push(before.into_iter().fold(finding, |finding, area| finding.evidence(line_of(area))));
}

fn blind_spot(subject: &Subject<'_>, size: Bytes, findings: &mut Vec<NodeFinding>) {
    let Some(line) = subject.eviction.filter(|line| subject.is_v2() && size > line.eviction) else { return };
    let message = format!(
        "zram offers {}, more than the {} at which the kubelet evicts. What zram holds is missing from the kubelet's sum, so memory \
         can run out without an eviction: the node works on swapping until it is NotReady.",
        amount(size),
        amount(line.eviction)
    );
    findings.push(
        NodeFinding::new("zram-unseen-by-eviction", LintSeverity::Warning, message)
            .fix("make zram smaller, or add a guard that looks at memory pressure"),
    );
}
