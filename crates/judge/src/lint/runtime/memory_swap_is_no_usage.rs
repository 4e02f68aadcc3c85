//! The stored limit that is printed as usage.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-swap-is-no-usage",
    severity: LintSeverity::Warning,
    title: "HostConfig.MemorySwap is a limit, not a usage",
    why: "`docker inspect` shows in HostConfig.MemorySwap the limit of memory and swap together, as it was asked for. \
          What a container has in swap stands in memory.swap.current of its cgroup (v2), or is \
          memory.memsw.usage_in_bytes minus memory.usage_in_bytes (v1).",
    bad: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\necho \"Swap usage: $(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\"\n",
    }],
    good: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\necho \"Memory and swap limit: $(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\"\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        for call in script.calls() {
            let called_usage = |text: &str| {
                let text = text.to_ascii_lowercase();
                ["swap usage", "swap used", "used swap", "current swap", "swap_usage"]
                    .iter()
                    .any(|name| text.contains(name))
            };
            let found = call
                .command
                .words
                .iter()
                .find(|word| word.value.contains("HostConfig.MemorySwap") && called_usage(&word.value));
            let Some(word) = found else { continue };
            let message = "HostConfig.MemorySwap is the limit of memory and swap together: it says nothing of how much is swapped.".to_owned();
            let help = Some("read memory.swap.current of the container's cgroup".to_owned());
            findings.push(report::warning(RULE.id, word.span, message, help));
        }
    }
}
