//! Throttling at the limit itself.

use crate::lint::node::script::{self, Script, Write};
use crate::lint::node::unit;
use crate::lint::report;
use crate::lint::runtime::{cgroup_file, docker_command};
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::document::kind::DocumentKind;
use model::document::{Content, Setting, Span};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-high-at-max",
    severity: LintSeverity::Warning,
    title: "memory.high at memory.max throttles nothing",
    why: "memory.high slows a group down and reclaims before the limit is reached; at memory.max, or above it, the \
          limit always comes first and memory.high has no effect (kernel, cgroup-v2.rst). A tenth below the \
          limit leaves it room to work.",
    bad: &[
        Example {
            file: "limit.sh",
            text: "#!/bin/sh\necho 8G > /sys/fs/cgroup/db/memory.high\necho 8G > /sys/fs/cgroup/db/memory.max\n",
        },
        Example {
            file: "limit.sh",
            text: "#!/bin/sh\nid=$(docker run -d --name db -m 8g postgres)\necho 8G > \"/sys/fs/cgroup/system.slice/docker-$id.scope/memory.high\"\n",
        },
        Example {
            file: "db.service",
            text: "[Service]\nExecStart=/usr/bin/db\nMemoryHigh=8G\nMemoryMax=8G\n",
        },
    ],
    good: &[
        Example {
            file: "limit.sh",
            text: "#!/bin/sh\necho 7G > /sys/fs/cgroup/db/memory.high\necho 8G > /sys/fs/cgroup/db/memory.max\n",
        },
        Example {
            file: "db.service",
            text: "[Service]\nExecStart=/usr/bin/db\nMemoryHigh=7G\nMemoryMax=8G\n",
        },
    ],
    check,
};

fn check<'a>(subject: &Subject<'a>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let writes: Vec<_> = script.writes().collect();
        let ordered = only_limit(&script);
        let limit = |write: &Write<'a>| Some((write.path.value.strip_suffix("memory.max")?, *write));
        // The last write to each file counts.
        let limits: BTreeMap<&str, Write<'_>> = writes.iter().filter_map(limit).collect();
        for high in &writes {
            let Some(group) = high.path.value.strip_suffix("memory.high") else { continue };
            let throttle = ("memory.high", high.span, high.value.and_then(cgroup_file::bytes));
            let most = match limits.get(group) {
                Some(limit) => ("memory.max", limit.span, limit.value.and_then(cgroup_file::bytes)),
                None => match &ordered.filter(|_| group.contains("docker")) {
                    Some((span, bytes)) => ("--memory", *span, Some(bytes.0)),
                    None => continue,
                },
            };
            findings.extend(finding(throttle, most));
        }
    }
    for document in &subject.file.documents {
        if document.kind != DocumentKind::SystemdUnit {
            continue;
        }
        let Content::Settings(settings) = &document.content else { continue };
        let last = |key: &str| settings.iter().rev().find(|setting| setting.key.value == key);
        let (Some(high), Some(limit)) = (last("MemoryHigh"), last("MemoryMax")) else { continue };
        let values = (cgroup_file::bytes(&high.value.value), cgroup_file::bytes(&limit.value.value));
        let span = |setting: &Setting| setting.key.span.to(setting.value.span);
        if unit::is_amount(&high.value.value) {
            findings.extend(finding(
                ("MemoryHigh=", span(high), values.0),
                ("MemoryMax=", span(limit), values.1),
            ));
        }
    }
}

/// The memory limit of the one container that a script starts by Docker.
fn only_limit(script: &Script<'_>) -> Option<(Span, Bytes)> {
    let mut orders = script.calls_of("docker").filter_map(|call| docker_command::order(script.number, &call));
    let order = orders.next().filter(|_| orders.next().is_none())?;
    let memory = order.memory?;
    Some((memory.span, memory.size.above_zero()?))
}

fn finding(high: (&str, Span, Option<u64>), limit: (&str, Span, Option<u64>)) -> Option<LintFinding> {
    let (throttle, most) = (high.2?, limit.2?);
    // At zero everything is reclaimed and refused: that is no throttling.
    if throttle < most || most == 0 {
        return None;
    }
    let message = format!(
        "`{}` at {} is not below `{}` at {}: the limit is reached first, and nothing is throttled.",
        high.0,
        report::amount(Bytes(throttle)),
        limit.0,
        report::amount(Bytes(most))
    );
    let at = report::between((high.1, "the throttling"), (limit.1, "the limit"));
    let help = format!("write `{}` a tenth lower: {}", high.0, report::amount(Bytes(most / 10 * 9)));
    Some(report::warning(RULE.id, at, message, help))
}
