//! The machine that is changed: for each kind of change whether it is there, what must be kept for the undo, and the act.

pub mod kept;
mod link;
pub(crate) mod place;
pub mod progress;
mod signature;
mod swap;
mod swap_file;
mod swap_header;
mod syscall;
mod systemd;
mod text_file;
mod value;
mod zram;

use crate::file::FileStepError;
use kept::Kept;
use kernel::bytes::Bytes;
use model::plan::{Change, UnitAction};
use progress::Progress;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The machine below a root.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
    state: MachineState,
    systemctl: PathBuf,
    patience: Option<Duration>,
}

/// Whether a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineState {
    /// Its kernel is the one that this process runs on.
    Running,
    /// It is files only: what needs its kernel is left to its first boot.
    Image,
}

/// What the machine shows of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Present {
    /// What the change starts from.
    Now,
    /// What the change wants.
    Wanted,
    /// Neither: what was found, in words.
    Other(String),
}

impl Present {
    /// What is there, held against the wish and against what was before: where both fit, nothing is left to do.
    fn of<T>(fits: impl Fn(T) -> bool, now: T, wanted: T, other: impl FnOnce() -> String) -> Self {
        if fits(wanted) {
            Self::Wanted
        } else if fits(now) {
            Self::Now
        } else {
            Self::Other(other())
        }
    }
}

/// Why something was not done. Nothing of it remains half.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It must not be done.
    #[error("{0}")]
    Refused(String),
    /// The system refused.
    #[error("{doing}")]
    System {
        /// What was being done, with the path.
        doing: String,
        /// The system's words.
        source: io::Error,
    },
    /// A file could not be replaced.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: FileStepError,
    },
}

impl Machine {
    /// The machine that this process runs on.
    #[must_use]
    pub fn running() -> Self {
        Self::at(Path::new("/"), MachineState::Running)
    }

    /// A machine whose files lie below a folder.
    #[must_use]
    pub fn at(root: &Path, state: MachineState) -> Self {
        Self { root: root.to_owned(), state, systemctl: PathBuf::from("systemctl"), patience: None }
    }

    /// The same with another `systemctl`.
    #[must_use]
    pub fn with_systemctl(self, systemctl: &Path) -> Self {
        Self { systemctl: systemctl.to_owned(), ..self }
    }

    /// The same with another end to waiting for an act that does not move.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// The end to waiting that was asked for.
    #[must_use]
    pub const fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Whether it runs.
    #[must_use]
    pub const fn state(&self) -> MachineState {
        self.state
    }

    /// Where its files are.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether systemd is process 1: sd_booted(3).
    pub(crate) fn runs_systemd(&self) -> bool {
        self.root.join("run/systemd/system").exists()
    }

    /// Whether a change can be made to this machine now.
    #[must_use]
    pub const fn takes(&self, change: &Change) -> bool {
        match (self.state, change) {
            (MachineState::Running, _)
            | (MachineState::Image, Change::File { .. } | Change::Link { .. } | Change::SwapFile { .. }) => {
                true
            }
            (
                MachineState::Image,
                Change::Signature { .. }
                | Change::Zram { .. }
                | Change::Swap { .. }
                | Change::Value { .. }
                | Change::Unit { .. }
                | Change::Reload,
            ) => false,
        }
    }
}

/// What the machine shows of a change; only what the change would replace is read.
///
/// # Errors
/// When it cannot be read.
pub fn present(machine: &Machine, change: &Change) -> Result<Present, HostError> {
    match change {
        Change::File { path, now, wanted } => {
            text_file::present(machine, path, now.as_ref(), wanted.as_ref())
        }
        Change::Link { path, now, wanted } => link::present(machine, path, now.as_deref(), wanted.as_deref()),
        Change::SwapFile { path, now, wanted } => swap_file::present(machine, path, *now, *wanted),
        Change::Signature { device, now, wanted } => signature::present(machine, device, *now, *wanted),
        Change::Zram { device, now, wanted } => zram::present(machine, device, now.as_ref(), wanted.as_ref()),
        Change::Swap { path, now, wanted, .. } => swap::present(machine, path, *now, *wanted),
        Change::Value { path, now, wanted } => value::present(machine, path, now, wanted),
        Change::Unit { unit, action } => systemd::present(machine, unit, *action),
        Change::Reload => Ok(Present::Now),
    }
}

