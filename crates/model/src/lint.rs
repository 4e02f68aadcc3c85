//! What a rule says of a place in a file.

use crate::document::{Edit, Span};

/// A rule that a document breaks, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// The rule, in kebab-case words.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: LintSeverity,
    /// The outermost key that should not be there, or the first-written of two values that contradict each other.
    pub span: Span,
    /// What is wrong and what happens because of it, in one or two sentences with the figures found.
    pub message: String,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Span, String)>,
    /// What to do, in one sentence with the value to write.
    pub help: Option<String>,
    /// The same as a change of the file, where it is safe.
    pub fix: Option<Fix>,
}

impl LintFinding {
    /// What is wrong and what to do, for those who show one text only.
    #[must_use]
    pub fn whole_message(&self) -> String {
        match &self.help {
            Some(help) => {
                let mut rest = help.chars();
                let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
                let end = if help.ends_with('.') { "" } else { "." };
                format!("{} {first}{}{end}", self.message, rest.as_str())
            }
            None => self.message.clone(),
        }
    }
}

/// A change of the file that mends a finding and changes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// The replacements; they do not overlap.
    pub edits: Vec<Edit>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintSeverity {
    /// Worth knowing; never on a plainly correct file.
    Info,
    /// No effect, or another effect than it says.
    Warning,
    /// Refused, or does the opposite.
    Error,
}

/// What the files are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LintTarget {
    /// The cluster's version.
    pub kubernetes: KubernetesVersion,
    /// The control groups of its machines.
    pub cgroup: kernel::hierarchy::CgroupVersion,
}

/// A minor release of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion(pub u16);
