//! `vm.swappiness` against what the swap lies on.
//!
//! Written in the kernel's Documentation/admin-guide/sysctl/vm.rst: 0 to 200, 100 means equal cost; beyond 100 for zram and zswap; at 0
//! the kernel does not swap until free and file pages are below the high watermark.

use super::{Subject, is_zram};
use model::lint::LintSeverity;
use model::node::{SwapAreaInUse, SwapBacking};
use model::node_check::NodeFinding;

/// Below this a node that shall swap hardly does before the kubelet evicts.
const HESITANT_MAX: u64 = 10;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let (Some(value), false) = (subject.setting("vm.swappiness"), subject.areas().is_empty()) else { return };
    let is_memory = subject.areas().iter().all(is_zram);
    let turning = subject.areas().iter().find(|area| turns(subject, area));
    let (severity, what, wanted) = match value {
        0 => (
            LintSeverity::Warning,
            "the kernel swaps only when nearly nothing else is left, and kills soon after".to_owned(),
            60,
        ),
        1..=HESITANT_MAX if subject.wants_pod_swap() => (
            LintSeverity::Warning,
            "the kernel drops nearly all file pages before it swaps, so pods are evicted while swap is empty"
                .to_owned(),
            60,
        ),
        value if value > 100 && turning.is_some() => (
            LintSeverity::Warning,
            "the kernel takes swap for cheaper than files, and this swap lies on a disk that turns"
                .to_owned(),
            60,
        ),
        1..=99 if is_memory => (
            LintSeverity::Info,
            "swap is compressed memory, which is cheaper to read than files: values from 100 to 200 say so"
                .to_owned(),
            150,
        ),
        _ => return,
    };
    let message = format!("vm.swappiness is {value}: {what}.");
    findings.push(
        NodeFinding::new("swappiness-unfit", severity, message)
            .fix(format!("set vm.swappiness to {wanted}, in /etc/sysctl.d"))
            .command(format!("highwater node plan --swappiness {wanted}")),
    );
}

fn turns(subject: &Subject<'_>, area: &SwapAreaInUse) -> bool {
    let SwapBacking::Device { name } = &area.backing else { return false };
    let devices = subject.node.block_devices.value().map(Vec::as_slice).unwrap_or_default();
    devices.iter().any(|device| device.name == *name && device.is_rotational.get() == Some(true))
}
