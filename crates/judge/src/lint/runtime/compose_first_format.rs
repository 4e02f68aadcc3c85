//! Compose files of the first format.

use crate::lint::report;
use crate::lint::runtime::compose;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "compose-file-without-services",
    severity: LintSeverity::Error,
    title: "a Compose file of the first format",
    why: "In the first format the services stood at the top of the file. `docker compose` v2 reads only files with `services:` and \
          refuses the others: \"additional properties 'web' not allowed\". `version:` does not help: it is ignored.",
    bad: &[Example { file: "docker-compose.yml", text: "web:\n  image: nginx\n  mem_limit: 512m\n" }],
    good: &[Example {
        file: "docker-compose.yml",
        text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (_, root) in compose::files(subject).filter(|(_, root)| compose::is_first_format(subject, root)) {
        let Some(first) = root.entries().first() else { continue };
        let message = format!(
            "The service `{}` stands at the top of the file, as in the first format. `docker compose` v2 refuses the file.",
            first.name()
        );
        let help = "put the services under `services:`, two spaces further in";
        findings.push(report::error(RULE.id, first.key.span, message, help));
    }
}
