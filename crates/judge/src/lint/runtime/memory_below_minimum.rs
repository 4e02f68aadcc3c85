//! A memory limit below the least that Docker takes.

use crate::lint::report;
use crate::lint::runtime::docker_size::DockerSize;
use crate::lint::runtime::order::{Client, Given, orders};
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-limit-below-minimum",
    severity: LintSeverity::Error,
    title: "Docker takes no memory limit below 6 MiB",
    why: "A number without a unit is bytes: `mem_limit: 512` is 512 bytes. Docker refuses limits and reservations below 6 MiB \
          (\"Minimum memory limit allowed is 6MB\", moby daemon/daemon_unix.go), and takes 0 for no limit at all.",
    bad: &[
        Example { file: "compose.yaml", text: "services:\n  web:\n    image: nginx\n    mem_limit: 512\n" },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 4m nginx\n" },
    ],
    good: &[
        Example { file: "compose.yaml", text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n" },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 6m nginx\n" },
    ],
    check,
};

const LEAST: Bytes = Bytes::from_mib(6);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject).iter().filter(|order| order.client != Client::Podman) {
        for given in [&order.memory, &order.reservation].into_iter().flatten() {
            findings.extend(finding(given));
        }
    }
}

fn finding(given: &Given) -> Option<LintFinding> {
    let text = given.text();
    match given.size {
        DockerSize::Bytes(Bytes::ZERO) if !is_zero(&given.value.value) => {
            let message = format!("`{text}` is less than one byte, and Docker takes zero for \"no limit\".");
            Some(report::warning(RULE.id, given.span, message, help(given)))
        }
        DockerSize::Bytes(bytes) if bytes > Bytes::ZERO && bytes < LEAST => {
            let read = report::amount(bytes);
            let message = format!("`{text}` is {read}, and Docker refuses less than 6 MiB.");
            Some(report::error(RULE.id, given.span, message, help(given)))
        }
        DockerSize::MinusOne => {
            let message = format!("`{text}` is refused: only `memswap_limit` and `--memory-swap` take -1.");
            Some(report::error(RULE.id, given.span, message, help(given)))
        }
        DockerSize::Bytes(_) | DockerSize::Variable | DockerSize::Refused => None,
    }
}

fn help(given: &Given) -> String {
    let number = given.value.value.trim();
    let bare = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if bare && !number.is_empty() {
        format!("write the unit: `{number}m` is MiB, `{number}g` is GiB")
    } else {
        "write at least `6m`, or leave the key out for no limit".to_owned()
    }
}

fn is_zero(text: &str) -> bool {
    let number = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    !number.is_empty() && number.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}
