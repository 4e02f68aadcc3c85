//! Swap files that are made again at every boot.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "mkswap-on-active-swap",
    severity: LintSeverity::Info,
    title: "mkswap runs again on swap that may be in use",
    why: "A script that a unit runs at every boot meets the swap file of the boot before: mkswap refuses a device in \
          use (\"is mounted; will not make swapspace\") and the unit fails, or it throws the signature away. \
          A script that looks first can run again (mkswap(8)).",
    bad: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\ncat > /usr/local/bin/setup-swap.sh <<'EOF'\n#!/bin/bash\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\nEOF\nsystemctl enable --now setup-swap.service\n--//--\n",
    }],
    good: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\ncat > /usr/local/bin/setup-swap.sh <<'EOF'\n#!/bin/bash\n[ -f /swapfile ] && exec swapon /swapfile\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\nEOF\nsystemctl enable --now setup-swap.service\n--//--\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let enables = script::scripts(subject).any(|script| {
        let mut calls = script.calls_of("systemctl").filter(|call| call.has("enable"));
        calls.any(|call| call.operands().any(|word| word.value.contains("swap")))
    });
    if !enables {
        return;
    }
    for script in script::scripts(subject) {
        let text = script.text;
        let looks = [
            "[ ",
            "[[",
            "test ",
            "swapon --show",
            "swapon -s",
            "/proc/swaps",
            "blkid",
            "swapoff",
            "ConditionPath",
        ];
        if looks.iter().any(|look| text.contains(look)) {
            continue;
        }
        for call in script.calls_of("mkswap") {
            let Some(device) = call.operands().next() else { continue };
            let message = format!(
                "At the next boot `{}` may already be swap: mkswap then refuses it, and the script stops or fails.",
                device.value
            );
            let help = format!(
                "look first: `swapon --show=NAME --noheadings | grep -qx {0} && exit 0`",
                device.value
            );
            findings.push(report::info(RULE.id, call.command.span, message, help));
        }
    }
}
