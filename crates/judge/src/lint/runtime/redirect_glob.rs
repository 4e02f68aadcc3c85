//! Patterns of file names behind a redirection.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "redirection-to-many-files",
    severity: LintSeverity::Error,
    title: "a redirection writes one file only",
    why: "`> /sys/fs/cgroup/docker/*/memory.low` fails with \"ambiguous redirect\" in bash as soon as two cgroups \
          match, and other shells take the star for a name. Every cgroup needs a write of its own, and with \
          systemd's driver a property, or the next change of the unit takes the value away.",
    bad: &[Example {
        file: "protect.sh",
        text: "#!/bin/bash\necho 1G > /sys/fs/cgroup/docker/*/memory.low\n",
    }],
    good: &[Example {
        file: "protect.sh",
        text: "#!/bin/bash\nfor group in /sys/fs/cgroup/docker/*/; do\n  echo 1G > \"$group/memory.low\"\ndone\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        for call in script.calls().filter(|call| call.program != "tee") {
            let words = &call.command.words;
            for (sign, path) in words.iter().zip(words.iter().skip(1)) {
                let redirects = matches!(sign.value.as_str(), ">" | ">>");
                let text = path.value.as_str();
                // A star in quotes is a name: the source tells.
                let quoted = script
                    .file
                    .get(path.span.start..path.span.end)
                    .is_some_and(|text| text.contains(['"', '\'']));
                if !redirects || !text.starts_with("/sys/fs/cgroup") || !text.contains('*') || quoted {
                    continue;
                }
                let message = format!(
                    "`> {text}` writes nothing as soon as two cgroups match: a redirection has one target."
                );
                let help =
                    "write each in a loop: `for group in …/*/; do echo VALUE > \"$group/memory.low\"; done`";
                findings.push(report::error(RULE.id, path.span, message, help));
            }
        }
    }
}
