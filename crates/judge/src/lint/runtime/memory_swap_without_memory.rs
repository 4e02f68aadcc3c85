//! A limit of memory and swap together without a memory limit.

use crate::lint::report;
use crate::lint::runtime::order::{Action, orders};
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-swap-without-memory",
    severity: LintSeverity::Error,
    title: "a limit of memory and swap together needs a memory limit",
    why: "`--memory-swap` and `memswap_limit` bound memory and swap together. Without a memory limit Docker refuses them: \
          \"You should always set the Memory limit when using Memoryswap limit, see usage\" (moby daemon/daemon_unix.go). \
          crun and runc refuse them for Podman. Only -1, which lifts the limit, may stand alone.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    memswap_limit: 1g\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -d --memory-swap 1g nginx\n" },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 1g\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -d -m 512m --memory-swap 1g nginx\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(both) = order.memory_and_swap.as_ref().filter(|both| both.size.above_zero().is_some())
        else {
            continue;
        };
        if order.memory.is_some() || !order.is_whole || order.action == Action::Update {
            continue;
        }
        let (text, key) = (both.text(), if both.key.starts_with('-') { "--memory" } else { "mem_limit" });
        let message = format!(
            "`{text}` limits memory and swap together, and no memory limit is set. {} refuses to create the container.",
            order.program()
        );
        findings.push(report::error(
            RULE.id,
            both.span,
            message,
            format!(
                "write `{key}` beside it: the part of {} that may be memory, and the rest is swap",
                both.value.value
            ),
        ));
    }
}
