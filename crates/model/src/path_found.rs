//! What is found at a path of a machine: what a plan compares its wishes with.

use crate::node::DeviceContent;
use crate::plan::FileContent;
use crate::reading::Reading;
use kernel::bytes::Bytes;
use std::collections::BTreeMap;

/// What was found at paths, by path. Nothing there is `Reading::Absent`; a path that nobody looked at has no entry.
pub type FoundPaths = BTreeMap<String, Reading<PathFound>>;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFound {
    /// A file of text.
    Text(FileContent),
    /// A file that is no text, or too long to be one that people write.
    Blocks {
        /// How long it is.
        size: Bytes,
        /// How much of it has blocks on the disk; less than its length means holes.
        allocated: Bytes,
        /// What it begins with.
        content: DeviceContent,
        /// Its permissions, as `0o600`.
        mode: u32,
    },
    /// A symbolic link, and what it holds.
    Link(String),
    /// A folder, and the names in it, sorted.
    Folder(Vec<String>),
    /// Something else, in words: `a block device`.
    Other(String),
}
