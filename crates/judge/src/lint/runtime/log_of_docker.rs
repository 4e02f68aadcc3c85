//! The kernel's words searched in the log of Docker's unit.

use crate::lint::node::script::{self, Call};
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
    bad: &[
        Example { file: "check.sh", text: "#!/bin/sh\njournalctl -u docker | grep -I 'out of memory'\n" },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nsudo journalctl -u docker.service --since today | tail -n 500 | grep -i oom-kill\n",
        },
    ],
    good: &[Example { file: "check.sh", text: "#!/bin/sh\njournalctl -k | grep -i 'out of memory'\n" }],
    check,
};

const TRACES: [&str; 4] = ["out of memory", "killed process", "oom-kill", "oom_kill"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        for (at, command) in script.commands.iter().enumerate() {
            let Some(journal) = script::call(command).filter(reads_log_of_runtime) else { continue };
            if !script.piped(at).filter_map(script::call).any(|call| searches_kernel_words(&call)) {
                continue;
            }
            let message = "The log of a runtime's unit has no lines of the kernel: this finds no OOM kill.";
            let help = "write `journalctl -k | grep -i 'out of memory'`";
            findings.push(report::warning(RULE.id, journal.command.span, message, help));
        }
    }
}

fn reads_log_of_runtime(call: &Call<'_>) -> bool {
    call.program == "journalctl" && names_runtime(call.words) && !call.has("-k") && !call.has("--dmesg")
}

fn searches_kernel_words(call: &Call<'_>) -> bool {
    let traces = |word: &Spanned<String>| {
        let text = word.value.to_ascii_lowercase();
        TRACES.iter().any(|trace| text.contains(trace))
    };
    matches!(call.program, "grep" | "egrep" | "rg" | "awk") && call.words.iter().any(traces)
}

fn names_runtime(words: &[Spanned<String>]) -> bool {
    words.iter().any(|word| {
        let unit =
            word.value.trim_start_matches("--unit=").trim_start_matches("-u").trim_end_matches(".service");
        matches!(unit, "docker" | "containerd" | "podman")
    })
}
