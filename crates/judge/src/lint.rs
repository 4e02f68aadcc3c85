//! Rules about documents: what the readers of a manifest will really do with it.
//!
//! A rule is a file in `lint/`, with its reason, a text that breaks it and one that does not. The pages of the rules are made from
//! them and the tests run them: the bad text must be found, the good one must not.

pub mod kubernetes;
pub mod node;
pub mod report;
pub mod runtime;

use model::lint::{LintFinding, LintSeverity, LintTarget};
use model::manifest::ManifestFile;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: kebab-case words.
    pub id: &'static str,
    /// The worst that it says.
    pub severity: LintSeverity,
    /// One line: what is wrong.
    pub title: &'static str,
    /// Why, in a few sentences, and where that is written.
    pub why: &'static str,
    /// Texts that break it. Each must be found, by this rule alone.
    pub bad: &'static [Example],
    /// Texts that do not, as near to the bad ones as can be.
    pub good: &'static [Example],
    /// Finds it.
    pub check: fn(&Subject<'_>, &mut Vec<LintFinding>),
}

/// A file of a rule's page.
#[derive(Debug)]
pub struct Example {
    /// Its name, which can tell its kind.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The file.
    pub file: &'a ManifestFile,
    /// What it is checked against.
    pub target: LintTarget,
}

/// Every rule, in the order of their pages.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [kubernetes::RULES, node::RULES, runtime::RULES].into_iter().flatten().copied()
}

/// Everything that the rules say of a file, in the order of the text.
#[must_use]
pub fn lint(subject: &Subject<'_>) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for rule in rules() {
        (rule.check)(subject, &mut findings);
    }
    findings.sort_by_key(|finding| (finding.span, std::cmp::Reverse(finding.severity), finding.rule));
    findings.dedup_by(|later, earlier| later.rule == earlier.rule && later.span == earlier.span);
    findings
}
