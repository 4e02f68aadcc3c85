//! A document that somebody wrote: a tree of values, each with its place in the file, and edits of it.

pub mod change;
pub mod kind;
pub mod lines;
pub mod node;

use crate::document::kind::DocumentKind;
use crate::document::node::Node;

/// A stretch of a file, in bytes from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
}

impl Span {
    /// From `start` up to, and without, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Whether the other lies within it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The stretch that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// One document of a file. A document inside another (a ConfigMap's kubelet configuration, the parts of user data) is a document
/// of its own, with places in the same file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// The whole of it.
    pub span: Span,
    /// Its content.
    pub content: Content,
    /// The document that it stands in, by its number in the file.
    pub inside: Option<usize>,
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// YAML or JSON.
    Tree(Node),
    /// Command lines, as far as they can be read: a shell script, user data, a command on the command line.
    Commands(Vec<Command>),
    /// `KEY=value` lines in sections: systemd units and their drop-ins, environment files.
    Settings(Vec<Setting>),
}

/// One command with its words, quotes removed, as the shell would split them; variables are left as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The words, the program first.
    pub words: Vec<Spanned<String>>,
    /// The whole command.
    pub span: Span,
}

/// One setting of a file of sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section's name without brackets; empty before the first.
    pub section: String,
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Spanned<String>,
}

/// A part of a file that could not be read, or whose kind is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where.
    pub span: Span,
    /// What was expected and what was found there.
    pub why: String,
    /// Whether it should have been readable: a file that is simply something else is no mistake.
    pub severity: UnreadSeverity,
}

/// How bad it is that a part could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnreadSeverity {
    /// It is of a kind that is not checked: it is said, and is no failure.
    NotRecognised,
    /// It is damaged, or no YAML: the command fails with exit code 2.
    Broken,
}

/// The text of a stretch is replaced; an empty stretch inserts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}
