//! Keys of `daemon.json` that look as if they limited memory or swap.

use crate::lint::report;
use crate::lint::runtime::docker_size::DockerSize;
use crate::lint::runtime::{compose, daemon};
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "daemon-memory-key-unknown",
    severity: LintSeverity::Error,
    title: "daemon.json has no default for memory or swap",
    why: "Docker's daemon has no default memory limit and no swap setting; with a key that it does not know it does not start: \"the \
          following directives don't match any configuration option\" (moby daemon/config). Of memory it reads `default-shm-size`, \
          `cgroup-parent` and the ulimits; a slice named in `cgroup-parent` can carry a limit for all containers.",
    bad: &[
        Example {
            file: "daemon.json",
            text: "{\n  \"log-driver\": \"journald\",\n  \"memory-swap\": \"2g\"\n}\n",
        },
        Example { file: "daemon.json", text: "{\n  \"default-shm-size\": \"64Mi\"\n}\n" },
    ],
    good: &[Example {
        file: "daemon.json",
        text: "{\n  \"log-driver\": \"journald\",\n  \"default-shm-size\": \"64m\"\n}\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for root in daemon::configurations(subject) {
        for (name, span) in compose::unread_keys(root, &[]) {
            findings.push(unknown(name, span));
        }
        for entry in root.entries().iter().filter(|entry| entry.name().starts_with("default-")) {
            let name = entry.name();
            if name == "default-shm-size" {
                let Some(text) =
                    entry.value.text().filter(|text| DockerSize::of(text) == DockerSize::Refused)
                else {
                    continue;
                };
                let message =
                    format!("Docker cannot read `{text}` as an amount of memory. Its daemon does not start.");
                let help = "write a number with `k`, `m` or `g`, such as `64m`";
                findings.push(report::error(RULE.id, entry.span(), message, help));
            } else if name.contains("mem") || name.contains("swap") {
                findings.push(unknown(name, entry.key.span));
            }
        }
    }
}

fn unknown(name: &str, span: model::document::Span) -> LintFinding {
    let message = format!("Docker's daemon has no setting `{name}`. It does not start with it.");
    let help = "remove it; limit each container, or name a slice with MemoryMax= and MemorySwapMax= in `cgroup-parent`";
    report::error(RULE.id, span, message, help)
}
