//! Controllers that are switched on for the wrong level.

use crate::lint::node::script::{self, Write};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};
use std::collections::{BTreeMap, BTreeSet};

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
        let places = Places::of(&writes);
        for enabled in
            writes.iter().filter(|write| write.value.is_some_and(|value| value.contains("+memory")))
        {
            let Some(group) = enabled.path.value.strip_suffix("/cgroup.subtree_control") else { continue };
            // Processes of the root may stay where they are.
            if group == "/sys/fs/cgroup" || group.contains('$') {
                continue;
            }
            let process = places.first.get(format!("{group}/cgroup.procs").as_str());
            if let Some(process) = process.filter(|process| process.span > enabled.span) {
                let message = format!(
                    "`{group}` hands memory on to its children, so it may hold no process: the write to its cgroup.procs fails."
                );
                let help = format!("move the process to a child, such as {group}/leaf/cgroup.procs");
                let at = report::beside(enabled.span, (process.span, "this write fails"));
                findings.push(report::error(RULE.id, at, message, help));
                continue;
            }
            let parent = group.rsplit_once('/').map_or("", |(parent, _)| parent);
            let from_parent = places.first.contains_key(format!("{parent}/cgroup.subtree_control").as_str());
            if from_parent || places.above_groups.contains(group) {
                continue;
            }
            let Some(own) = places.own_file(group) else { continue };
            let message = format!(
                "`+memory` here gives memory files to the children of `{group}`, not to itself: its own come from `{parent}/cgroup.subtree_control`."
            );
            let help = format!("write `+memory` to {parent}/cgroup.subtree_control");
            let at = report::beside(enabled.span, (own.span, "the file that is wanted"));
            findings.push(report::warning(RULE.id, at, message, help));
        }
    }
}

/// Where a script writes.
struct Places<'a> {
    /// The first write to each file.
    first: BTreeMap<&'a str, Write<'a>>,
    /// Groups in whose children it writes.
    above_groups: BTreeSet<&'a str>,
}

impl<'a> Places<'a> {
    fn of(writes: &[Write<'a>]) -> Self {
        let first = writes.iter().rev().map(|write| (write.path.value.as_str(), *write)).collect();
        let mut above_groups = BTreeSet::new();
        for write in writes {
            let mut group = write.path.value.rsplit_once('/').map_or("", |(group, _)| group);
            while let Some((above, _)) = group.rsplit_once('/') {
                // What is there already has brought all above it along.
                if !above_groups.insert(above) {
                    break;
                }
                group = above;
            }
        }
        Self { first, above_groups }
    }

    /// The first of a group's own memory files that is written.
    fn own_file(&self, group: &str) -> Option<Write<'a>> {
        let start = format!("{group}/memory.");
        let files = self.first.range(start.as_str()..).take_while(|(path, _)| path.starts_with(&start));
        files.map(|(_, write)| *write).min_by_key(|write| write.span)
    }
}
