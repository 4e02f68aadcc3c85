//! Which process of a cgroup came first: the one to ask when something is to be known of what runs in it.

use super::hierarchy;
use crate::host_root::HostRoot;
use std::fs;

/// The lowest process number of a cgroup, as the machine below `root` counts them: its first process, until numbers begin anew.
#[must_use]
pub fn first(root: &HostRoot, cgroup: &str) -> Option<u32> {
    let mount = hierarchy::find(root).memory.ok()?;
    let file = mount.folder.join(cgroup.trim_start_matches('/')).join("cgroup.procs");
    let text = fs::read_to_string(file).ok()?;
    // A process of another namespace is a zero.
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).min()
}
