//! Findings about documents in words: each with its place in the text, then what they come to, then what to do next.

pub mod github;

use crate::text::{Line, Tone, escaped};
use crate::units::count;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use model::checked_file::CheckedFile;
use model::document::lines::Lines;
use model::document::{Span, Unread, UnreadSeverity};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeSet;

/// A place further from the finding than this is shown by itself.
const LINES_BETWEEN_MAX: usize = 12;
/// A longer line is no text for people; its place is named, and it is not shown.
const LINE_BYTES_MAX: usize = 2_000;

/// Everything that is said of a file: what could not be read, then the findings. Colours are escape sequences, which a terminal that
/// has none never sees.
#[must_use]
pub fn file(checked: &CheckedFile, width: usize, others: &mut Others) -> String {
    let source = Source { name: escaped(&checked.name), lines: Lines::of(&checked.text) };
    let renderer = Renderer::styled().term_width(width.max(40));
    let mut text = String::new();
    let (broken, unknown): (Vec<&Unread>, Vec<&Unread>) =
        checked.unread.iter().partition(|unread| match unread.severity {
            UnreadSeverity::Broken => true,
            UnreadSeverity::NotRecognised => false,
        });
    for unread in broken {
        text.push_str(&renderer.render(&[source.broken(unread)]));
        text.push_str("\n\n");
    }
    for finding in &checked.findings {
        text.push_str(&renderer.render(&[source.finding(finding)]));
        text.push_str("\n\n");
    }
    for unread in unknown {
        if !others.are_named() {
            continue;
        }
        let place = source.lines.position(unread.span.start);
        let words = escaped(&unread.why);
        text.push_str(&format!("{}:{}: not checked: {words}\n", source.name, place.line));
    }
    text
}

/// Documents of kinds that are not checked: a folder may have thousands, and of them a few are named and the rest counted.
#[derive(Debug, Default)]
pub struct Others {
    named: usize,
    counted: u64,
}

impl Others {
    const NAMED_MAX: usize = 10;

    /// Whether the next one is named; else it is counted.
    pub fn are_named(&mut self) -> bool {
        let is_named = self.named < Self::NAMED_MAX;
        if is_named {
            self.named += 1;
        } else {
            self.counted += 1;
        }
        is_named
    }

    /// How many were not named, in words.
    #[must_use]
    pub fn rest(&self) -> Option<String> {
        (self.counted > 0).then(|| {
            let parts = count(self.counted, "more part");
            format!("{parts} not recognised and not checked; `--format json` names each")
        })
    }
}

/// A word as a shell takes it, quoted where it must be.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte) || byte >= 0x80;
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A file's text, and its name for people.
struct Source<'a> {
    name: String,
    lines: Lines<'a>,
}

