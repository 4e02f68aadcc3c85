//! Fields of a node that do not exist.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "node-has-no-allocatable-swap",
    severity: LintSeverity::Warning,
    title: "a node has no allocatable swap",
    why: "Swap is no resource of Kubernetes: neither `capacity` nor `allocatable` of a node has it, and a column for \
          it prints `<none>`. Since 1.34 the size is in `.status.nodeInfo.swap.capacity` (KEP-2400).",
    bad: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\nkubectl get nodes -o custom-columns=NAME:.metadata.name,SWAP:.status.allocatable.swap\n",
    }],
    good: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\nkubectl get nodes -o custom-columns=NAME:.metadata.name,SWAP:.status.nodeInfo.swap.capacity\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        for call in script.calls_of("kubectl") {
            let fields = [".status.allocatable.swap", ".status.capacity.swap"];
            let Some(word) =
                call.words.iter().find(|word| fields.iter().any(|field| word.value.contains(field)))
            else {
                continue;
            };
            let message = "A node has no swap in `capacity` or `allocatable`: this prints nothing.";
            let help = "write `.status.nodeInfo.swap.capacity`, which is there since 1.34";
            findings.push(report::warning(RULE.id, word.span, message, help));
        }
    }
}
