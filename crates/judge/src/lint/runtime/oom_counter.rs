//! The counter of OOM that does not count kills.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "oom-counter-is-not-kills",
    severity: LintSeverity::Info,
    title: "`oom` in memory.events does not count kills",
    why: "In memory.events `oom` counts how often the limit was hit and an allocation was about to fail, `oom_kill` \
          the processes that were killed and `oom_group_kill` the kills of whole groups (kernel, \
          cgroup-v2.rst). The file counts for the whole subtree; memory.events.local is the group's own.",
    bad: &[Example { file: "check.sh", text: "#!/bin/sh\ngrep '^oom ' /sys/fs/cgroup/web/memory.events\n" }],
    good: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\ngrep '^oom_kill ' /sys/fs/cgroup/web/memory.events\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        for call in script.calls() {
            let reads = call
                .words
                .iter()
                .any(|word| word.value.ends_with("/memory.events") || word.value == "memory.events");
            let pattern = call.words.iter().find(|word| {
                matches!(word.value.as_str(), "^oom " | "oom " | "^oom\\b")
                    || word.value.contains("/^oom /")
                    || word.value.contains("$1==\"oom\"")
            });
            let Some(pattern) = pattern.filter(|_| reads) else { continue };
            let message = "`oom` counts allocations that were about to fail, not processes that were killed.";
            let help = "read `oom_kill` for killed processes, `oom_group_kill` for kills of whole groups";
            findings.push(report::info(RULE.id, pattern.span, message, help));
        }
    }
}