impl<'a> Source<'a> {
    fn finding(&self, finding: &'a LintFinding) -> Group<'_> {
        let level = match finding.severity {
            LintSeverity::Error => Level::ERROR,
            LintSeverity::Warning => Level::WARNING,
            LintSeverity::Info => Level::INFO,
        };
        let title = level.primary_title(escaped(&finding.message)).id(finding.rule);
        let mut group = Group::with_title(title).elements(self.elements(finding));
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(escaped(help)));
        }
        if let Some(fix) = &finding.fix {
            let title = escaped(&fix.title);
            group = group.element(Level::NOTE.with_name("fix").message(format!("{title}; `--fix` does it")));
        }
        group
    }

    fn broken(&self, unread: &Unread) -> Group<'_> {
        let title = Level::ERROR.primary_title(escaped(&unread.why));
        title.element(self.element(&[(unread.span, None)]))
    }

    /// The finding with what stands near it, then every place that is further away.
    fn elements(&self, finding: &'a LintFinding) -> Vec<Element<'_>> {
        let line = |span: Span| self.lines.position(span.start).line;
        let own = line(finding.span);
        let label = |words: &'a str| Some(escaped(words));
        let (near, far): (Vec<_>, Vec<_>) =
            finding.related.iter().partition(|(span, _)| line(*span).abs_diff(own) <= LINES_BETWEEN_MAX);
        let mut first = vec![(finding.span, None)];
        first.extend(near.into_iter().map(|(span, words)| (*span, label(words))));
        let mut elements = vec![self.element(&first)];
        elements.extend(far.into_iter().map(|(span, words)| self.element(&[(*span, label(words))])));
        elements
    }

    /// The lines of some places, or their first place alone where the lines are no text for people.
    fn element(&self, places: &[(Span, Option<String>)]) -> Element<'_> {
        let position = |span: Span| self.lines.position(span.start);
        let length = |number| self.lines.line(number).map_or(0, str::len);
        let is_long = |(span, _): &(Span, Option<String>)| length(position(*span).line) > LINE_BYTES_MAX;
        match places.iter().find(|place| is_long(place)) {
            None => self.snippet(places).into(),
            Some(_) => {
                let place = position(places.first().map_or(Span::default(), |(span, _)| *span));
                Origin::path(self.name.clone()).line(place.line).char_column(place.column).into()
            }
        }
    }

    /// The lines of some places, the first of which is the finding's own.
    fn snippet(&self, places: &[(Span, Option<String>)]) -> Snippet<'_, Annotation<'_>> {
        let numbers: BTreeSet<usize> =
            places.iter().map(|(span, _)| self.lines.position(span.start).line).collect();
        let first = numbers.first().copied().unwrap_or(1);
        let last = numbers.last().copied().unwrap_or(1);
        let mut text = String::new();
        let mut starts = Vec::new();
        for number in first..=last {
            let line = self.lines.line(number).unwrap_or("");
            // The byte order mark is left out: some terminals give it a cell.
            let shown = line.strip_prefix('\u{feff}').unwrap_or(line);
            let in_file = self.lines.start(number) + line.len() - shown.len();
            let shown = if shown.len() > LINE_BYTES_MAX { "…" } else { shown };
            starts.push((in_file, text.len(), shown.len()));
            text.push_str(shown);
            text.push('\n');
        }
        let annotations = places.iter().enumerate().filter_map(|(number, (span, label))| {
            let line = self.lines.position(span.start).line;
            let (in_file, in_text, length) = starts.get(line - first).copied()?;
            // Only the first line of a longer place is marked: the mark is to find it by.
            let start = span.start.saturating_sub(in_file).min(length);
            let end = span.end.saturating_sub(in_file).clamp(start, length);
            let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            Some(kind.span(in_text + start..in_text + end).label(label.clone()))
        });
        let annotations: Vec<_> = annotations.collect();
        Snippet::source(text).line_start(first).path(self.name.clone()).annotations(annotations)
    }
}

/// What was checked and found in all files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many files.
    pub files: u64,
    /// How many documents in them.
    pub documents: u64,
    /// Findings that are errors.
    pub errors: u64,
    /// Findings that are warnings.
    pub warnings: u64,
    /// Findings that are worth knowing.
    pub infos: u64,
    /// Parts that are of no kind that is checked.
    pub not_recognised: u64,
    /// Parts that should have been readable and are not.
    pub broken: u64,
    /// Findings that were silenced.
    pub ignored: u64,
    /// Findings that `--fix` can mend.
    pub fixable: u64,
    /// The rules that were broken, worst first.
    pub rules: Vec<&'static str>,
}

