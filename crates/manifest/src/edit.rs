//! Edits of a file's text, applied only when everything else still means what it did.
//!
//! The edits themselves are made by `model::document::change`.

use model::document::node::{Entry, Node, Value};
use model::document::{Command, Content, Document, Edit, Setting, Span};
use model::manifest::ManifestFile;

/// Why edits cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One lies outside of the text, or cuts a character in two.
    OutsideTheText(Span),
    /// One changes what another does.
    Overlap(Span),
    /// Applied, they would change or break something else.
    ChangesMore,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutsideTheText(span) => {
                write!(out, "expected an edit inside the text, found one at {} to {}", span.start, span.end)
            }
            Self::Overlap(span) => {
                write!(out, "expected edits beside each other, found two at {} to {}", span.start, span.end)
            }
            Self::ChangesMore => {
                write!(out, "expected the rest of the file to keep its meaning, found it changed")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Applies edits to a file and reads it again. The result has the same meaning elsewhere, or there is none.
///
/// # Errors
/// The edits do not fit the text or each other, or change more than their places.
pub fn edit(file: &ManifestFile, edits: &[Edit]) -> Result<ManifestFile, Refusal> {
    let text = apply(&file.text, edits)?;
    let after = crate::read(&file.name, text.as_bytes());
    if meaning_is_kept(file, &after, edits) { Ok(after) } else { Err(Refusal::ChangesMore) }
}

/// Applies edits to a text.
///
/// # Errors
/// An edit is outside of the text, or two overlap. Two insertions at one place overlap too: nobody said which is first.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Refusal> {
    let edits = sorted(edits);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (number, edit) in edits.iter().enumerate() {
        let span = edit.span;
        if span.end < span.start || text.get(span.start..span.end).is_none() {
            return Err(Refusal::OutsideTheText(span));
        }
        if span.start < at || number > 0 && edits[number - 1].span == span {
            return Err(Refusal::Overlap(span));
        }
        result.push_str(&text[at..span.start]);
        result.push_str(&edit.text);
        at = span.end;
    }
    result.push_str(&text[at..]);
    Ok(result)
}

fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// Whether a file that was edited still means the same wherever no edit was: nothing else changed, vanished, appeared or broke.
#[must_use]
pub fn meaning_is_kept(before: &ManifestFile, after: &ManifestFile, edits: &[Edit]) -> bool {
    let shift = Shift::of(edits);
    let same_documents = before.documents.len() == after.documents.len()
        && before.documents.iter().zip(&after.documents).all(|(one, other)| {
            one.kind == other.kind && one.inside == other.inside && shift.document(one, other)
        });
    same_documents && before.unread.len() == after.unread.len()
}

/// Where the places of a text are after edits.
struct Shift {
    /// The stretch before, and the one after.
    moved: Vec<(Span, Span)>,
}

impl Shift {
    fn of(edits: &[Edit]) -> Self {
        let mut moved = Vec::with_capacity(edits.len());
        let (mut removed, mut added) = (0, 0);
        for edit in sorted(edits) {
            let start = edit.span.start + added - removed;
            removed += edit.span.end - edit.span.start;
            added += edit.text.len();
            moved.push((edit.span, Span::new(start, start + edit.text.len())));
        }
        Self { moved }
    }

    /// Whether no edit changes anything between the ends of a stretch.
    fn is_untouched(&self, span: Span) -> bool {
        let next = self.moved.partition_point(|(edit, _)| edit.end <= span.start);
        self.moved.get(next).is_none_or(|(edit, _)| edit.start >= span.end)
    }

    /// Whether an edit replaces all of a stretch.
    fn is_replaced(&self, span: Span) -> bool {
        let next = self.moved.partition_point(|(edit, _)| edit.end < span.end);
        self.moved.get(next).is_some_and(|(edit, _)| edit.start <= span.start)
    }

