//! Findings of the rules with their help, made in one line, and amounts as messages and manifests write them.

use crate::lint::Subject;
use kernel::bytes::Bytes;
use model::document::node::{Entry, Node};
use model::document::{Edit, Span, change};
use model::lint::{Fix, LintFinding, LintSeverity};

/// Where a finding stands, and the other places that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it stands.
    pub span: Span,
    /// The others, each with what stands there.
    pub related: Vec<(Span, String)>,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { span, related: Vec::new() }
    }
}

/// A place that names another one.
#[must_use]
pub fn beside(span: Span, other: (Span, &str)) -> Place {
    Place { span, related: vec![(other.0, other.1.to_owned())] }
}

/// A value that contradicts another stands at the first of them; the other one is named beside it.
#[must_use]
pub fn between(first: (Span, &str), second: (Span, &str)) -> Place {
    let (at, other) = if first.0.start <= second.0.start { (first, second) } else { (second, first) };
    beside(at.0, other)
}

/// What is refused, or does the opposite.
#[must_use]
pub fn error(
    rule: &'static str,
    at: impl Into<Place>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> LintFinding {
    finding(rule, LintSeverity::Error, at.into(), message.into(), help.into())
}

/// What has no effect, or another than it says.
#[must_use]
pub fn warning(
    rule: &'static str,
    at: impl Into<Place>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> LintFinding {
    finding(rule, LintSeverity::Warning, at.into(), message.into(), help.into())
}

/// What is worth knowing.
#[must_use]
pub fn info(
    rule: &'static str,
    at: impl Into<Place>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> LintFinding {
    finding(rule, LintSeverity::Info, at.into(), message.into(), help.into())
}

fn finding(
    rule: &'static str,
    severity: LintSeverity,
    at: Place,
    message: String,
    help: String,
) -> LintFinding {
    let Place { span, related } = at;
    LintFinding { rule, severity, span, message, related, help: Some(help), fix: None }
}

/// Replaces one stretch, where the text there is the one that was read: not behind an anchor, not escaped.
#[must_use]
pub fn replacement(subject: &Subject<'_>, span: Span, found: &str, text: String, title: &str) -> Option<Fix> {
    let there = subject.file.text.get(span.start..span.end)?;
    let bare = there.trim_matches(['"', '\'']);
    (bare == found).then(|| Fix { title: title.to_owned(), edits: vec![Edit { span, text }] })
}

/// Takes an entry out of its mapping, where that is safe.
#[must_use]
pub fn removal(subject: &Subject<'_>, mapping: &Node, entry: &Entry) -> Option<Fix> {
    let edit = change::remove_entry(&subject.file.text, mapping, entry)?;
    Some(Fix { title: format!("remove `{}`", entry.name()), edits: vec![edit] })
}

/// An amount as people write it: `512 MiB`, `1.5 GiB`, `4096 bytes`.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn amount(bytes: Bytes) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let Some((name, size)) = units.into_iter().find(|(_, size)| bytes.0 >= *size) else {
        return format!("{} bytes", bytes.0);
    };
    let tenths = (bytes.0 as f64 / size as f64 * 10.0).round() / 10.0;
    format!("{tenths} {name}")
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
    use super::{amount, between, quantity};
    use kernel::bytes::Bytes;
    use model::document::Span;

    #[test]
    fn amounts_are_short() {
        assert_eq!(amount(Bytes(512 << 20)), "512 MiB");
        assert_eq!(amount(Bytes(3 << 29)), "1.5 GiB");
        assert_eq!(amount(Bytes(512)), "512 bytes");
    }

    #[test]
    fn an_amount_is_written_in_whole_mebibytes() {
        assert_eq!(quantity(Bytes(2 << 30)), "2Gi");
        assert_eq!(quantity(Bytes(3 << 29)), "1536Mi");
        assert_eq!(quantity(Bytes(512)), "512");
    }

    #[test]
    fn a_contradiction_stands_at_its_first_value() {
        let place = between((Span::new(9, 10), "b"), (Span::new(1, 2), "a"));
        assert_eq!(place.span, Span::new(1, 2));
        assert_eq!(place.related, [(Span::new(9, 10), "b".to_owned())]);
    }
}

/// Files for the tests of rules.
#[cfg(test)]
pub(crate) mod tests_support {
    use model::document::kind::DocumentKind;
    use model::document::node::{Entry, Node, Scalar, Style, Value};
    use model::document::{Content, Document, Span};
    use model::manifest::ManifestFile;

    fn scalar(text: &str) -> Node {
        let scalar = Scalar { text: text.into(), style: Style::Plain };
        Node { span: Span::default(), value: Value::Scalar(scalar) }
    }

    /// A kubelet configuration with these keys.
    pub(crate) fn kubelet(keys: &[(&str, &str)]) -> ManifestFile {
        let entries =
            keys.iter().map(|(key, value)| Entry { key: scalar(key), value: scalar(value) }).collect();
        let root = Node { span: Span::default(), value: Value::Mapping(entries) };
        let document = Document {
            kind: DocumentKind::KubeletConfiguration,
            span: Span::default(),
            content: Content::Tree(root),
            inside: None,
        };
        ManifestFile { documents: vec![document], ..ManifestFile::default() }
    }
}
