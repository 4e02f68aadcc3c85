//! Figures of the machine that are read inside a container.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::Spanned;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-figures-in-container",
    severity: LintSeverity::Warning,
    title: "/proc/meminfo in a container is that of the machine",
    why: "/proc/meminfo, /proc/swaps and `free` are not namespaced: in a container they show the machine's memory and \
          swap unless lxcfs is mounted over them. What the container holds stands in its cgroup: \
          memory.current and memory.swap.current (v2), memory.usage_in_bytes and memory.memsw.usage_in_bytes \
          (v1).",
    bad: &[
        Example { file: "check.sh", text: "#!/bin/sh\ndocker exec web cat /proc/meminfo | grep SwapFree\n" },
        Example { file: "check.sh", text: "#!/bin/sh\nkubectl exec web -- free -m\n" },
    ],
    good: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\ndocker exec web cat /sys/fs/cgroup/memory.swap.current\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        for call in script
            .calls()
            .filter(|call| matches!(call.program, "docker" | "podman" | "kubectl" | "crictl" | "nerdctl"))
        {
            let Some(exec) = call.words.iter().position(|word| word.value == "exec") else { continue };
            let inner = call.words.get(exec + 1..).unwrap_or_default();
            let reads = |word: &&Spanned<String>| {
                let text = word.value.as_str();
                ["/proc/meminfo", "/proc/swaps"].iter().any(|file| text.contains(file))
                    || text.starts_with("free ")
            };
            // The container's name comes first: one that is called `free` is no program.
            let program = inner.iter().skip(1).find(|word| word.value == "free");
            let Some(word) = inner.iter().find(reads).or(program) else { continue };
            let message = format!(
                "`{}` in a container shows the machine's memory and swap, not the container's.",
                word.value
            );
            let help = match subject.target.cgroup {
                CgroupVersion::V2 => "read /sys/fs/cgroup/memory.current and memory.swap.current there",
                CgroupVersion::V1 => {
                    "read /sys/fs/cgroup/memory/memory.usage_in_bytes and memory.memsw.usage_in_bytes there"
                }
            };
            findings.push(report::warning(RULE.id, word.span, message, help));
        }
    }
}
