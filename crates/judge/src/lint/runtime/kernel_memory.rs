//! A limit of kernel memory.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kernel-memory-limit-has-no-effect",
    severity: LintSeverity::Warning,
    title: "kernel memory has no limit of its own",
    why: "Linux 5.16 removed the limit of kernel memory (memory.kmem.limit_in_bytes); it never was in cgroup v2, where kernel memory \
          counts towards memory.max. Docker discards `--kernel-memory`, Podman no longer has the flag.",
    bad: &[Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m --kernel-memory 50m nginx\n" }],
    good: &[Example { file: "start.sh", text: "#!/bin/sh\ndocker run -m 512m nginx\n" }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(given) = &order.kernel_memory else { continue };
        let message = format!(
            "`{}` limits nothing: kernel memory counts towards the memory limit, and its own limit is gone since Linux 5.16.",
            given.text()
        );
        let help = "remove it; `--memory` bounds kernel memory too";
        findings.push(report::warning(RULE.id, given.span, message, help));
    }
}
