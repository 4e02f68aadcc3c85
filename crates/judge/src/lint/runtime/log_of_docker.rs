//! The kernel's words searched in the log of Docker's unit.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Spanned;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kernel-log-is-not-in-unit-log",
    severity: LintSeverity::Warning,
    title: "OOM kills are in the kernel's log, not in a unit's",
    why: "Who was killed is written by the kernel: \"Memory cgroup out of memory: Killed process\" stands in \
          `journalctl -k` and dmesg. The log of docker.service or containerd.service holds none of it, and \
          `grep -I` means \"skip binary files\", not \"whatever the case\", which is `-i`.",
    bad: &[Example { file: "check.sh", text: "#!/bin/sh\njournalctl -u docker | grep -I 'out of memory'\n" }],
    good: &[Example { file: "check.sh", text: "#!/bin/sh\njournalctl -k | grep -i 'out of memory'\n" }],
    check,
};

const TRACES: [&str; 4] = ["out of memory", "killed process", "oom-kill", "oom_kill"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        let calls: Vec<_> = script.calls().collect();
        for pair in calls.windows(2) {
            let [journal, grep] = pair else { continue };
            let of_unit =
                journal.program == "journalctl" && names_runtime(journal.words) && !journal.has("-k");
            let is_grep = matches!(grep.program, "grep" | "egrep" | "rg")
                && script.is_piped(journal.command.span, grep.command.span);
            let traces = grep.words.iter().any(|word| {
                let text = word.value.to_ascii_lowercase();
                TRACES.iter().any(|trace| text.contains(trace))
            });
            if !(of_unit && is_grep && traces) {
                continue;
            }
            let message =
                "The log of a runtime's unit has no lines of the kernel: this finds no OOM kill.".to_owned();
            let help = Some("write `journalctl -k | grep -i 'out of memory'`".to_owned());
            findings.push(report::warning(RULE.id, journal.command.span, message, help));
        }
    }
}

fn names_runtime(words: &[Spanned<String>]) -> bool {
    words.iter().any(|word| {
        let unit =
            word.value.trim_start_matches("--unit=").trim_start_matches("-u").trim_end_matches(".service");
        matches!(unit, "docker" | "containerd" | "podman")
    })
}
