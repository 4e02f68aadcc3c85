//! What the rules say of a file, without the trees that they looked at.

use crate::document::Unread;
use crate::lint::LintFinding;

/// One file, or standard input, after the check. A file that could not be read at all is here too, with the reason under `unread`.
#[derive(Clone, Debug, Default)]
pub struct CheckedFile {
    /// Its name as it was given.
    pub name: String,
    /// Its text, which the places count bytes of; empty when nothing is said of the file.
    pub text: String,
    /// How many documents it holds.
    pub documents: usize,
    /// What could not be read, or is of no kind that is checked.
    pub unread: Vec<Unread>,
    /// What the rules say, in the order of the text.
    pub findings: Vec<LintFinding>,
    /// How many findings a comment or the configuration silenced.
    pub ignored: usize,
}
