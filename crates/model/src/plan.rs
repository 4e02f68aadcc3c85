//! A plan: changes of one machine in order, each with the value now, the value wanted, and therefore its undo and its check.

use kernel::bytes::Bytes;

/// What would be changed, in order; or why nothing may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes. None when the machine is already as wanted.
    pub steps: Vec<Step>,
    /// Why the plan must not be run. With one of these the steps are for reading only.
    pub refusals: Vec<Refusal>,
    /// What is worth knowing before it is run.
    pub remarks: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is called in screens, journals and errors: unique in the plan, `swap-file-on`.
    pub name: String,
    /// Why it is there, in one sentence.
    pub why: String,
    /// What changes.
    pub change: Change,
}

/// What a step changes. With `now` and `wanted` exchanged it is its own undo; when the machine shows `wanted`, it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file of text, with its mode.
    File {
        /// Its absolute path.
        path: String,
        /// What it holds now; nothing when there is none.
        now: Option<FileContent>,
        /// What it shall hold; nothing when it shall go.
        wanted: Option<FileContent>,
    },
    /// A symbolic link: how systemd enables a unit.
    Link {
        /// Its absolute path.
        path: String,
        /// Where it points now.
        now: Option<String>,
        /// Where it shall point.
        wanted: Option<String>,
    },
    /// A file that holds swap: its blocks and its signature.
    SwapFile {
        /// Its absolute path.
        path: String,
        /// What is there now.
        now: Option<SwapFile>,
        /// What shall be there.
        wanted: Option<SwapFile>,
    },
    /// The signature on a partition. What was there is kept for the undo by the journal.
    Signature {
        /// The device.
        device: String,
        /// What it holds now.
        now: Signature,
        /// What it shall hold.
        wanted: Signature,
    },
    /// A zram device.
    Zram {
        /// `zram0`.
        device: String,
        /// How it is set up now; nothing when it has no size.
        now: Option<ZramSetup>,
        /// How it shall be set up.
        wanted: Option<ZramSetup>,
    },
    /// Swap switched on or off.
    Swap {
        /// The file or device, as `/proc/swaps` shows it.
        path: String,
        /// How it is used now; nothing when it is off.
        now: Option<SwapUse>,
        /// How it shall be used.
        wanted: Option<SwapUse>,
        /// Who switches it.
        by: SwitchedBy,
    },
    /// A value below `/proc/sys` or `/sys`.
    Value {
        /// The absolute path of its file.
        path: String,
        /// What it is now.
        now: String,
        /// What it shall be.
        wanted: String,
    },
    /// A unit of systemd.
    Unit {
        /// `kubelet.service`.
        unit: String,
        /// What becomes of it.
        action: UnitAction,
    },
    /// systemd reads its unit files again. Harmless to repeat, and repeated by the undo.
    Reload,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Its text.
    pub text: String,
    /// Its permissions, as `0o644`.
    pub mode: u32,
}

/// A file that holds swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapFile {
    /// How large it is.
    pub size: Bytes,
    /// How its blocks are taken.
    pub allocation: Allocation,
}

/// How the blocks of a swap file are taken, so that it has no holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allocation {
    /// `fallocate`: at once. The kernel accepts unwritten extents on ext4 and XFS.
    Reserved,
    /// Zeros are written to every block: slow, right everywhere.
    Written,
    /// `chattr +C` on the empty file, then `fallocate`: btrfs.
    NoCopyOnWrite,
}

/// What a device begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signature {
    /// Nothing that is known.
    None,
    /// Swap.
    Swap,
}

/// A zram device, set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZramSetup {
    /// `disksize`.
    pub size: Bytes,
    /// `comp_algorithm`; nothing leaves the kernel's choice.
    pub algorithm: Option<String>,
}

/// How swap is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapUse {
    /// Larger is used first; nothing leaves it to the kernel, which counts down from -2.
    pub priority: Option<i16>,
    /// Whether freed blocks are told to the device.
    pub discard: Discard,
}

/// Whether freed blocks are told to the device (`swapon --discard`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Discard {
    /// Never.
    #[default]
    Never,
    /// The whole area, when it is switched on.
    Once,
    /// Freed pages, as they are freed.
    Pages,
}

/// Who switches swap on and off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchedBy {
    /// A unit: the next boot takes the same way.
    Unit(String),
    /// `swapon(2)` itself: where there is no systemd.
    Call,
}

/// What becomes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitAction {
    /// It is started, and stopped by the undo.
    Start,
    /// It is stopped, and started by the undo.
    Stop,
    /// It is restarted when it runs, by the undo too.
    Restart,
}

/// Why a plan must not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What stands in the way, with the place and the value found.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl Change {
    /// The change that takes this one back.
    #[must_use]
    pub fn undo(&self) -> Self {
        match self.clone() {
            Self::File { path, now, wanted } => Self::File { path, now: wanted, wanted: now },
            Self::Link { path, now, wanted } => Self::Link { path, now: wanted, wanted: now },
            Self::SwapFile { path, now, wanted } => Self::SwapFile { path, now: wanted, wanted: now },
            Self::Signature { device, now, wanted } => Self::Signature { device, now: wanted, wanted: now },
            Self::Zram { device, now, wanted } => Self::Zram { device, now: wanted, wanted: now },
            Self::Swap { path, now, wanted, by } => Self::Swap { path, now: wanted, wanted: now, by },
            Self::Value { path, now, wanted } => Self::Value { path, now: wanted, wanted: now },
            Self::Unit { unit, action } => Self::Unit { unit, action: action.undo() },
            Self::Reload => Self::Reload,
        }
    }
}

impl UnitAction {
    /// The action that takes this one back.
    #[must_use]
    pub const fn undo(self) -> Self {
        match self {
            Self::Start => Self::Stop,
            Self::Stop => Self::Start,
            Self::Restart => Self::Restart,
        }
    }
}
