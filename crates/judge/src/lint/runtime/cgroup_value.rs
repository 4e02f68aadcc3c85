//! Values that a memory file of cgroup v2 does not take.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::runtime::cgroup_file;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-file-value-refused",
    severity: LintSeverity::Error,
    title: "a value that the kernel refuses",
    why: "Limits of cgroup v2 take a number of bytes, one with K, M or G, or `max`; -1, `512Mi` and `unlimited` are \
          refused with \"Invalid argument\" (kernel, page_counter_memparse). memory.current, memory.events, \
          memory.stat and memory.swap.current are read only: an eventfd is written to cgroup.event_control \
          on v1, and v2 is watched by inotify or poll.",
    bad: &[
        Example { file: "limit.sh", text: "#!/bin/sh\necho -1 > /sys/fs/cgroup/web/memory.swap.max\n" },
        Example { file: "limit.sh", text: "#!/bin/sh\necho 512Mi > /sys/fs/cgroup/web/memory.high\n" },
        Example { file: "watch.sh", text: "#!/bin/sh\necho \"$fd\" > /sys/fs/cgroup/web/memory.events\n" },
    ],
    good: &[Example {
        file: "limit.sh",
        text: "#!/bin/sh\necho max > /sys/fs/cgroup/web/memory.swap.max\necho 512M > /sys/fs/cgroup/web/memory.high\n",
    }],
    check,
};

const READ_ONLY: [&str; 6] = [
    "memory.current",
    "memory.events",
    "memory.events.local",
    "memory.stat",
    "memory.swap.current",
    "memory.swap.events",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if subject.target.cgroup != CgroupVersion::V2 {
        return;
    }
    for script in script::scripts(subject) {
        for write in script.writes() {
            let path = write.path.value.as_str();
            let name = path.rsplit('/').next().unwrap_or("");
            if READ_ONLY.contains(&name) && path.starts_with("/sys/fs/cgroup") {
                let message = format!("`{name}` is read only on cgroup v2: the kernel refuses the write.");
                let help = "watch memory.events by inotify, or write a trigger such as `some 150000 1000000` to memory.pressure";
                findings.push(report::error(RULE.id, write.span, message, help));
                continue;
            }
            let Some(value) = write.value.map(str::trim).filter(|_| cgroup_file::LIMITS.contains(&name))
            else {
                continue;
            };
            if cgroup_file::is_limit(value) {
                continue;
            }
            let message = format!(
                "`{value}` is no value of `{name}`: the kernel refuses it (\"Invalid argument\"), and the old limit stays."
            );
            let mended = value
                .strip_suffix('i')
                .or_else(|| value.strip_suffix('B'))
                .filter(|text| cgroup_file::is_limit(text));
            let help = mended.map_or_else(
                || "write `max` for no limit, or a number with K, M or G".to_owned(),
                |text| format!("write `{text}`"),
            );
            findings.push(report::error(RULE.id, write.span, message, help));
        }
    }
}
