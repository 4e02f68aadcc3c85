//! YAML into a tree with places. The only file that knows the parser.

use crate::place::Place;
use crate::words::Words;
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError};
use model::document::node::{Entry, Node, Scalar, Style, Value};
use model::document::{Span, Unread, UnreadSeverity};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep values may stand in one another. Readers of a tree may recurse.
pub(crate) const DEPTH_MAX: usize = 512;

/// How many values the aliases of a file may stand for: a million, or ten for each that is written.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    written: usize,
    repeated: usize,
}

const REPEATED_MIN: usize = 1_000_000;
const REPEATED_PER_WRITTEN: usize = 10;

/// The tree of one document, `None` when it holds nothing.
///
/// A value with an anchor that somebody could refer to is shared: in its own place too it is a [`Value::Alias`], of its own span.
pub(crate) fn tree(
    text: &str,
    place: Place<'_>,
    budget: &mut Budget,
    words: &mut Words,
) -> Result<Option<Node>, Unread> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH_MAX;
    options.block_nesting_limit = DEPTH_MAX;
    let mut builder = Builder {
        text,
        place,
        open: Vec::new(),
        shared: BTreeMap::new(),
        root: None,
        before: 0,
        last: 0,
        budget,
        words,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| refusal(&error, text, place))?;
        let range = span.byte_range().unwrap_or_default();
        builder.take(event, range.start, range.end)?;
    }
    Ok(builder.root.filter(|root| !root.is_null()))
}

struct Builder<'a> {
    text: &'a str,
    place: Place<'a>,
    open: Vec<Open>,
    shared: BTreeMap<usize, Shared>,
    root: Option<Node>,
    /// Where the event before ended.
    before: usize,
    /// Where the last value ended.
    last: usize,
    budget: &'a mut Budget,
    words: &'a mut Words,
}

/// A collection that has begun.
struct Open {
    content: OpenContent,
    anchor: usize,
    /// Where it begins: its bracket, or the place of its first value.
    start: usize,
    is_flow: bool,
    size: Size,
}

enum OpenContent {
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>, Option<Node>),
}

/// How much a value is when its aliases are followed.
#[derive(Clone, Copy)]
struct Size {
    values: usize,
    depth: usize,
}

const ONE: Size = Size { values: 1, depth: 1 };

