//! Drop-ins of kubelet.service that name a second program.

use crate::lint::node::unit;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::{Edit, Span};
use model::lint::{Fix, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-drop-in-second-exec-start",
    severity: LintSeverity::Error,
    title: "a drop-in adds a second ExecStart=",
    why: "Lists of commands add up over drop-ins. A service that is not oneshot may have one ExecStart=, so a drop-in \
          empties the list first; else systemd refuses the unit: \"Service has more than one ExecStart= \
          setting\" (systemd.service(5)).",
    bad: &[Example {
        file: "kubelet.service.d/20-swap.conf",
        text: "[Service]\nExecStart=/usr/bin/kubelet --fail-swap-on=false\n",
    }],
    good: &[Example {
        file: "kubelet.service.d/20-swap.conf",
        text: "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --fail-swap-on=false\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if !subject.file.name.contains("kubelet.service.d/") || !subject.file.name.ends_with(".conf") {
        return;
    }
    let mut starts = unit::settings(subject)
        .filter(|setting| setting.section == "Service" && setting.key.value == "ExecStart");
    let Some(first) = starts.next().filter(|first| !first.value.value.trim().is_empty()) else { return };
    let message = "This is a second `ExecStart=` beside the one of kubelet.service. systemd refuses the unit, and the kubelet does not start.";
    let help = "write an empty `ExecStart=` on the line before it";
    let title = "empty the list first".to_owned();
    let span = first.key.span;
    let edits = vec![Edit { span: Span::new(span.start, span.start), text: "ExecStart=\n".to_owned() }];
    findings.push(LintFinding {
        fix: Some(Fix { title, edits }),
        ..report::error(RULE.id, span.to(first.value.span), message, help)
    });
}
