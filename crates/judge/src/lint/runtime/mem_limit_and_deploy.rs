//! The same limit in two places of a Compose service, with two values.

use crate::lint::report;
use crate::lint::runtime::compose::{Service, services};
use crate::lint::runtime::docker_size::DockerSize;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "mem-limit-contradicts-deploy",
    severity: LintSeverity::Error,
    title: "`mem_limit` and `deploy.resources` do not agree",
    why: "`docker compose` refuses a project whose `mem_limit` and `deploy.resources.limits.memory` differ: \"can't set distinct \
          values on 'mem_limit' and 'deploy.resources.limits.memory'\". A `limits` mapping that has no `memory`, only `cpus`, counts as \
          different too. The same holds for `mem_reservation` and `reservations` (compose-go loader/validate.go).",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    deploy:\n      resources:\n        limits:\n          memory: 1g\n",
        },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    deploy:\n      resources:\n        limits:\n          cpus: '1'\n",
        },
    ],
    good: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    deploy:\n      resources:\n        limits:\n          memory: 512M\n",
        },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    deploy:\n      replicas: 2\n",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for service in services(subject) {
        findings.extend(finding(&service, "mem_limit", "limits"));
        findings.extend(finding(&service, "mem_reservation", "reservations"));
    }
}

fn finding(service: &Service<'_>, short: &str, part: &str) -> Option<LintFinding> {
    let own = service.given(&[short])?;
    let size = own.size.above_zero()?;
    let resources = service.node().at(&["deploy", "resources"])?;
    let list = resources.entry(part).filter(|entry| entry.value.is_mapping())?;
    let Some(memory) = service.given(&["deploy", "resources", part, "memory"]) else {
        let message = format!(
            "`{}` stands beside `deploy.resources.{part}` without `memory`. `docker compose` takes them for different values \
             and refuses the project.",
            own.text()
        );
        let at = report::between((own.span, "the limit"), (list.key.span, "no `memory` in here"));
        let help = format!("move it: write `memory: {}` under `deploy.resources.{part}`", own.value.value);
        return Some(report::error(RULE.id, at, message, help));
    };
    let differs = match memory.size {
        DockerSize::Bytes(bytes) => bytes != size,
        DockerSize::MinusOne | DockerSize::Variable | DockerSize::Refused => false,
    };
    differs.then(|| {
        let message = format!(
            "`{}` and `{}` are different values of one setting. `docker compose` refuses the project.",
            own.text(),
            memory.text()
        );
        let at = report::between((own.span, "one value"), (memory.span, "the other value"));
        let help = format!("keep one of them, such as `memory: {}` under `deploy`", own.value.value);
        report::error(RULE.id, at, message, help)
    })
}
