//! Switching the OOM killer off for a container.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "oom-kill-cannot-be-disabled",
    severity: LintSeverity::Warning,
    title: "the OOM killer cannot be switched off on cgroup v2",
    why: "`--oom-kill-disable` is memory.oom_control of cgroup v1. On v2 Docker says \"Your kernel does not support OomKillDisable. \
          OomKillDisable discarded.\" and goes on (moby daemon/daemon_unix.go). On v1 without a memory limit it \
          leaves the machine without a process to kill.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  db:\n    image: postgres\n    mem_limit: 1g\n    oom_kill_disable: true\n",
        },
        Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 1g --oom-kill-disable postgres\n" },
    ],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  db:\n    image: postgres\n    mem_limit: 1g\n    oom_score_adj: -500\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(given) = &order.oom_kill_disable else { continue };
        let message = match subject.target.cgroup {
            CgroupVersion::V2 => format!(
                "`{}` is discarded on cgroup v2: the kernel still kills in this container when its memory limit is reached.",
                given.key
            ),
            CgroupVersion::V1 if order.memory.is_none() && order.is_whole => format!(
                "`{}` without a memory limit: nothing bounds the container, and the kernel may not kill it when the machine is full.",
                given.key
            ),
            CgroupVersion::V1 => continue,
        };
        let help = "remove it; `oom_score_adj` from -1000 to 1000 says who is killed first";
        findings.push(report::warning(RULE.id, given.span, message, help));
    }
}
