//! An exit code that is taken for an OOM kill.

use crate::lint::node::script::{self, Call, Script};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "exit-code-137-is-no-proof",
    severity: LintSeverity::Info,
    title: "exit code 137 alone proves no OOM kill",
    why: "137 is 128 + 9: somebody sent SIGKILL. That is the kernel's OOM killer, and just as well `docker kill`, a grace period that \
          ran out, a failed liveness probe or `timeout -s KILL`. An OOM kill of a child may end with 1 or 143, or with nothing. \
          Evidence is `State.OOMKilled` of Docker, `lastState.terminated.reason` of a pod, oom_kill in memory.events, the kernel's log \
          (kernel, cgroup-v2.rst; bash(1), EXIT STATUS).",
    bad: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\ncode=$(docker inspect -f '{{.State.ExitCode}}' web)\nif [ \"$code\" -eq 137 ]; then\n  echo \"web was OOM killed\"\nfi\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\ndocker wait web > code\ncase \"$(cat code)\" in\n  137) echo \"out of memory\" ;;\n  0) echo done ;;\nesac\n",
        },
    ],
    good: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nif [ \"$(docker inspect -f '{{.State.OOMKilled}}' web)\" = true ]; then\n  echo \"web was OOM killed\"\nelif [ \"$code\" -eq 137 ]; then\n  echo \"web was killed\"\nfi\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\ntimeout -s KILL 30 ./job\nif [ $? -eq 137 ]; then\n  echo \"killed: timeout, or out of memory?\"\nfi\n",
        },
    ],
    check,
};

/// Words of those who look for evidence.
const EVIDENCE: [&str; 9] = [
    "OOMKilled}}",
    ".OOMKilled",
    "\"OOMKilled\"",
    "'OOMKilled'",
    "memory.events",
    "oom_kill",
    "dmesg",
    "journalctl",
    "constraint=",
];

/// Words of those who do not claim it.
const DOUBT: [&str; 12] = [
    "?",
    "likely",
    "probab",
    "may ",
    "might",
    "maybe",
    "possib",
    "perhaps",
    "could",
    "timeout",
    "timed out",
    "sigkill",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        if !script.text.contains("137") || EVIDENCE.iter().any(|word| script.text.contains(word)) {
            continue;
        }
        let calls: Vec<_> = script.calls().collect();
        for (at, call) in calls.iter().enumerate().filter(|(_, call)| compares(call)) {
            let branch = calls
                .get(at + 1..)
                .unwrap_or_default()
                .iter()
                .take(BRANCH_MAX)
                .take_while(|next| !ends_branch(next));
            if branch.clone().any(|next| claims(&script, next)) {
                let message = "Exit code 137 says that somebody sent SIGKILL, not that memory ran out.";
                let help = "ask for the evidence: `docker inspect -f '{{.State.OOMKilled}}'`, `lastState.terminated.reason` of a pod, or \
                            oom_kill in memory.events";
                findings.push(report::info(RULE.id, call.command.span, message, help));
            }
        }
    }
}

/// So many commands behind a comparison belong to it.
const BRANCH_MAX: usize = 3;

/// `[ "$code" -eq 137 ]`, or `137)` of a `case`.
fn compares(call: &Call<'_>) -> bool {
    match call.program {
        "[" | "[[" | "test" => call.words.windows(2).any(|pair| match pair {
            [sign, number] => matches!(sign.value.as_str(), "-eq" | "==" | "=") && number.value == "137",
            _ => false,
        }),
        "137" => call.words.is_empty(),
        _ => false,
    }
}

fn ends_branch(call: &Call<'_>) -> bool {
    let first = call.command.words.first().map_or("", |word| word.value.as_str());
    matches!(first, "fi" | "else" | "elif" | "esac" | "done")
        || first.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a command tells people, without a doubt, that memory ran out.
fn claims(script: &Script<'_>, call: &Call<'_>) -> bool {
    let tells =
        matches!(call.program, "echo" | "printf" | "log" | "logger" | "die" | "fail" | "error" | "warn");
    let line =
        script.file.get(call.command.span.start..call.command.span.end).unwrap_or("").to_ascii_lowercase();
    let names = ["oom kill", "oomkill", "oom-kill", "out of memory", "killed (oom", "(oom)", "oom:"]
        .iter()
        .any(|name| line.contains(name));
    tells && names && !DOUBT.iter().any(|doubt| line.contains(doubt))
}
