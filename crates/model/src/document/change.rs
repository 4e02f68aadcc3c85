//! Edits of a tree that keep its layout: an entry out, a scalar replaced, an entry in.
//!
//! Each gives `None` where the text is not laid out so that it can be done safely. Who applies them reads the result again and compares:
//! `manifest::edit`.

use crate::document::node::{Entry, Node, Plain, Scalar, Style, Value};
use crate::document::{Edit, Span};

/// Takes an entry out of its mapping, with its line and the comment behind it. Comments above it stay. A mapping that it leaves empty is
/// `{}`.
#[must_use]
pub fn remove_entry(text: &str, mapping: &Node, entry: &Entry) -> Option<Edit> {
    let entries = own_entries(mapping)?;
    let at = entries.iter().position(|own| own.key.span == entry.key.span)?;
    let span = written(entry)?;
    if is_flow(text, mapping) {
        return remove_from_flow(text, entries, at);
    }
    let line = Line::of(text, span.start)?;
    let end = end_of_block_entry(text, span.end)?;
    if entries.len() == 1 {
        return Some(Edit { span, text: "{}".to_owned() });
    }
    if line.is_item {
        // `- key: value`: the dash stays with the next key.
        let next = entries.get(at + 1)?.key.span.start;
        let is_blank = text.get(end..next)?.trim().is_empty();
        return Some(Edit {
            span: Span::new(span.start, if is_blank { next } else { end }),
            text: String::new(),
        });
    }
    let behind = if text[end..].starts_with("\r\n") { end + 2 } else { (end + 1).min(text.len()) };
    if behind == text.len() && !text[..behind].ends_with('\n') {
        // The last line of the file has no end: the one before it becomes so.
        let start = line.start - ending_before(text, line.start);
        return Some(Edit { span: Span::new(start, behind), text: String::new() });
    }
    Some(Edit { span: Span::new(line.start, behind), text: String::new() })
}

/// Replaces a scalar where it is written, in its own quotes.
#[must_use]
pub fn replace_scalar(text: &str, node: &Node, value: &str) -> Option<Edit> {
    let Value::Scalar(_) = &own(node)?.value else { return None };
    let written = text.get(node.span.start..node.span.end)?;
    let value = match written.as_bytes().first()? {
        b'"' => in_double_quotes(value),
        b'\'' if !value.contains(|symbol: char| symbol.is_control()) => {
            format!("'{}'", value.replace('\'', "''"))
        }
        b'\'' | b'|' | b'>' => return None,
        _ if is_safe_plain(value) => value.to_owned(),
        _ => in_double_quotes(value),
    };
    Some(Edit { span: node.span, text: value })
}

/// Writes a new entry behind one of the same mapping: on a line of its own with the same indentation, or behind a comma.
#[must_use]
pub fn insert_after(text: &str, mapping: &Node, entry: &Entry, key: &str, value: &Scalar) -> Option<Edit> {
    let entries = own_entries(mapping)?;
    entries.iter().any(|own| own.key.span == entry.key.span).then_some(())?;
    let span = written(entry)?;
    let is_json = is_flow(text, mapping) && text[span.start..].starts_with('"');
    let key = if is_json || !is_safe_plain(key) { in_double_quotes(key) } else { key.to_owned() };
    let added = format!("{key}: {}", scalar(value, is_json));
    let line = Line::of(text, span.start);
    if is_flow(text, mapping) {
        let separator = match line {
            Some(line) if !line.is_item => format!(",{}{}", ending(text, span.start), line.indent),
            Some(_) | None => ", ".to_owned(),
        };
        return Some(Edit { span: Span::new(span.end, span.end), text: format!("{separator}{added}") });
    }
    let line = line?;
    let end = end_of_block_entry(text, span.end)?;
    let added = format!("{}{}{added}", ending(text, span.start), line.indent);
    Some(Edit { span: Span::new(end, end), text: added })
}

/// What a node is where it stands: `None` for an alias, whose value is written elsewhere.
fn own(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Alias(target) if target.span != node.span => None,
        Value::Alias(target) => own(target),
        Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) => Some(node),
    }
}

