//! The stored limit that is printed as usage.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::{Command, Span, Spanned};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-swap-is-no-usage",
    severity: LintSeverity::Warning,
    title: "HostConfig.MemorySwap is a limit, not a usage",
    why: "`docker inspect` shows in HostConfig.MemorySwap the limit of memory and swap together, as it was asked for. \
          What a container has in swap stands in memory.swap.current of its cgroup (v2), or is \
          memory.memsw.usage_in_bytes minus memory.usage_in_bytes (v1).",
    bad: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\necho \"Swap usage: $(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\"\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\ndocker inspect -f '{{.HostConfig.MemorySwap}}' web | awk '{print \"Swap usage: \" $1/1024/1024 \" MB\"}'\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nSWAP=$(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\necho \"Swap usage: ${SWAP}\"\n",
        },
    ],
    good: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\necho \"Memory and swap limit: $(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\"\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nLIMIT=$(docker inspect -f '{{.HostConfig.MemorySwap}}' web)\nUSED=$(docker exec web cat /sys/fs/cgroup/memory.swap.current)\necho \"Swap usage: $USED, memory and swap limit: $LIMIT\"\n",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        if !script.commands.iter().any(|command| asking(command).is_some()) {
            continue;
        }
        let printed = printed_as_usage(script.commands);
        let outer = script::outer(script.commands);
        let mut inner: Option<Span> = None;
        for (at, command) in script.commands.iter().enumerate() {
            let Some(word) = asking(command) else { continue };
            // The command in `$( )` comes before the one around it, whose word repeats its text.
            let is_around = inner.is_some_and(|inner| word.span.contains(inner));
            inner = Some(command.span);
            let around =
                outer.get(at).copied().flatten().and_then(|outer| asking(script.commands.get(outer)?));
            let pipes_to_usage =
                script.piped(at).flat_map(|command| &command.words).any(|word| names_usage(&word.value));
            let span = if names_usage(&word.value) || pipes_to_usage {
                word.span
            } else {
                match around {
                    Some(around) if names_usage(&around.value) => around.span,
                    Some(around) if assigned(&around.value).is_some_and(|name| printed.contains(name)) => {
                        word.span
                    }
                    Some(_) | None => continue,
                }
            };
            if is_around {
                continue;
            }
            let message = "HostConfig.MemorySwap is the limit of memory and swap together: it says nothing of how much is swapped.";
            let help = "read memory.swap.current of the container's cgroup";
            findings.push(report::warning(RULE.id, span, message, help));
        }
    }
}

/// The word that asks for the field.
fn asking(command: &Command) -> Option<&Spanned<String>> {
    command.words.iter().find(|word| asks(&word.value))
}

/// The field itself, and not `MemorySwappiness`.
fn asks(text: &str) -> bool {
    text.split("HostConfig.MemorySwap")
        .skip(1)
        .any(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

fn names_usage(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["swap usage", "swap used", "used swap", "current swap", "swap_usage", "swap_used", "swap in use"]
        .iter()
        .any(|name| text.contains(name))
}

/// The variables that are printed behind words that call them a usage, and that are not the second of two figures.
fn printed_as_usage(commands: &[Command]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for word in commands.iter().flat_map(|command| &command.words).filter(|word| names_usage(&word.value)) {
        names.extend(word.value.split('$').nth(1).and_then(variable));
    }
    names
}

/// `SWAP` in `{SWAP:-0} MB`.
fn variable(text: &str) -> Option<&str> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty())
}

/// `SWAP` in `SWAP=$(docker inspect …)`.
fn assigned(text: &str) -> Option<&str> {
    let (name, value) = text.split_once('=')?;
    value.starts_with("$(").then_some(name)
}
