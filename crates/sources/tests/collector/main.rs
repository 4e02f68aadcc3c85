//! The collector on recorded machines, on damaged copies of them, and on machines that change under its eyes.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

mod bad_input;
mod changes;
mod recorded;
mod scale;

use model::cgroup::Cgroup;
use model::snapshot::Snapshot;
use sources::collect::{Collector, Habit, Scope};
use sources::host_root::HostRoot;
use std::path::Path;

/// The nested machine of kernel 6.12.
const NESTED: &str = "micro-6.12-v2-nested";

/// A collector of every cgroup below a root.
fn collector(root: &Path, habit: Habit) -> Collector {
    Collector::new(HostRoot::new(root), Scope::Everything, habit)
}

/// One look at every cgroup below a root.
fn look(root: &Path) -> Snapshot {
    let mut collector = collector(root, Habit::Once);
    collector.scan();
    collector.into_snapshot()
}

/// The cgroup at this path, if the snapshot has it.
fn find<'a>(snapshot: &'a Snapshot, path: &str) -> Option<&'a Cgroup> {
    snapshot.cgroups.iter().find(|cgroup| cgroup.path == path)
}

/// The cgroup at this path.
fn cgroup<'a>(snapshot: &'a Snapshot, path: &str) -> &'a Cgroup {
    find(snapshot, path).unwrap_or_else(|| panic!("{path} is not in the snapshot"))
}

/// Whether every parent stands before its children and is the one that the path names.
fn is_well_formed(snapshot: &Snapshot) -> bool {
    snapshot.cgroups.iter().enumerate().all(|(index, cgroup)| match cgroup.parent {
        None => cgroup.path == "/",
        Some(parent) => {
            let above = cgroup
                .path
                .rsplit_once('/')
                .map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
            parent.0 < index && snapshot.cgroup(parent).is_some_and(|parent| parent.path == above)
        }
    })
}
