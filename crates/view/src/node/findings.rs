//! What is wrong with a node, each with its fix and the next command.

use super::title;
use crate::outcome::broken;
use crate::text::{Line, Tone};
use crate::units::count;
use model::lint::LintSeverity;
use model::node_check::{NodeCheck, NodeFinding};

/// The block, and the next command.
pub fn findings(check: &NodeCheck, width: usize) -> Vec<Line> {
    if check.findings.is_empty() {
        let next = Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, "highwater node plan --help");
        return vec![Line::of(Tone::Good, "Nothing is wrong with this machine's swap."), next];
    }
    let number = |severity: LintSeverity, noun: &str| {
        let found = check.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
        (found > 0).then(|| count(found, noun))
    };
    let numbers =
        [(LintSeverity::Error, "error"), (LintSeverity::Warning, "warning"), (LintSeverity::Info, "note")];
    let counted: Vec<String> =
        numbers.into_iter().filter_map(|(severity, noun)| number(severity, noun)).collect();
    let mut lines = vec![title(&format!("Findings: {}", counted.join(", ")))];
    for finding in &check.findings {
        lines.extend(one(finding, width));
    }
    if let Some(command) = &check.next {
        lines.push(Line::empty());
        lines.push(Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command));
    }
    lines
}

fn one(finding: &NodeFinding, width: usize) -> Vec<Line> {
    let (word, tone) = match finding.severity {
        LintSeverity::Error => ("error", Tone::Critical),
        LintSeverity::Warning => ("warning", Tone::Warning),
        LintSeverity::Info => ("note", Tone::Quiet),
    };
    let mut lines = vec![Line::of(tone, format!("{word:<8}")).and(Tone::Strong, finding.check)];
    let mut indented = |tone: Tone, text: &str| {
        lines.extend(broken(text, width, 8).into_iter().map(|line| Line::plain("        ").and(tone, line)));
    };
    indented(Tone::Plain, &finding.message);
    if let Some(fix) = &finding.fix {
        let mut letters = fix.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        indented(Tone::Plain, &format!("{first}{}.", letters.as_str()));
    }
    for seen in &finding.evidence {
        indented(Tone::Quiet, &format!("Seen: {seen}"));
    }
    if let Some(command) = &finding.command {
        lines.push(Line::plain("        ").and(Tone::Strong, command));
    }
    lines
}
