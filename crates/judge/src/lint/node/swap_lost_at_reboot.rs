//! Swap that a node loses at its next reboot.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-lost-at-reboot",
    severity: LintSeverity::Warning,
    title: "swap that ends with the next reboot",
    why: "swapon lasts until the machine goes down. A node keeps its swap by a line in /etc/fstab or by a unit of \
          systemd; else the kubelet starts without swap after a reboot, and containers that relied on it are \
          killed.",
    bad: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\nsystemctl restart kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    // Units and files that persist may be written by another part of the same file.
    let text = &subject.file.text;
    let persists = [
        "/etc/fstab",
        ".swap",
        "[Swap]",
        "systemctl enable",
        "rc.local",
        "crontab",
        "WantedBy",
        "zram-generator",
    ];
    if persists.iter().any(|trace| text.contains(trace)) {
        return;
    }
    for script in script::scripts(subject) {
        let in_unit = script.document.inside.is_some_and(|outer| {
            subject.file.documents.get(outer).is_some_and(|outer| outer.kind == DocumentKind::SystemdUnit)
        });
        if in_unit || !script.prepares_a_node() {
            continue;
        }
        let devices = script.calls_of("mkswap").filter_map(|call| call.operands().next());
        let made: BTreeSet<&str> = devices.map(|device| device.value.as_str()).collect();
        for call in script.calls_of("swapon") {
            let Some(device) = call.operands().last() else { continue };
            if !made.contains(device.value.as_str()) {
                continue;
            }
            let message = format!(
                "Swap on `{}` ends with the next reboot: nothing here switches it on again.",
                device.value
            );
            let help = format!("write `{} none swap sw 0 0` to /etc/fstab", device.value);
            findings.push(report::warning(RULE.id, call.command.span, message, help));
        }
    }
}
