//! Amounts that Docker does not read.

use crate::lint::report;
use crate::lint::runtime::compose;
use crate::lint::runtime::docker_size::{DockerSize, mended};
use crate::lint::runtime::order::{Client, Given, orders};
use crate::lint::{Example, Rule, Subject};
use model::document::node::Plain;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "docker-size-unreadable",
    severity: LintSeverity::Error,
    title: "an amount of memory that Docker does not read",
    why: "Docker and Compose write sizes as `512m`, `512mb` or `512MiB`, in powers of 1024 (go-units RAMInBytes). Kubernetes' `512Mi` \
          is refused: \"invalid suffix: 'mi'\". Under `deploy.resources` the amount must be text, so a number without quotes is \
          refused as well (compose-spec).",
    bad: &[
        Example { file: "compose.yaml", text: "services:\n  web:\n    image: nginx\n    mem_limit: 512Mi\n" },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          memory: 536870912\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 1Gi nginx\n" },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512MiB\n",
        },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          memory: 512M\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 1g nginx\n" },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        for given in order.amounts() {
            // tmpfs reads shares of the machine's memory and sizes by rules of its own.
            if given.size == DockerSize::Refused && given.key != "tmpfs size" {
                findings.push(refused(subject, order.client, given));
            }
        }
    }
    for service in compose::services(subject) {
        for part in ["limits", "reservations"] {
            let path = ["deploy", "resources", part, "memory"];
            let Some(given) = service.given(&path) else { continue };
            let plain = service.node().at(&path).and_then(|node| node.scalar()).map(|scalar| scalar.plain());
            match plain {
                Some(Plain::Integer(_) | Plain::Float(_) | Plain::Bool(_)) => {
                    findings.push(number(subject, &given));
                }
                // The order has only one of `mem_limit` and this.
                Some(Plain::Text(_)) if given.size == DockerSize::Refused => {
                    findings.push(refused(subject, Client::Compose, &given));
                }
                Some(Plain::Text(_) | Plain::Null) | None => {}
            }
        }
    }
}

fn refused(subject: &Subject<'_>, client: Client, given: &Given) -> LintFinding {
    let program = match client {
        Client::Compose => "`docker compose`",
        Client::Docker => "Docker",
        Client::Podman => "Podman",
    };
    let value = &given.value;
    let message = format!("{program} cannot read `{}` as an amount of memory and refuses it.", given.text());
    let mended = mended(&value.value);
    let help = match &mended {
        Some(mended) => {
            format!("write `{mended}`, which is the same amount: Docker counts in powers of 1024")
        }
        None => "write a number with `k`, `m` or `g`, such as `512m`".to_owned(),
    };
    let fix = mended
        .and_then(|text| report::replacement(subject, value.span, &value.value, text, "write Docker's unit"));
    LintFinding { fix, ..report::error(RULE.id, given.span, message, help) }
}

fn number(subject: &Subject<'_>, given: &Given) -> LintFinding {
    let text = &given.value.value;
    let message =
        format!("`{}` is a number, and Compose takes only text here: \"must be a string\".", given.text());
    let quoted = format!("\"{text}\"");
    let help = format!("write `{quoted}`, or the amount with its unit, such as `512m`");
    let fix = report::replacement(subject, given.value.span, text, quoted, "put the amount into quotes");
    LintFinding { fix, ..report::error(RULE.id, given.span, message, help) }
}
