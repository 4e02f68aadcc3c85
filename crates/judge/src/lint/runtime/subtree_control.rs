//! Controllers that are switched on for the wrong level.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "subtree-control-is-for-children",
    severity: LintSeverity::Error,
    title: "a cgroup's subtree_control acts on its children",
    why: "`+memory` in cgroup.subtree_control gives the memory files to the children of that group; its own files come \
          from its parent's cgroup.subtree_control. A group that hands controllers on may hold no processes \
          itself: a write to its cgroup.procs then fails with \"Device or resource busy\" (kernel, \
          cgroup-v2.rst, \"No Internal Process Constraint\").",
    bad: &[
        Example {
            file: "tenant.sh",
            text: "#!/bin/sh\nmkdir /sys/fs/cgroup/tenant-a\necho +memory > /sys/fs/cgroup/tenant-a/cgroup.subtree_control\necho 4G > /sys/fs/cgroup/tenant-a/memory.max\n",
        },
        Example {
            file: "tenant.sh",
            text: "#!/bin/sh\necho +memory > /sys/fs/cgroup/tenant-a/cgroup.subtree_control\necho $$ > /sys/fs/cgroup/tenant-a/cgroup.procs\n",
        },
    ],
    good: &[Example {
        file: "tenant.sh",
        text: "#!/bin/sh\necho +memory > /sys/fs/cgroup/cgroup.subtree_control\nmkdir -p /sys/fs/cgroup/tenant-a/web\necho 4G > /sys/fs/cgroup/tenant-a/memory.max\necho +memory > /sys/fs/cgroup/tenant-a/cgroup.subtree_control\necho 1G > /sys/fs/cgroup/tenant-a/web/memory.max\necho $$ > /sys/fs/cgroup/tenant-a/web/cgroup.procs\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let writes: Vec<_> = script.writes().collect();
        for enabled in
            writes.iter().filter(|write| write.value.is_some_and(|value| value.contains("+memory")))
        {
            let Some(group) = enabled.path.value.strip_suffix("/cgroup.subtree_control") else { continue };
            // Processes of the root may stay where they are.
            if group == "/sys/fs/cgroup" || group.contains('$') {
                continue;
            }
            let write_to = |file: &str| {
                writes
                    .iter()
                    .find(|write| write.path.value.strip_prefix(group).is_some_and(|rest| rest == file))
            };
            if let Some(process) = write_to("/cgroup.procs").filter(|process| process.span > enabled.span) {
                let message = format!(
                    "`{group}` hands memory on to its children, so it may hold no process: the write to its cgroup.procs fails."
                );
                let help = Some(format!("move the process to a child, such as {group}/leaf/cgroup.procs"));
                let related = vec![(process.span, "this write fails".to_owned())];
                findings.push(LintFinding { related, ..report::error(RULE.id, enabled.span, message, help) });
                continue;
            }
            let own = writes.iter().find(|write| {
                let name = write.path.value.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
                name.is_some_and(|name| name.starts_with("memory."))
            });
            let children = writes.iter().any(|write| {
                let rest = write.path.value.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
                rest.is_some_and(|rest| rest.contains('/'))
            });
            let parent = group.rsplit_once('/').map_or("", |(parent, _)| parent);
            let from_parent = writes
                .iter()
                .any(|write| write.path.value.strip_suffix("/cgroup.subtree_control") == Some(parent));
            let Some(own) = own.filter(|_| !children && !from_parent) else { continue };
            let message = format!(
                "`+memory` here gives memory files to the children of `{group}`, not to itself: its own come from `{parent}/cgroup.subtree_control`."
            );
            let help = Some(format!("write `+memory` to {parent}/cgroup.subtree_control"));
            let related = vec![(own.span, "the file that is wanted".to_owned())];
            findings.push(LintFinding { related, ..report::warning(RULE.id, enabled.span, message, help) });
        }
    }
}
