//! Swap files made by fallocate and then by dd.

use crate::lint::node::script::{self, Call};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-file-made-twice",
    severity: LintSeverity::Info,
    title: "the same swap file is made by fallocate and by dd",
    why: "Either command makes the whole file: dd writes again what fallocate has just reserved. fallocate is quick on \
          ext4 and XFS; dd works on every file system but those that copy on write (swapon(8), \"Files with \
          holes\").",
    bad: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\nfallocate -l 2G /swapfile\ndd if=/dev/zero of=/swapfile bs=1M count=2048\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\n",
    }],
    good: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\nfallocate -l 2G /swapfile || dd if=/dev/zero of=/swapfile bs=1M count=2048\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let calls: Vec<_> = script.calls().collect();
        let is_tried = script.text.contains("if fallocate");
        // The next dd that writes a file, seen from behind: a script may make thousands.
        let mut next: BTreeMap<&str, Call<'_>> = BTreeMap::new();
        for call in calls.iter().rev() {
            if call.program == "dd" {
                let outputs = call.words.iter().filter_map(|word| word.value.strip_prefix("of="));
                next.extend(outputs.map(|output| (output, *call)));
            }
            if call.program != "fallocate" {
                continue;
            }
            let Some(file) = call.operands().last() else { continue };
            let Some(again) = next.get(file.value.as_str()) else { continue };
            let between = script.file.get(call.command.span.end..again.command.span.start).unwrap_or("");
            // One or the other: `fallocate … || dd …`, or the branches of a condition.
            if between.contains("||") || between.contains("else") || is_tried {
                continue;
            }
            let message = format!(
                "`{}` is made by fallocate and then once more by dd: one of them is enough.",
                file.value
            );
            let help = "remove the fallocate line; dd works on more file systems";
            let at = report::beside(call.command.span, (again.command.span, "made again"));
            findings.push(report::info(RULE.id, at, message, help));
        }
    }
}
