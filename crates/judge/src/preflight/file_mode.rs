//! A swap file that others may read.
//!
//! Written in swapon(8) (`insecure permissions 0644, 0600 suggested`).

use super::Subject;
use model::lint::LintSeverity;
use model::node::SwapBacking;
use model::node_check::NodeFinding;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    for area in subject.areas() {
        let SwapBacking::File { .. } = area.backing else { continue };
        let Some(mode) = area.mode.get().filter(|mode| mode & 0o077 != 0) else { continue };
        let path = &area.swap.path;
        let message = format!(
            "{path} has the permissions {mode:04o}: any user may read what was in other processes' memory. Expected 0600."
        );
        findings.push(
            NodeFinding::new("swap-file-readable", LintSeverity::Warning, message)
                .fix("take the permissions away; swap stays on")
                .command(format!("chmod 600 {path}")),
        );
    }
}
