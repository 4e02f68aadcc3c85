//! Swappiness of one container.

use crate::lint::report;
use crate::lint::runtime::order::{Client, Given, Order, orders};
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::Edit;
use model::lint::{Fix, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swappiness-is-not-per-container",
    severity: LintSeverity::Error,
    title: "a container has no swappiness of its own on cgroup v2",
    why: "cgroup v2 has no swappiness per group. Docker prints \"Memory swappiness discarded\" and creates the container without it \
          (moby daemon/daemon_unix.go; measured on Docker 26.1), so `mem_swappiness: 0` forbids nothing: with a memory limit the \
          container may swap as much again. On cgroup v1 the value must be 0 to 100, and `docker compose` never hands a 0 on.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    mem_swappiness: 0\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m --memory-swappiness 10 nginx\n" },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    memswap_limit: 512m\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m --memory-swap 512m nginx\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(given) = &order.swappiness else { continue };
        let Ok(value) = given.value.value.parse::<i64>() else { continue };
        // Both command lines have -1 for "not set".
        if value == -1 && order.client != Client::Compose {
            continue;
        }
        let found = match subject.target.cgroup {
            CgroupVersion::V2 => Some(on_v2(subject, &order, given)),
            CgroupVersion::V1 => on_v1(&order, given, value),
        };
        findings.extend(found);
    }
}

fn on_v2(subject: &Subject<'_>, order: &Order, given: &Given) -> LintFinding {
    let text = given.text();
    let limit = order.memory.as_ref().and_then(|memory| memory.size.above_zero());
    let (then, help) = match (limit, &order.memory_and_swap, &order.memory) {
        (Some(limit), None, Some(memory)) => (
            format!("the container may swap as much as its memory limit, {}", report::amount(limit)),
            format!("write `{}` with the value {} to forbid swap", both_key(given), memory.value.value),
        ),
        (Some(_), _, _) | (None, _, _) => (
            "how eagerly the container is swapped stays the machine's vm.swappiness".to_owned(),
            format!("remove it, and bound swap by `{}` instead", both_key(given)),
        ),
    };
    let refuses = match order.client {
        Client::Compose | Client::Docker => "Docker discards",
        Client::Podman => "Podman cannot set",
    };
    let message = format!("{refuses} `{text}`: cgroup v2 has no swappiness per container. So {then}.");
    LintFinding { fix: fix(subject, order, given), ..report::warning(RULE.id, given.span, message, help) }
}

/// What was meant by zero: the same limit for memory and swap together.
fn fix(subject: &Subject<'_>, order: &Order, given: &Given) -> Option<Fix> {
    let shared = subject.file.text.contains(['&', '*']);
    let memory = order.memory.as_ref().filter(|memory| memory.size.above_zero().is_some())?;
    let alone = order.memory_and_swap.is_none() && order.client == Client::Compose && !shared;
    let there = subject.file.text.get(given.span.start..given.span.end)?;
    (alone && given.value.value == "0" && there == "mem_swappiness: 0").then(|| Fix {
        title: "forbid swap by `memswap_limit`".to_owned(),
        edits: vec![Edit { span: given.span, text: format!("memswap_limit: {}", memory.value.value) }],
    })
}

fn on_v1(order: &Order, given: &Given, value: i64) -> Option<LintFinding> {
    let text = given.text();
    if !(0..=100).contains(&value) {
        let message =
            format!("`{text}` is outside 0 to 100. {} refuses to create the container.", order.program());
        let help = "write a value from 0 to 100";
        return Some(report::error(RULE.id, given.span, message, help));
    }
    (value == 0 && order.client == Client::Compose).then(|| {
        let message = format!(
            "`docker compose` does not hand `{text}` on: it takes zero for \"not set\". The container keeps \
             the swappiness of its parent."
        );
        let help = format!("write `{}` with the value of the memory limit to forbid swap", both_key(given));
        report::warning(RULE.id, given.span, message, help)
    })
}

fn both_key(given: &Given) -> &'static str {
    if given.key.starts_with('-') { "--memory-swap" } else { "memswap_limit" }
}
