//! Keys of a Compose service that look as if they limited memory or swap.

use crate::lint::report;
use crate::lint::runtime::compose::{services, unread_keys};
use crate::lint::{Example, Rule, Subject};
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "compose-memory-key-unknown",
    severity: LintSeverity::Error,
    title: "a key about memory or swap that Compose does not have",
    why: "The Compose specification has `mem_limit`, `mem_reservation`, `mem_swappiness`, `memswap_limit`, `oom_kill_disable` and \
          `oom_score_adj` in a service, and `memory` under `deploy.resources.limits` and `.reservations`. It has no swap field under \
          `deploy`. `docker compose` refuses other keys: \"additional properties 'swap' not allowed\".",
    bad: &[
        Example { file: "compose.yaml", text: "services:\n  web:\n    image: nginx\n    swappiness: 10\n" },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          memory: 512M\n          swap: 1G\n",
        },
    ],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  web:\n    image: nginx\n    memswap_limit: 1G\n    deploy:\n      resources:\n        limits:\n          memory: 512M\n",
    }],
    check,
};

const SERVICE: [&str; 4] = ["mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for service in services(subject) {
        let node = service.node();
        let mut say = |path: &str, (name, span): (&str, Span)| {
            findings.push(finding(service.entry.name(), path, name, span));
        };
        unread_keys(node, &[&SERVICE[..], &["oom_kill_disable"]].concat()).for_each(|key| say("", key));
        let Some(deploy) = node.get("deploy") else { continue };
        unread_keys(deploy, &["resources"]).for_each(|key| say("deploy.", key));
        let Some(resources) = deploy.get("resources") else { continue };
        unread_keys(resources, &["limits", "reservations"]).for_each(|key| say("deploy.resources.", key));
        for part in ["limits", "reservations"] {
            let Some(list) = resources.get(part) else { continue };
            unread_keys(list, &["memory"]).for_each(|key| say(&format!("deploy.resources.{part}."), key));
        }
    }
}

fn finding(service: &str, path: &str, name: &str, span: Span) -> LintFinding {
    let message = format!(
        "Compose has no `{path}{name}` in a service. `docker compose` refuses the file because of it in `{service}`."
    );
    let plain = name.to_ascii_lowercase();
    let help = if plain.contains("swappiness") {
        "remove it; swap is bounded by `memswap_limit`, which is memory and swap together"
    } else if plain.contains("swap") {
        "write `memswap_limit` in the service: memory and swap together, the memory limit itself for no swap"
    } else if plain.contains("reserv") && !plain.starts_with("reserv") {
        "write `mem_reservation`, or `memory` under `deploy.resources.reservations`"
    } else if ["limits", "reservations", "resources"].contains(&plain.as_str()) {
        "write `memory` under `deploy.resources.limits`, or `mem_limit` in the service"
    } else {
        "write `mem_limit` in the service, or `memory` under `deploy.resources.limits`"
    };
    report::error(RULE.id, span, message, help)
}
