//! Swap files that every user can read.

use crate::lint::node::script::{self, Script};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeSet;

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
        if makes.is_empty() || closes_all(&script) {
            continue;
        }
        let closed = closed(&script);
        for file in makes.into_iter().filter(|file| !closed.contains(file.value.as_str())) {
            let message = format!(
                "`{}` stays readable for every user, and the memory of all processes is swapped to it.",
                file.value
            );
            let help = format!("write `chmod 600 {}` before mkswap", file.value);
            findings.push(report::warning(RULE.id, file.span, message, help));
        }
    }
}

/// Whether whatever the script makes is for its owner alone.
fn closes_all(script: &Script<'_>) -> bool {
    script.calls().any(|call| match call.program {
        "umask" => call.words.iter().any(|word| word.value.ends_with("77")),
        "mkswap" => call.has("--file") || call.has("-F"),
        "btrfs" => true,
        _ => false,
    })
}

/// The files to which a mode without rights for group and others is given.
fn closed<'a>(script: &Script<'a>) -> BTreeSet<&'a str> {
    let changes = script.calls().filter(|call| matches!(call.program, "chmod" | "install"));
    let closing = changes.filter(|call| call.words.iter().any(|word| is_closed(&word.value)));
    closing.flat_map(|call| call.words).map(|word| word.value.as_str()).collect()
}

fn is_closed(word: &str) -> bool {
    let mode = word.rsplit('=').next().unwrap_or(word).trim_start_matches('0');
    (1..=3).contains(&mode.len()) && mode.ends_with("00")
        || word.contains("go-")
        || word.contains("go=")
        || word.contains("u=rw,")
}
