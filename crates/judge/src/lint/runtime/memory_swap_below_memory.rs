//! A limit of memory and swap together below the memory limit.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-swap-below-memory",
    severity: LintSeverity::Error,
    title: "the limit of memory and swap together is below the memory limit",
    why: "`memswap_limit` and `--memory-swap` count memory and swap together, so they cannot be below the memory limit; whoever \
          writes the swap alone there is refused: \"Minimum memoryswap limit should be larger than memory limit, see usage\" \
          (moby daemon/daemon_unix.go). For 256m of swap beside 512m of memory the value is 768m.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 256m\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 1g --memory-swap=512m nginx\n" },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 512m\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 1g --memory-swap=-1 nginx\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let (Some(memory), Some(both)) = (&order.memory, &order.memory_and_swap) else { continue };
        let (Some(limit), Some(together)) = (memory.size.above_zero(), both.size.above_zero()) else {
            continue;
        };
        if together >= limit {
            continue;
        }
        let message = format!(
            "`{}` is memory and swap together and is below the memory limit of {}. {} refuses to create the container.",
            both.text(),
            memory.value.value,
            order.program()
        );
        let at = report::between((memory.span, "the memory limit"), (both.span, "memory and swap together"));
        let sum = report::amount(limit.saturating_add(together));
        let help = format!(
            "write `{}` as the sum, {sum}, for {} of swap, or as {} for none",
            both.key, both.value.value, memory.value.value
        );
        findings.push(report::error(RULE.id, at, message, help));
    }
}