impl Sum {
    /// Counts.
    #[must_use]
    pub fn of(files: &[CheckedFile]) -> Self {
        let mut sum = Self { files: files.len() as u64, ..Self::default() };
        let mut rules = BTreeSet::new();
        for checked in files {
            sum.documents += checked.documents as u64;
            sum.ignored += checked.ignored as u64;
            for unread in &checked.unread {
                match unread.severity {
                    UnreadSeverity::Broken => sum.broken += 1,
                    UnreadSeverity::NotRecognised => sum.not_recognised += 1,
                }
            }
            for finding in &checked.findings {
                rules.insert((std::cmp::Reverse(finding.severity), finding.rule));
                sum.fixable += u64::from(finding.fix.is_some());
                match finding.severity {
                    LintSeverity::Error => sum.errors += 1,
                    LintSeverity::Warning => sum.warnings += 1,
                    LintSeverity::Info => sum.infos += 1,
                }
            }
        }
        sum.rules = rules.into_iter().map(|(_, rule)| rule).collect();
        sum
    }

    /// One line: what was found, in how much.
    #[must_use]
    pub fn line(&self) -> Line {
        let found = [
            (self.errors, "error", Tone::Critical),
            (self.warnings, "warning", Tone::Warning),
            (self.infos, "hint", Tone::Strong),
            (self.broken, "unreadable part", Tone::Critical),
        ];
        let mut line = Line::empty();
        for (number, noun, tone) in found.into_iter().filter(|(number, ..)| *number > 0) {
            let comma = if line.spans.is_empty() { "" } else { ", " };
            line = line.and(Tone::Plain, comma).and(tone, count(number, noun));
        }
        if line.spans.is_empty() {
            line = if self.documents == 0 {
                line.and(Tone::Warning, "Nothing was checked")
            } else {
                line.and(Tone::Good, "Nothing found")
            };
        }
        let mut rest = format!(" in {} of {}", count(self.documents, "document"), count(self.files, "file"));
        if self.not_recognised > 0 {
            rest.push_str(&format!(
                "; {} not recognised and not checked",
                count(self.not_recognised, "part")
            ));
        }
        if self.ignored > 0 {
            rest.push_str(&format!("; {} ignored as told", count(self.ignored, "finding")));
        }
        line.and(Tone::Plain, rest)
    }

