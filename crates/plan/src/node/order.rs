//! The order of steps, and the steps that stand around others: systemd reads units again, the kubelet starts again.

use crate::node::draft::Draft;
use crate::node::look::Look;
use model::plan::{Change, UnitAction};

/// When a step comes. The kubelet's files are first: once swap is on, a kubelet that was not told exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Files of the kubelet.
    KubeletConfig,
    /// Swap that shall be another is switched off, while the units that know it are still there.
    SwapOff,
    /// systemd reads the old units, when the plan is taken back and they shall switch the old swap on.
    ReloadForUndo,
    /// Swap files, signatures, zram devices.
    Area,
    /// Unit files, links, drop-ins, `/etc/fstab`.
    Units,
    /// systemd reads them.
    Reload,
    /// Kernel settings and the files that keep them.
    Settings,
    /// Swap is switched on.
    SwapOn,
    /// Limits of slices: after the reload, which sets them too.
    Slices,
    /// The kubelet starts again.
    KubeletRestart,
}

/// Adds the reload and the restart, where what was drafted needs them.
pub fn around(look: &Look<'_>, draft: &mut Draft) {
    if !look.has_systemd() {
        return;
    }
    let is_unit = |stage: Stage, change: &Change| {
        stage == Stage::Units && matches!(change, Change::File { .. } | Change::Link { .. })
    };
    if draft.any(is_unit) {
        if draft.any(|stage, _| stage == Stage::SwapOff) {
            draft.step(
                Stage::ReloadForUndo,
                "reload-for-undo",
                "Changes nothing now; when the plan is taken back, the units are the old ones again before they switch the old swap on.",
                Change::Reload,
            );
        }
        draft.step(
            Stage::Reload,
            "reload",
            "systemd reads unit files when it is told to, not when they are written.",
            Change::Reload,
        );
    }
}

/// The last step: the kubelet reads its configuration and the size of swap once, when it starts.
pub fn restart_kubelet(draft: &mut Draft, unit: &str, why: &str) {
    draft.step(
        Stage::KubeletRestart,
        "kubelet-restart",
        why,
        Change::Unit { unit: unit.to_owned(), action: UnitAction::Restart },
    );
}
