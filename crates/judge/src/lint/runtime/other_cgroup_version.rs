//! Files of the other version of cgroups.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-file-of-other-cgroup-version",
    severity: LintSeverity::Error,
    title: "a file that this version of cgroups does not have",
    why: "cgroup v1 has memory.limit_in_bytes, memory.memsw.*, memory.failcnt, memory.swappiness, memory.oom_control \
          and cgroup.event_control; v2 has memory.max, memory.high, memory.low, memory.swap.max and \
          memory.events in their place, and tells of OOM by inotify on memory.events (kernel, \
          cgroup-v1/memory.rst and cgroup-v2.rst).",
    bad: &[
        Example {
            file: "limit.sh",
            text: "#!/bin/sh\necho 512M > /sys/fs/cgroup/memory/docker/memory.limit_in_bytes\n",
        },
        Example { file: "check.sh", text: "#!/bin/sh\ncat /sys/fs/cgroup/memory/memory.failcnt\n" },
    ],
    good: &[
        Example { file: "limit.sh", text: "#!/bin/sh\necho 512M > /sys/fs/cgroup/docker/memory.max\n" },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nif [ -f /sys/fs/cgroup/memory/memory.failcnt ]; then cat /sys/fs/cgroup/memory/memory.failcnt; fi\n",
        },
    ],
    check,
};

/// A file, and what the other version has instead.
type Counterpart = (&'static str, &'static str);

/// Files of v1 that v2 does not have, and what is there instead.
const V1: &[Counterpart] = &[
    ("memory.limit_in_bytes", "memory.max"),
    ("memory.soft_limit_in_bytes", "memory.low"),
    ("memory.memsw.limit_in_bytes", "memory.swap.max, which is swap alone"),
    ("memory.usage_in_bytes", "memory.current"),
    ("memory.memsw.usage_in_bytes", "memory.current and memory.swap.current"),
    ("memory.max_usage_in_bytes", "memory.peak"),
    ("memory.failcnt", "`max` in memory.events"),
    ("memory.swappiness", "nothing: vm.swappiness is the machine's"),
    ("memory.oom_control", "memory.events"),
    ("memory.pressure_level", "memory.pressure"),
    ("cgroup.event_control", "inotify on memory.events"),
];

/// Files of v2 that v1 does not have.
const V2: &[Counterpart] = &[
    ("memory.swap.max", "memory.memsw.limit_in_bytes, which is memory and swap together"),
    ("memory.swap.current", "memory.memsw.usage_in_bytes minus memory.usage_in_bytes"),
    ("memory.max", "memory.limit_in_bytes"),
    ("memory.high", "nothing"),
    ("memory.low", "memory.soft_limit_in_bytes"),
    ("memory.min", "nothing"),
    ("memory.current", "memory.usage_in_bytes"),
    ("memory.events", "memory.oom_control"),
    ("cgroup.subtree_control", "nothing: controllers are mounted"),
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let (wrong, right, version) = match subject.target.cgroup {
        CgroupVersion::V2 => (V1, V2, "v2"),
        CgroupVersion::V1 => (V2, V1, "v1"),
    };
    // A file that knows both versions is right on either. It is searched once, and only where something is wrong: it may hold
    // thousands of scripts.
    let text = subject.file.text.as_str();
    let mut knows_both = None;
    let mut knows = || {
        *knows_both.get_or_insert_with(|| {
            right.iter().any(|(name, _)| text.contains(name))
                || text.contains("cgroup2")
                || text.contains("cgroup.controllers")
        })
    };
    for script in script::outside_pods(subject) {
        let tested = |name: &str| {
            script.calls().any(|call| {
                matches!(call.program, "[" | "[[" | "test")
                    && call.words.iter().any(|word| word.value.contains(name))
            })
        };
        let written: Vec<_> = script.writes().map(|write| write.path.span).collect();
        for call in script.calls() {
            for word in call.command.words.iter().filter(|word| word.value.starts_with("/sys/fs/cgroup")) {
                let base = word.value.rsplit('/').next().unwrap_or("");
                let Some((name, instead)) = wrong.iter().find(|(name, _)| *name == base) else { continue };
                if tested(name) || knows() {
                    continue;
                }
                let message = format!("cgroup {version} has no `{name}`: this command fails.");
                let help = Some(format!("cgroup {version} has {instead}"));
                let make = if written.contains(&word.span) { report::error } else { report::warning };
                findings.push(make(RULE.id, word.span, message, help));
            }
        }
    }
}
