//! Environment variables about swap that nobody reads.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-variable-is-read-by-nobody",
    severity: LintSeverity::Info,
    title: "an environment variable about swap that no runtime reads",
    why: "Neither Docker nor the kubelet nor the kernel reads environment variables of a container: SWAP_BEHAVIOR and SWAP_STRATEGY \
          change nothing unless the program itself knows them.",
    bad: &[Example {
        file: "compose.yaml",
        text: "services:\n  app:\n    image: app\n    environment:\n      SWAP_BEHAVIOR: limited\n",
    }],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  app:\n    image: app\n    mem_limit: 512m\n    memswap_limit: 1g\n",
    }],
    check,
};

const NAMES: [&str; 7] = [
    "SWAP_BEHAVIOR",
    "SWAP_STRATEGY",
    "SWAP_LIMIT",
    "SWAP_POLICY",
    "SWAPPINESS",
    "MEMORY_SWAP",
    "SWAP_ENABLED",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        for variable in &order.environment {
            let name = variable.value.split('=').next().unwrap_or("");
            if NAMES.contains(&name) {
                let message = format!(
                    "No container runtime reads `{name}`: it changes swap only if the program itself does."
                );
                let help = "bound swap by `memswap_limit` or `--memory-swap`";
                findings.push(report::info(RULE.id, variable.span, message, help));
            }
        }
    }
}