/// What must be written down before the change, so that it can be taken back to the last byte.
///
/// # Errors
/// When it cannot be read.
pub fn keep(machine: &Machine, change: &Change) -> Result<Kept, HostError> {
    match change {
        Change::File { path, .. } => text_file::keep(machine, path),
        Change::Link { path, .. } => link::keep(machine, path),
        Change::SwapFile { path, .. } => swap_file::keep(machine, path),
        Change::Signature { device, .. } => signature::keep(machine, device),
        Change::Zram { device, .. } => zram::keep(machine, device),
        Change::Swap { .. } | Change::Value { .. } | Change::Unit { .. } | Change::Reload => {
            Ok(Kept::default())
        }
    }
}

/// Makes the change. The caller has seen [`Present::Now`]; what is dangerous is looked at once more.
///
/// # Errors
/// When it was not made.
pub fn act(machine: &Machine, change: &Change, kept: &Kept, progress: &Progress) -> Result<(), HostError> {
    match change {
        Change::File { path, now, wanted } => {
            text_file::act(machine, path, now.as_ref(), wanted.as_ref(), kept)
        }
        Change::Link { path, wanted, .. } => link::act(machine, path, wanted.as_deref(), kept),
        Change::SwapFile { path, wanted, .. } => swap_file::act(machine, path, *wanted, kept, progress),
        Change::Signature { device, now, wanted } => signature::act(machine, device, *now, *wanted, kept),
        Change::Zram { device, wanted, .. } => zram::act(machine, device, wanted.as_ref()),
        Change::Swap { path, now, wanted, by } => swap::act(machine, path, *now, *wanted, by, progress),
        Change::Value { path, wanted, .. } => value::act(machine, path, wanted),
        Change::Unit { unit, action } => systemd::act(machine, unit, *action),
        Change::Reload => systemd::reload(machine),
    }
}

/// Clears away what a change left that was begun and not finished; afterwards the machine shows one end of it or the other.
///
/// # Errors
/// When that fails.
pub fn settle(machine: &Machine, change: &Change, kept: &Kept) -> Result<(), HostError> {
    match change {
        Change::File { path, .. } | Change::Link { path, .. } | Change::SwapFile { path, .. } => {
            place::remove_unfinished(machine, path)
        }
        Change::Signature { device, now, wanted } => signature::settle(machine, device, *now, *wanted, kept),
        Change::Zram { device, now, wanted } => zram::settle(machine, device, now.as_ref(), wanted.as_ref()),
        Change::Swap { path, now, wanted, .. } => swap::settle(machine, path, *now, *wanted),
        Change::Value { .. } | Change::Unit { .. } | Change::Reload => Ok(()),
    }
}

/// After the undo of a change: what it made beside itself goes, where nobody else uses it.
///
/// # Errors
/// When that fails.
pub fn tidy_up(machine: &Machine, change: &Change, kept: &Kept) -> Result<(), HostError> {
    if let Change::Zram { device, wanted: None, .. } = change {
        zram::tidy_up(machine, device, kept)?;
    }
    place::remove_folders(machine, &kept.folders)
}

/// Whether a change leaves something that can be looked at later.
#[must_use]
pub const fn leaves_a_trace(change: &Change) -> bool {
    match change {
        Change::Reload | Change::Unit { action: UnitAction::Restart, .. } => false,
        Change::File { .. }
        | Change::Link { .. }
        | Change::SwapFile { .. }
        | Change::Signature { .. }
        | Change::Zram { .. }
        | Change::Swap { .. }
        | Change::Value { .. }
        | Change::Unit { action: UnitAction::Start | UnitAction::Stop, .. } => true,
    }
}

/// The system's refusal, with what was being done.
fn failed(doing: impl Into<String>) -> impl FnOnce(io::Error) -> HostError {
    let doing = doing.into();
    move |source| HostError::System { doing, source }
}

fn refused<T>(why: impl Into<String>) -> Result<T, HostError> {
    Err(HostError::Refused(why.into()))
}

/// An amount in words. Rounded up: what is needed must not look smaller than it is.
fn mebibytes(amount: Bytes) -> String {
    format!("{} MiB", amount.0.div_ceil(1 << 20))
}
