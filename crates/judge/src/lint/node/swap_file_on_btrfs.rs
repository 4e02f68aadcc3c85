//! Swap files on btrfs.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-file-on-btrfs",
    severity: LintSeverity::Error,
    title: "a swap file on btrfs without NOCOW",
    why: "The kernel takes a swap file on btrfs only when it is not copied on write: `chattr +C` on the empty file, or \
          `btrfs filesystem mkswapfile` (btrfs-progs 6.1). Else swapon fails with \"Invalid argument\" \
          (btrfs(5), \"Swapfile support\").",
    bad: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\nmkfs.btrfs /dev/sdb\nmount /dev/sdb /data\nfallocate -l 2G /data/swapfile\nchmod 600 /data/swapfile\nmkswap /data/swapfile\nswapon /data/swapfile\n",
    }],
    good: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\nmkfs.btrfs /dev/sdb\nmount /dev/sdb /data\nbtrfs filesystem mkswapfile --size 2G /data/swapfile\nswapon /data/swapfile\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let makes_btrfs = script.calls().any(|call| {
            call.program == "mkfs.btrfs" || matches!(call.program, "mkfs" | "mount") && call.has("btrfs")
        });
        let prepared = script.calls().any(|call| {
            call.program == "chattr" && call.has("+C") || call.program == "btrfs" && call.has("mkswapfile")
        });
        if !makes_btrfs || prepared {
            continue;
        }
        let mounts: Vec<_> = script.calls_of("mount").filter_map(|call| call.operands().last()).collect();
        for file in script::swap_files(&script) {
            if !mounts.iter().any(|mount| mount.value.len() > 1 && file.value.starts_with(&mount.value)) {
                continue;
            }
            let message = format!(
                "`{}` is on btrfs and is copied on write. swapon refuses it: \"Invalid argument\".",
                file.value
            );
            let help = format!("make it by `btrfs filesystem mkswapfile --size SIZE {}`", file.value);
            findings.push(report::error(RULE.id, file.span, message, help));
        }
    }
}
