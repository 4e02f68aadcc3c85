//! Findings with their help, made in one line, and amounts as a manifest writes them.

use crate::lint::Subject;
use kernel::bytes::Bytes;
use model::document::node::{Entry, Node};
use model::document::{Span, change};
use model::lint::{Fix, LintFinding, LintSeverity};

/// What is refused, or does the opposite.
#[must_use]
pub fn error(rule: &'static str, span: Span, message: String, help: String) -> LintFinding {
    finding(rule, LintSeverity::Error, span, message, help)
}

/// What has no effect, or another than it says.
#[must_use]
pub fn warning(rule: &'static str, span: Span, message: String, help: String) -> LintFinding {
    finding(rule, LintSeverity::Warning, span, message, help)
}

/// What is worth knowing.
#[must_use]
pub fn info(rule: &'static str, span: Span, message: String, help: String) -> LintFinding {
    finding(rule, LintSeverity::Info, span, message, help)
}

fn finding(
    rule: &'static str,
    severity: LintSeverity,
    span: Span,
    message: String,
    help: String,
) -> LintFinding {
    LintFinding { rule, severity, span, message, related: Vec::new(), help: Some(help), fix: None }
}

/// Takes an entry out of its mapping, where that is safe.
#[must_use]
pub fn removal(subject: &Subject<'_>, mapping: &Node, entry: &Entry) -> Option<Fix> {
    let edit = change::remove_entry(&subject.file.text, mapping, entry)?;
    Some(Fix { title: format!("remove `{}`", entry.name()), edits: vec![edit] })
}

/// An amount as a manifest writes it, in whole MiB where there are some: `512Mi`.
#[must_use]
pub fn quantity(bytes: Bytes) -> String {
    let mib = bytes.0 >> 20;
    match mib {
        0 => bytes.0.to_string(),
        mib if mib.is_multiple_of(1024) => format!("{}Gi", mib / 1024),
        mib => format!("{mib}Mi"),
    }
}

#[cfg(test)]
mod tests {
    use super::quantity;
    use kernel::bytes::Bytes;

    #[test]
    fn an_amount_is_written_in_whole_mebibytes() {
        assert_eq!(quantity(Bytes(2 << 30)), "2Gi");
        assert_eq!(quantity(Bytes(3 << 29)), "1536Mi");
        assert_eq!(quantity(Bytes(512)), "512");
    }
}
