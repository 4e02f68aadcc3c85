//! Swap on something that cannot carry it: a network, a file system that moves blocks, a file that was removed.
//!
//! Written in swapon(8), NOTES, and the kernel's mm/swapfile.c: the extents of a file are mapped once.

use super::{Subject, line_of};
use model::lint::LintSeverity;
use model::node::{SwapAreaInUse, SwapBacking};
use model::node_check::NodeFinding;

/// Devices whose blocks lie on another machine.
const REMOTE_DEVICES: [&str; 3] = ["nbd", "rbd", "drbd"];

/// File systems that lie on another machine or in memory.
const UNFIT: [(&str, &str); 8] = [
    ("nfs", "lies on another machine: the node hangs when the network does"),
    ("nfs4", "lies on another machine: the node hangs when the network does"),
    ("cifs", "lies on another machine: the node hangs when the network does"),
    ("smb3", "lies on another machine: the node hangs when the network does"),
    ("ceph", "lies on another machine: the node hangs when the network does"),
    ("overlay", "is a container's layer: the file is gone with the container"),
    ("tmpfs", "is memory itself: nothing is gained"),
    ("zfs", "allocates memory to write: swapping can block for ever"),
];

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    for area in subject.areas() {
        if let Some(why) = unfit(area) {
            let message = format!("{} {why}.", area.swap.path);
            findings.push(
                NodeFinding::new("swap-on-unfit-place", LintSeverity::Warning, message)
                    .fix("swap to a local disk")
                    .command("highwater node plan --swap 50%")
                    .evidence(line_of(area)),
            );
        }
        if area.swap.deleted {
            let message = format!(
                "{} was removed while it is in use: its space comes back only after swapoff, and no boot finds it again.",
                area.swap.path
            );
            findings.push(
                NodeFinding::new("swap-file-removed", LintSeverity::Warning, message)
                    .fix("switch it off and make it anew")
                    .evidence(line_of(area)),
            );
        }
    }
}

fn unfit(area: &SwapAreaInUse) -> Option<&'static str> {
    match &area.backing {
        SwapBacking::File { filesystem, .. } => {
            UNFIT.iter().find(|(kind, _)| kind == filesystem).map(|(_, why)| *why)
        }
        SwapBacking::Device { name } => REMOTE_DEVICES
            .iter()
            .any(|start| name.starts_with(start))
            .then_some("lies on another machine: the node hangs when the network does"),
        SwapBacking::Zram { .. } => None,
    }
}
