//! The page of a rule: what is wrong, why, a file that breaks it and one that does not.

use crate::outcome::broken;
use crate::text::{Line, Tone};
use model::lint::LintSeverity;

/// A rule as it is shown.
pub struct RulePage<'a> {
    /// Its name.
    pub id: &'a str,
    /// The worst that it says.
    pub severity: LintSeverity,
    /// What is wrong.
    pub title: &'a str,
    /// Why.
    pub why: &'a str,
    /// Files that break it: name and text.
    pub bad: Vec<(&'a str, &'a str)>,
    /// Files that do not.
    pub good: Vec<(&'a str, &'a str)>,
}

/// The page.
#[must_use]
pub fn page(rule: &RulePage<'_>, width: usize) -> Vec<Line> {
    let tone = match rule.severity {
        LintSeverity::Error => Tone::Critical,
        LintSeverity::Warning => Tone::Warning,
        LintSeverity::Info => Tone::Quiet,
    };
    let mut lines =
        vec![Line::of(Tone::Strong, rule.id).and(Tone::Plain, "  ").and(tone, word(rule.severity))];
    lines.push(Line::of(Tone::Strong, rule.title));
    lines.push(Line::empty());
    for paragraph in rule.why.split("\n\n") {
        let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.extend(broken(&paragraph, width, 0).into_iter().map(Line::plain));
        lines.push(Line::empty());
    }
    for (title, tone, examples) in [("Bad", Tone::Critical, &rule.bad), ("Good", Tone::Good, &rule.good)] {
        for (file, text) in examples {
            lines.push(Line::of(tone, title).and(Tone::Quiet, format!("  {file}")));
            lines.extend(text.trim_end().lines().map(|line| Line::plain(format!("  {line}"))));
            lines.push(Line::empty());
        }
    }
    lines.pop();
    lines
}

/// The page as Markdown.
#[must_use]
pub fn markdown(rule: &RulePage<'_>) -> String {
    let mut text = format!("# {}\n\n**{}**: {}\n", rule.id, word(rule.severity), rule.title);
    for paragraph in rule.why.split("\n\n") {
        let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("\n{paragraph}\n"));
    }
    for (title, examples) in [("Bad", &rule.bad), ("Good", &rule.good)] {
        text.push_str(&format!("\n## {title}\n"));
        for (file, example) in examples {
            // A fence longer than any in the text.
            text.push_str(&format!("\n`{file}`\n\n````text\n{}\n````\n", example.trim_end()));
        }
    }
    text
}

/// The list of all pages as Markdown.
#[must_use]
pub fn index(rules: &[RulePage<'_>]) -> String {
    let mut text = "# Rules of `highwater lint`\n\n\
         Made by `cargo xtask codegen` from the rules; the tests run every example.\n\n\
         | Rule | At worst | What is wrong |\n|---|---|---|\n"
        .to_owned();
    for rule in rules {
        let title = rule.title.replace('|', "\\|");
        text.push_str(&format!("| [{id}]({id}.md) | {} | {title} |\n", word(rule.severity), id = rule.id));
    }
    text
}

const fn word(severity: LintSeverity) -> &'static str {
    match severity {
        LintSeverity::Error => "error",
        LintSeverity::Warning => "warning",
        LintSeverity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::{LintSeverity, RulePage, index, markdown, page};

    #[test]
    fn the_same_page_as_markdown_and_its_row() {
        let rule = RulePage {
            id: "a-rule",
            severity: LintSeverity::Warning,
            title: "a | b",
            why: "Because\n it is.",
            bad: vec![("a.yaml", "a: 1\n")],
            good: vec![("b.yaml", "b: 1\n")],
        };
        let expected = "# a-rule\n\n**warning**: a | b\n\nBecause it is.\n\n## Bad\n\n`a.yaml`\n\n````text\na: 1\n````\n\n\
                        ## Good\n\n`b.yaml`\n\n````text\nb: 1\n````\n";
        assert_eq!(markdown(&rule), expected);
        assert!(index(&[rule]).ends_with("| [a-rule](a-rule.md) | warning | a \\| b |\n"));
    }

    #[test]
    fn the_page_has_the_reason_and_both_files() {
        let rule = RulePage {
            id: "swap-is-not-a-resource",
            severity: LintSeverity::Error,
            title: "`swap` is no resource.",
            why: "The API server refuses it,
                whoever writes it.",
            bad: vec![("pod.yaml", "a: 1\n  b: 2\n")],
            good: vec![("pod.yaml", "a: 1\n")],
        };
        let lines: Vec<String> = page(&rule, 60).iter().map(super::Line::to_plain).collect();
        let expected = [
            "swap-is-not-a-resource  error",
            "`swap` is no resource.",
            "",
            "The API server refuses it, whoever writes it.",
            "",
            "Bad  pod.yaml",
            "  a: 1",
            "    b: 2",
            "",
            "Good  pod.yaml",
            "  a: 1",
        ];
        assert_eq!(lines, expected);
    }
}
