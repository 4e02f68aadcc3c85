//! What is written down before a change, besides the change itself, so that its undo is exact.

/// What the undo of a change needs beyond the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Folders that were not there and will be made, outermost first.
    pub folders: Vec<String>,
    /// User and group of a file that will be replaced or removed.
    pub owner: Option<(u32, u32)>,
    /// The first page of a device or swap file that will be written over.
    pub page: Option<Vec<u8>>,
    /// How a zram device came to be.
    pub zram: Option<ZramOrigin>,
}

/// How a zram device came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZramOrigin {
    /// Whether it was there before.
    pub was_there: ZramBefore,
    /// Its algorithm before.
    pub algorithm: Option<String>,
}

/// What there was of zram before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZramBefore {
    /// The device.
    Device,
    /// The module, and another device or none.
    Module,
    /// Nothing.
    Nothing,
}
