//! Units of swap that user data enables and does not start.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-unit-enabled-not-started",
    severity: LintSeverity::Warning,
    title: "a swap unit is enabled at the first boot, and starts at the second",
    why: "User data runs while the first boot is already under way: `systemctl enable` adds nothing to it, so the unit \
          runs at the next boot, which nodes of Karpenter never see. `Before=kubelet.service` does not help: \
          without Wants= or Requires= nobody pulls the unit in (systemd.unit(5); nodeadm-run starts the \
          kubelet after cloud-final).",
    bad: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\nsystemctl daemon-reload\nsystemctl enable setup-swap.service\n--//--\n",
    }],
    good: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\nsystemctl daemon-reload\nsystemctl enable --now setup-swap.service\n--//--\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if !script::is_user_data(subject) {
        return;
    }
    let text = &subject.file.text;
    for script in script::scripts(subject) {
        for call in script.calls_of("systemctl").filter(|call| call.has("enable") && !call.has("--now")) {
            let mut units = call.operands().filter(|word| word.value != "enable");
            let Some(unit) = units.find(|unit| unit.value.contains("swap")) else { continue };
            let name = unit.value.trim_end_matches(".service");
            let started = script::scripts(subject).any(|script| {
                script.calls_of("systemctl").any(|call| {
                    ["start", "restart", "--now", "reload-or-restart"].iter().any(|verb| call.has(verb))
                        && call.words.iter().any(|word| word.value.trim_end_matches(".service") == name)
                })
            });
            let pulled = ["Wants=", "Requires=", "BindsTo="].iter().any(|key| {
                text.lines().any(|line| line.trim().strip_prefix(key).is_some_and(|list| list.contains(name)))
            });
            if started || pulled || text.contains("swapon ") && script.calls_of("swapon").next().is_some() {
                continue;
            }
            let message = format!(
                "`{}` is enabled and not started: it runs at the next boot, and until then the node has no swap.",
                unit.value
            );
            let help = format!(
                "write a drop-in for kubelet.service with `Wants={0}` and `After={0}`, or `systemctl enable --now {0}`",
                unit.value
            );
            findings.push(report::warning(RULE.id, call.command.span, message, help));
        }
    }
}
