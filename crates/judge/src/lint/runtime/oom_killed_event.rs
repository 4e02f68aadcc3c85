//! Events that nobody sends.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "oom-killed-is-no-event",
    severity: LintSeverity::Warning,
    title: "there is no event with the reason OOMKilled",
    why: "The kubelet sends no event when the kernel kills in a container (measured on 1.36: only Pulled, Created, \
          Started and BackOff). OOMKilled is a reason in `status.containerStatuses[].lastState.terminated`; \
          the only event is SystemOOM, of the node, when the whole machine is out of memory.",
    bad: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\nkubectl get events -A --field-selector reason=OOMKilled\n",
    }],
    good: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\nkubectl get events -A --field-selector reason=SystemOOM\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        for call in script.calls_of("kubectl") {
            let events =
                call.words.iter().any(|word| matches!(word.value.as_str(), "events" | "event" | "ev"));
            let Some(word) = call.words.iter().find(|word| word.value.contains("reason=OOMKill")) else {
                continue;
            };
            if !events || word.value.contains("reason=OOMKilling") {
                continue;
            }
            let message = "No event has the reason OOMKilled: this prints nothing, however many containers were killed.";
            let help = "read `.status.containerStatuses[*].lastState.terminated.reason` of the pods";
            findings.push(report::warning(RULE.id, word.span, message, help));
        }
    }
}
