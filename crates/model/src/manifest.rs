//! A file that somebody wrote, read as far as it is understood.

use crate::document::{Document, Unread};
use crate::workload::Workload;

/// One file, or standard input.
#[derive(Clone, Debug, Default)]
pub struct ManifestFile {
    /// Its name as it was given.
    pub name: String,
    /// Its text. Places count its bytes.
    pub text: String,
    /// Its documents in order; a document inside another comes after it.
    pub documents: Vec<Document>,
    /// The objects that have or make pods.
    pub workloads: Vec<Workload>,
    /// What could not be read, or is of no kind that is checked.
    pub unread: Vec<Unread>,
}
