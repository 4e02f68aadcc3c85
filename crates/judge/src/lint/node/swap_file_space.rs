//! Large swap files without a look at the space that is left.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-file-without-space-check",
    severity: LintSeverity::Info,
    title: "a large swap file without a look at the free space",
    why: "A swap file counts against the node's disk: with less than 10% left (`nodefs.available`) the kubelet evicts \
          pods, and with none fallocate fails. A fixed size fits some machines only; user data is the same \
          for all of them.",
    bad: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\nfallocate -l 30G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\n--//--\n",
    }],
    good: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\nfree=$(df --output=avail -B1G / | tail -1)\n[ \"$free\" -gt 60 ] || exit 0\nfallocate -l 30G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\n--//--\n",
    }],
    check,
};

const LARGE_GIB: u64 = 10;

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if !script::is_user_data(subject) {
        return;
    }
    for script in script::scripts(subject) {
        if ["df ", "stat -f", "--output=avail", "MemTotal", "lsblk", "findmnt"]
            .iter()
            .any(|look| script.text.contains(look))
        {
            continue;
        }
        for call in script.calls_of("fallocate") {
            let size = call.words.iter().find_map(|word| {
                let digits = word.value.trim_start_matches("-l").trim_end_matches("iB");
                let (number, unit) = digits.split_at(digits.len().checked_sub(1)?);
                matches!(unit, "G" | "g").then(|| number.parse::<u64>().ok()).flatten()
            });
            let Some(size) = size.filter(|size| *size >= LARGE_GIB) else { continue };
            let message = format!(
                "{size} GiB are taken on every machine, whatever its disk holds: when less than 10% is left, the kubelet evicts pods."
            );
            let help = "compare with `df --output=avail` first, and leave at least 10% of the disk free";
            findings.push(report::info(RULE.id, call.command.span, message, help));
        }
    }
}