fn own_entries(mapping: &Node) -> Option<&[Entry]> {
    match &own(mapping)?.value {
        Value::Mapping(entries) => Some(entries),
        Value::Scalar(_) | Value::Sequence(_) | Value::Alias(_) => None,
    }
}

/// An entry from its key to the end of its value; `None` when they are not written in this order.
fn written(entry: &Entry) -> Option<Span> {
    let (key, value) = (entry.key.span, entry.value.span);
    (key.start < key.end && key.end <= value.start).then(|| Span::new(key.start, value.end))
}

fn is_flow(text: &str, mapping: &Node) -> bool {
    text.get(mapping.span.start..).is_some_and(|text| text.starts_with('{'))
}

fn remove_from_flow(text: &str, entries: &[Entry], at: usize) -> Option<Edit> {
    let span = written(&entries[at])?;
    let span = match (entries.get(at + 1), at.checked_sub(1).map(|before| &entries[before])) {
        (Some(next), _) => Span::new(span.start, next.key.span.start),
        (None, Some(before)) => Span::new(written(before)?.end, span.end),
        (None, None) => span,
    };
    // A comment would begin or end elsewhere.
    let outside = text.get(span.start..span.end)?.contains('#');
    (!outside).then(|| Edit { span, text: String::new() })
}

/// The line that a key begins.
struct Line {
    /// Where the line begins.
    start: usize,
    /// What indents a further key of the mapping.
    indent: String,
    /// Whether a `-` stands before the key.
    is_item: bool,
}

impl Line {
    /// `None` when something else than dashes stands before the key.
    fn of(text: &str, key: usize) -> Option<Self> {
        let before = text.get(..key)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let before = before[start..].trim_start_matches('\u{feff}');
        let start = key - before.len();
        let indent: String = before.chars().map(|symbol| if symbol == '-' { ' ' } else { symbol }).collect();
        let is_blank = indent.chars().all(|symbol| matches!(symbol, ' ' | '\t'));
        let is_item = before.contains('-');
        is_blank.then_some(Self { start, indent, is_item })
    }
}

/// The end of the line of a value, before its line ending; `None` when more than a comment follows on it.
fn end_of_block_entry(text: &str, end: usize) -> Option<usize> {
    let rest = text.get(end..)?;
    let line = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
    let more = line.trim_start();
    let is_comment = more.starts_with('#') && more.len() < line.len();
    (more.is_empty() || is_comment).then_some(end + line.len())
}

/// How many bytes end the line before a place.
fn ending_before(text: &str, at: usize) -> usize {
    if text[..at].ends_with("\r\n") { 2 } else { usize::from(text[..at].ends_with('\n')) }
}

/// The line ending of the file around a place.
fn ending(text: &str, at: usize) -> &'static str {
    let next = text[at..].find('\n').map(|end| at + end).or_else(|| text[..at].rfind('\n'));
    if next.is_some_and(|end| text[..end].ends_with('\r')) { "\r\n" } else { "\n" }
}

fn scalar(value: &Scalar, is_json: bool) -> String {
    let is_bare = match value.plain() {
        Plain::Null => *value.text == *"null",
        Plain::Bool(_) => matches!(&*value.text, "true" | "false"),
        Plain::Integer(_) | Plain::Float(_) => {
            value.text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        }
        Plain::Text(text) => value.style == Style::Plain && !is_json && is_safe_plain(text),
    };
    if is_bare { value.text.to_string() } else { in_double_quotes(&value.text) }
}

/// Whether a text can stand without quotes anywhere, also in flow style.
fn is_safe_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || matches!(first, b'/' | b'_' | b'.'))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/+-:".contains(&byte))
        && !text.ends_with(':')
        || text
            .strip_prefix('-')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn in_double_quotes(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for symbol in text.chars() {
        match symbol {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            symbol if symbol.is_control() || matches!(symbol, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(symbol)));
            }
            symbol => quoted.push(symbol),
        }
    }
    quoted.push('"');
    quoted
}