struct Shared {
    node: Arc<Node>,
    size: Size,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), Unread> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let (node, last) = self.scalar(&text, style, is_text, start, end);
                self.before = if start == end { last } else { end };
                self.last = last;
                self.complete(node, anchor, ONE)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(OpenContent::Sequence(Vec::new()), anchor, start, end)?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(OpenContent::Mapping(Vec::new(), None), anchor, start, end)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(end)?,
            Event::Alias(id) => self.alias(id, start, end)?,
            Event::DocumentStart(..) => self.before = end,
            // Ends and beginnings of streams, and what the options keep from being told.
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        is_text: bool,
        start: usize,
        end: usize,
    ) -> (Node, usize) {
        let (style, span, text) = match style {
            ScalarStyle::Plain if start == end => {
                // The parser gives `~` for what is not written, where the next thing begins.
                let after = self.behind_indicator(start);
                (Style::Plain, Span::new(after, after), "")
            }
            ScalarStyle::Plain if is_text => (Style::Quoted, Span::new(start, end), text),
            ScalarStyle::Plain => (Style::Plain, Span::new(start, end), text),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                (Style::Quoted, Span::new(start, end), text)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => (Style::Block, self.block(start, end), text),
        };
        let value = Value::Scalar(Scalar { text: self.words.shared(text), style });
        (Node { span: self.place.span(span.start, span.end), value }, span.end)
    }

    /// The place behind the `:`, `-` or `?` whose value is not written.
    fn behind_indicator(&self, start: usize) -> usize {
        let colon = usize::from(self.text.as_bytes().get(start) == Some(&b':'));
        let mut end = self.before;
        let mut in_comment = false;
        let mut after_blank = true;
        let between = self.text.as_bytes().get(self.before..start + colon).unwrap_or(&[]);
        for (at, byte) in between.iter().copied().enumerate() {
            let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            in_comment = byte != b'\n' && (in_comment || byte == b'#' && after_blank);
            if !is_blank && !in_comment {
                end = self.before + at + 1;
            }
            after_blank = is_blank;
        }
        end
    }

    /// A block from its `|` or `>` to the end of its last line that is not blank. The parser tells where its text begins.
    fn block(&self, start: usize, end: usize) -> Span {
        let between = self.text.get(self.before..start).unwrap_or("");
        let mut word_begins = true;
        let header = between.bytes().position(|byte| {
            let is_header = word_begins && matches!(byte, b'|' | b'>');
            word_begins = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            is_header
        });
        let start = header.map_or(start, |at| self.before + at);
        let content = self.text.get(start..end).unwrap_or("").trim_end_matches([' ', '\t', '\n', '\r']);
        Span::new(start, start + content.len())
    }

    fn begin(&mut self, content: OpenContent, anchor: usize, start: usize, end: usize) -> Result<(), Unread> {
        if self.open.len() >= DEPTH_MAX {
            return Err(self.too_deep(start));
        }
        self.before = end;
        self.open.push(Open { content, anchor, start, is_flow: end > start, size: ONE });
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), Unread> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.content {
            // Most have one or two, and room for four: the memory of a large file is a quarter less without it.
            OpenContent::Sequence(mut items) => {
                items.shrink_to_fit();
                Value::Sequence(items)
            }
            OpenContent::Mapping(mut entries, _) => {
                entries.shrink_to_fit();
                Value::Mapping(entries)
            }
        };
        // The end that the parser tells of a block is where the next thing begins.
        if open.is_flow {
            self.last = end;
        }
        self.before = self.before.max(self.last);
        let span = self.place.span(open.start, self.last.max(open.start));
        self.complete(Node { span, value }, open.anchor, open.size)
    }

    fn alias(&mut self, id: usize, start: usize, end: usize) -> Result<(), Unread> {
        let span = self.place.span(start, end);
        let Some(shared) = self.shared.get(&id) else {
            return Err(broken(
                span,
                "expected an alias of a finished value, found one inside its own anchor".into(),
            ));
        };
        let (node, size) = (Arc::clone(&shared.node), shared.size);
        self.budget.repeated = self.budget.repeated.saturating_add(size.values);
        if self.budget.repeated > REPEATED_MIN.max(self.budget.written.saturating_mul(REPEATED_PER_WRITTEN)) {
            self.budget.repeated -= size.values;
            let why = format!(
                "expected aliases that stand for at most {REPEATED_MIN} values, found more: they explode"
            );
            return Err(broken(span, why));
        }
        if self.open.len() + size.depth > DEPTH_MAX {
            return Err(self.too_deep(start));
        }
        self.before = end;
        self.last = end;
        self.complete(Node { span, value: Value::Alias(node) }, 0, size)
    }

    fn complete(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), Unread> {
        self.budget.written += 1;
        let node = if anchor == 0 { node } else { self.share(node, anchor, size) };
        let Some(open) = self.open.last_mut() else {
            if self.root.is_some() {
                return Err(broken(node.span, "expected one document, found a second".into()));
            }
            self.root = Some(node);
            return Ok(());
        };
        open.size.values = open.size.values.saturating_add(size.values);
        open.size.depth = open.size.depth.max(size.depth + 1);
        match &mut open.content {
            OpenContent::Sequence(items) => items.push(node),
            OpenContent::Mapping(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
        Ok(())
    }

    fn share(&mut self, node: Node, anchor: usize, size: Size) -> Node {
        let span = node.span;
        let node = Arc::new(node);
        self.shared.insert(anchor, Shared { node: Arc::clone(&node), size });
        Node { span, value: Value::Alias(node) }
    }

    fn too_deep(&self, at: usize) -> Unread {
        broken(self.place.span(at, at + 1), format!("expected at most {DEPTH_MAX} levels, found more"))
    }
}

pub(crate) fn broken(span: Span, why: String) -> Unread {
    Unread { span, why, severity: UnreadSeverity::Broken }
}

/// The parser's refusal at its place, in our words where its own are of no use to somebody who wrote a manifest.
fn refusal(error: &ScanError, text: &str, place: Place<'_>) -> Unread {
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let why = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            at = text[line..].find('\t').map_or(at, |tab| line + tab);
            "expected spaces, found a tab: YAML does not indent with tabs".to_owned()
        }
        ErrorKind::MappingValueNotAllowed => {
            "expected a value on one level, found a second `:` or a wrong indentation".to_owned()
        }
        ErrorKind::UnknownAnchor => "expected an anchor before its alias, found none".to_owned(),
        ErrorKind::RecursionLimitExceeded => format!("expected at most {DEPTH_MAX} levels, found more"),
        kind => format!("expected YAML, found a fault: {kind}"),
    };
    if text[at..].trim().is_empty() {
        // At the end: the last thing that is written, rather than a place behind everything.
        at = text.trim_end().char_indices().next_back().map_or(0, |(last, _)| last);
    }
    let width = text[at..].chars().next().filter(|symbol| *symbol != '\n').map_or(0, char::len_utf8);
    broken(place.span(at, at + width), why)
}
