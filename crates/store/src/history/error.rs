//! Why a history could not be opened or read.

use std::io;
use std::path::{Path, PathBuf};

/// Why a history failed.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Another process writes to it.
    #[error("{}: in use by another process", folder.display())]
    Locked {
        /// The history's folder.
        folder: PathBuf,
    },
    /// A later Highwater wrote it. It was left as it is.
    #[error("{}: expected a history of version {known} or older, found version {found}: a later Highwater wrote it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// What is known here.
        known: u32,
        /// What was found.
        found: u32,
    },
    /// A file could not be read or written.
    #[error("{}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl HistoryError {
    pub(super) fn failed(path: &Path, source: io::Error) -> Self {
        Self::Failed { path: path.to_owned(), source }
    }
}
