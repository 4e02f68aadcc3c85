//! Swap files that every user can read.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-file-readable",
    severity: LintSeverity::Warning,
    title: "a swap file that every user can read",
    why: "Pages of every process stand in a swap file. Made by fallocate or dd it has mode 0644, and swapon says \
          \"insecure permissions 0644, 0600 suggested\" (swapon(8)) but uses it.",
    bad: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\ndd if=/dev/zero of=/swapfile bs=1M count=2048\nmkswap /swapfile\nswapon /swapfile\n",
    }],
    good: &[Example {
        file: "swap.sh",
        text: "#!/bin/sh\ndd if=/dev/zero of=/swapfile bs=1M count=2048\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let makes = script::swap_files(&script);
        for file in makes {
            let closed = script.calls().any(|call| {
                matches!(call.program, "chmod" | "install" | "umask" | "swapoff")
                    && closes(&call, &file.value)
                    || call.program == "mkswap"
                        && call.words.iter().any(|word| ["--file", "-F"].contains(&word.value.as_str()))
                    || call.program == "btrfs"
            });
            if closed {
                continue;
            }
            let message = format!(
                "`{}` stays readable for every user, and the memory of all processes is swapped to it.",
                file.value
            );
            let help = Some(format!("write `chmod 600 {}` before mkswap", file.value));
            findings.push(report::warning(RULE.id, file.span, message, help));
        }
    }
}

/// A mode without rights for group and others, for this file or for all that follow.
fn closes(call: &script::Call<'_>, file: &str) -> bool {
    let has_file = call.words.iter().any(|word| word.value == file);
    let mode = |word: &str| {
        let mode = word.rsplit('=').next().unwrap_or(word).trim_start_matches('0');
        (1..=3).contains(&mode.len()) && mode.ends_with("00")
            || word.contains("go-")
            || word.contains("go=")
            || word.contains("u=rw,")
    };
    match call.program {
        "umask" => call.words.iter().any(|word| word.value.ends_with("77")),
        "chmod" | "install" => has_file && call.words.iter().any(|word| mode(&word.value)),
        _ => false,
    }
}