    /// The commands to run next. `given` are the files as they were named on the command line.
    #[must_use]
    pub fn next(&self, given: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        let next = |command: String| Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command);
        if self.fixable > 0 && given != "-" {
            let mended = count(self.fixable, "finding");
            let shown = next(format!("highwater lint --fix --dry-run {given}"));
            lines.push(shown.and(Tone::Quiet, format!("   # shows how {mended} would be mended")));
        }
        if let Some(rule) = self.rules.first() {
            let more = match self.rules.len() {
                1 => String::new(),
                rules => format!("   # one of the {rules} rules that were broken"),
            };
            lines.push(next(format!("highwater explain rule {rule}")).and(Tone::Quiet, more));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::{Others, Sum, file};
    use model::checked_file::CheckedFile;
    use model::document::{Span, Unread, UnreadSeverity};
    use model::lint::{Fix, LintFinding, LintSeverity};

    fn span_of(text: &str, words: &str) -> Span {
        let start = text.find(words).unwrap();
        Span::new(start, start + words.len())
    }

    fn finding(text: &str, words: &str) -> LintFinding {
        LintFinding {
            rule: "swap-is-not-a-resource",
            severity: LintSeverity::Error,
            span: span_of(text, words),
            message: "The API server refuses `swap`.".to_owned(),
            related: Vec::new(),
            help: Some("Remove the line.".to_owned()),
            fix: Some(Fix { title: "remove the line".to_owned(), edits: Vec::new() }),
        }
    }

    fn checked(text: &str, findings: Vec<LintFinding>) -> CheckedFile {
        CheckedFile { name: "pod.yaml".to_owned(), text: text.to_owned(), findings, ..CheckedFile::default() }
    }

    fn plain(text: &str, findings: Vec<LintFinding>) -> String {
        // What a terminal would show without the escape sequences.
        let mut out = String::new();
        let mut is_escape = false;
        for character in file(&checked(text, findings), 100, &mut Others::default()).chars() {
            match (is_escape, character) {
                (false, '\u{1b}') => is_escape = true,
                (true, 'm') => is_escape = false,
                (true, _) => {}
                (false, other) => out.push(other),
            }
        }
        out
    }

    #[test]
    fn of_many_other_documents_a_few_are_named() {
        let mut others = Others::default();
        assert_eq!((0..10).filter(|_| others.are_named()).count(), 10);
        assert_eq!(others.rest(), None);
        assert!(!others.are_named());
        assert_eq!(
            others.rest().unwrap(),
            "1 more part not recognised and not checked; `--format json` names each"
        );
    }

    #[test]
    fn the_place_is_marked() {
        let text = "limits:\n  memory: 1Gi\n  swap: 1Gi\n";
        let mut broken = finding(text, "swap");
        broken.related.push((span_of(text, "limits"), "among these".to_owned()));
        insta::assert_snapshot!(plain(text, vec![broken]));
    }

    #[test]
    fn tabs_wide_characters_and_line_ends_of_windows_do_not_move_the_mark() {
        let text = "\u{feff}a: 데이터\r\n\tüñ: {swap: 1}\r\nb: 1\r\n";
        insta::assert_snapshot!(plain(
            text,
            vec![finding(text, "swap"), finding(text, "데이터"), finding(text, "a")]
        ));
    }

    #[test]
    fn far_places_are_shown_by_themselves_and_long_ones_by_their_first_line() {
        let text = format!("first: 1\n{}last:\n  a: 1\n  b: 2\n", "x: y\n".repeat(500));
        let mut broken = finding(&text, "last:\n  a: 1\n  b: 2");
        broken.related.push((span_of(&text, "first"), "contradicts this".to_owned()));
        insta::assert_snapshot!(plain(&text, vec![broken]));
    }

    #[test]
    fn a_line_without_end_is_named_and_not_shown() {
        let text = format!("{{\"a\": \"{}\", \"swap\": 1}}", "x".repeat(100_000));
        let shown = plain(&text, vec![finding(&text, "swap")]);
        assert!(shown.len() < 1_000, "{}", shown.len());
        assert!(shown.contains("pod.yaml:1:100012"), "{shown}");
    }

    #[test]
    fn control_characters_and_places_beyond_the_text_do_no_harm() {
        let text = "a: \"\u{202e}\u{7}\"\n";
        let mut beyond = finding(text, "a");
        beyond.span = Span::new(900, 1_000);
        beyond.message = "\u{1b}]0;title\u{7}".to_owned();
        let shown = plain(text, vec![finding(text, "\u{202e}"), beyond]);
        assert!(!shown.contains(['\u{202e}', '\u{7}', '\u{1b}']), "{shown:?}");
    }

    #[test]
    fn the_sum_says_what_was_not_looked_at() {
        let text = "swap: 1\n";
        let mut one = checked(text, vec![finding(text, "swap")]);
        let unread = |severity| Unread { span: Span::new(0, 1), why: "a list".to_owned(), severity };
        one.unread = vec![unread(UnreadSeverity::Broken), unread(UnreadSeverity::NotRecognised)];
        one.ignored = 2;
        let sum = Sum::of(&[one]);
        insta::assert_snapshot!(sum.line().to_plain(), @"1 error, 1 unreadable part in 0 documents of 1 file; 1 part not recognised and not checked; 2 findings ignored as told");
        assert_eq!(
            Sum::of(&[checked("", Vec::new())]).line().to_plain(),
            "Nothing was checked in 0 documents of 1 file"
        );
        let next: Vec<String> = sum.next("pod.yaml").iter().map(crate::text::Line::to_plain).collect();
        assert_eq!(
            next[0],
            "Next: highwater lint --fix --dry-run pod.yaml   # shows how 1 finding would be mended"
        );
        assert_eq!(next[1], "Next: highwater explain rule swap-is-not-a-resource");
    }
}
