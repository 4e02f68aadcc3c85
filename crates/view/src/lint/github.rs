//! Findings as workflow commands, which GitHub shows beside the line in a pull request.

use crate::lint::Others;
use model::checked_file::CheckedFile;
use model::document::lines::Lines;
use model::document::{Span, UnreadSeverity};
use model::lint::LintSeverity;

/// One line per finding, and one for everything that could not be read.
#[must_use]
pub fn commands(checked: &CheckedFile, others: &mut Others) -> String {
    let lines = Lines::of(&checked.text);
    let name = property(&checked.name);
    let place = |span: Span| {
        let (from, to) = lines.range(span);
        // Columns belong to one line: GitHub drops a command whose end column is on another.
        let columns = match from.line == to.line {
            true => format!(",col={},endColumn={}", from.column, to.column),
            false => String::new(),
        };
        format!("file={name},line={},endLine={}{columns}", from.line, to.line)
    };
    let mut text = String::new();
    for unread in &checked.unread {
        let (command, title) = match unread.severity {
            UnreadSeverity::Broken => ("error", "cannot be read"),
            UnreadSeverity::NotRecognised if !others.are_named() => continue,
            UnreadSeverity::NotRecognised => ("notice", "not checked"),
        };
        let (place, words) = (place(unread.span), data(&unread.why));
        text.push_str(&format!("::{command} {place},title={title}::{words}\n"));
    }
    for finding in &checked.findings {
        let command = match finding.severity {
            LintSeverity::Error => "error",
            LintSeverity::Warning => "warning",
            LintSeverity::Info => "notice",
        };
        let words = data(&finding.whole_message());
        let (place, rule) = (place(finding.span), property(finding.rule));
        text.push_str(&format!("::{command} {place},title={rule}::{words}\n"));
    }
    text
}

/// The escapes of a message (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a property (actions/toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::commands;
    use crate::lint::Others;
    use model::checked_file::CheckedFile;
    use model::document::{Span, Unread, UnreadSeverity};
    use model::lint::{LintFinding, LintSeverity};

    #[test]
    fn what_could_end_a_command_is_escaped() {
        let finding = LintFinding {
            rule: "swap-is-not-a-resource",
            severity: LintSeverity::Error,
            span: Span::new(3, 7),
            message: "100 % wrong,\nreally::so".to_owned(),
            related: Vec::new(),
            help: Some("Remove it.".to_owned()),
            fix: None,
        };
        let unread = Unread {
            span: Span::new(0, 9),
            why: "a list".to_owned(),
            severity: UnreadSeverity::NotRecognised,
        };
        let file = CheckedFile {
            name: "a,b:c.yaml".to_owned(),
            text: "a:\nswap: 1\n".to_owned(),
            unread: vec![unread],
            findings: vec![finding],
            ..CheckedFile::default()
        };
        let text = commands(&file, &mut Others::default());
        let expected = "::notice file=a%2Cb%3Ac.yaml,line=1,endLine=2,title=not checked::a list\n\
             ::error file=a%2Cb%3Ac.yaml,line=2,endLine=2,col=1,endColumn=5,title=swap-is-not-a-resource::\
             100 %25 wrong,%0Areally::so Remove it.\n";
        assert_eq!(text, expected);
    }
}