    /// Where a place is afterwards, that no edit removed.
    fn place(&self, at: usize) -> usize {
        let before = self.moved.partition_point(|(edit, _)| edit.end <= at);
        match before.checked_sub(1).and_then(|last| self.moved.get(last)) {
            Some((edit, after)) => at - edit.end + after.end,
            None => at,
        }
    }

    /// Whether a place of the new text was written by an edit.
    fn is_written(&self, at: usize) -> bool {
        let next = self.moved.partition_point(|(_, after)| after.end <= at);
        self.moved.get(next).is_some_and(|(_, after)| after.start <= at)
    }

    fn document(&self, before: &Document, after: &Document) -> bool {
        match (&before.content, &after.content) {
            (Content::Tree(before), Content::Tree(after)) => self.node(before, after),
            (Content::Commands(before), Content::Commands(after)) => self.parts(
                before,
                after,
                |command: &Command| command.span,
                |one, other| self.command(one, other),
            ),
            (Content::Settings(before), Content::Settings(after)) => {
                self.parts(before, after, setting_span, |one, other| self.setting(one, other))
            }
            (Content::Tree(_) | Content::Commands(_) | Content::Settings(_), _) => false,
        }
    }

    fn command(&self, one: &Command, other: &Command) -> bool {
        let mut words = one.words.iter().zip(&other.words);
        !self.is_untouched(one.span)
            || one.words.len() == other.words.len() && words.all(|(one, other)| one.value == other.value)
    }

    fn setting(&self, one: &Setting, other: &Setting) -> bool {
        let same = one.key.value == other.key.value && one.value.value == other.value.value;
        one.section == other.section && (same || !self.is_untouched(setting_span(one)))
    }

    fn node(&self, before: &Node, after: &Node) -> bool {
        if let Value::Alias(target) = &before.value
            && target.span != before.span
        {
            // What it stands for is written elsewhere: a change of that is a change here too.
            return !self.is_untouched(before.span) || is_same(before, after);
        }
        match (&before.resolved().value, &after.resolved().value) {
            (Value::Mapping(before), Value::Mapping(after)) => self.parts(
                before,
                after,
                |entry: &Entry| entry.key.span,
                |one, other| is_same(&one.key, &other.key) && self.node(&one.value, &other.value),
            ),
            (Value::Sequence(before), Value::Sequence(after)) => {
                self.parts(before, after, |item: &Node| item.span, |one, other| self.node(one, other))
            }
            (Value::Scalar(_), Value::Scalar(_)) => !self.is_untouched(before.span) || is_same(before, after),
            (Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) | Value::Alias(_), _) => {
                self.is_replaced(before.span)
            }
        }
    }

    /// Every part that no edit replaced is there still, in order; every other part was written by an edit.
    fn parts<T>(
        &self,
        before: &[T],
        after: &[T],
        span: impl Fn(&T) -> Span,
        same: impl Fn(&T, &T) -> bool,
    ) -> bool {
        let mut after = after.iter().peekable();
        for part in before.iter().filter(|part| !self.is_replaced(span(part))) {
            let start = span(part).start;
            let is_kept = self.is_untouched(Span::new(start, start + 1));
            let place = self.place(start);
            if is_kept {
                while after
                    .next_if(|new| span(new).start != place && self.is_written(span(new).start))
                    .is_some()
                {}
            }
            // The beginning of a part may be cut off: then it is the next one.
            let Some(kept) = after.next_if(|new| !is_kept || span(new).start == place) else { return false };
            if !same(part, kept) {
                return false;
            }
        }
        after.all(|new| self.is_written(span(new).start))
    }
}

fn setting_span(setting: &Setting) -> Span {
    setting.key.span.to(setting.value.span)
}

/// Whether two trees mean the same, wherever they stand.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.resolved().value, &other.resolved().value) {
        (Value::Scalar(one), Value::Scalar(other)) => one.plain() == other.plain(),
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Mapping(one), Value::Mapping(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs
                    .all(|(one, other)| is_same(&one.key, &other.key) && is_same(&one.value, &other.value))
        }
        (Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) | Value::Alias(_), _) => false,
    }
}
