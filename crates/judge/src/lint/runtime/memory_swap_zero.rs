//! Zero as the limit of memory and swap together, which means "not set".

use crate::lint::report;
use crate::lint::runtime::order::{Action, Client, orders};
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-swap-zero-is-unset",
    severity: LintSeverity::Warning,
    title: "zero for memory and swap together does not forbid swap",
    why: "For Docker, 0 in `memswap_limit` and `--memory-swap` means \"not set\", and what is not set becomes twice the memory limit: \
          the container may swap as much as it may hold in memory (moby daemon/daemon_unix.go). Swap is forbidden by the same \
          value as the memory limit.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 0\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m --memory-swap 0 nginx\n" },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 512m\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m --memory-swap 512m nginx\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let (Some(memory), Some(both)) = (&order.memory, &order.memory_and_swap) else { continue };
        let Some(limit) = memory.size.above_zero() else { continue };
        let zero = both.value.value.trim_end_matches(|c: char| c.is_ascii_alphabetic()) == "0";
        if !zero || order.action == Action::Update || order.client == Client::Podman {
            continue;
        }
        let message = format!(
            "`{}` does not forbid swap: zero counts as not set. The container may swap as much as its memory limit, {}.",
            both.text(),
            report::amount(limit)
        );
        let value = memory.value.value.clone();
        findings.push(report::warning(
            RULE.id,
            both.span,
            message,
            format!("write `{}` as {value}, the memory limit itself, to forbid swap", both.key),
        ));
    }
}
