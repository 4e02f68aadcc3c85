//! A file system in memory that is larger than the memory limit.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-file-system-above-limit",
    severity: LintSeverity::Warning,
    title: "a file system in memory is larger than the memory limit",
    why: "What a container writes to /dev/shm or a tmpfs is charged to its memory (kernel, Documentation/admin-guide/cgroup-v2.rst). A \
          size above the memory limit can never be filled: the kernel swaps, and then kills, before \"no space left\" is said.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  browser:\n    image: selenium\n    mem_limit: 1g\n    shm_size: 2g\n",
        },
        Example {
            file: "start.sh",
            text: "#!/bin/sh\ndocker run -m 64m --tmpfs /run:size=128m,mode=755 nginx\n",
        },
    ],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  browser:\n    image: selenium\n    mem_limit: 4g\n    shm_size: 2g\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(memory) = &order.memory else { continue };
        let Some(limit) = memory.size.above_zero() else { continue };
        for given in &order.file_systems {
            let Some(size) = given.size.above_zero().filter(|size| *size > limit) else { continue };
            let message = format!(
                "The file system in memory of {} ({}) is larger than the memory limit of {}. Whoever fills it is killed before it is full.",
                report::amount(size),
                given.key,
                report::amount(limit)
            );
            let at =
                report::between((memory.span, "the memory limit"), (given.span, "the file system's size"));
            let help = format!("write a size well below {}, or raise the memory limit", memory.value.value);
            findings.push(report::warning(RULE.id, at, message, help));
        }
    }
}
