//! Which cgroup a process is in.

use crate::cgroup::hierarchy;
use crate::host_root::HostRoot;
use kernel::process;
use model::reading::Reading;

/// Where a process's cgroup could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnreadableProcess(String);

/// The path of a process's cgroup in the memory hierarchy as this machine's root shows it; `process` is a number or `self`.
/// `None` when there is no such process or its cgroup lies outside what can be seen.
///
/// # Errors
/// When the machine has no memory hierarchy or the process's file cannot be read.
pub fn cgroup_path(root: &HostRoot, process: &str) -> Result<Option<String>, UnreadableProcess> {
    let mount = hierarchy::find(root).memory.map_err(UnreadableProcess)?;
    let cgroups = match root.parsed(&format!("/proc/{process}/cgroup"), process::parse_cgroups) {
        Reading::Value(cgroups) => cgroups,
        Reading::Absent => return Ok(None),
        Reading::Failed(why) => return Err(UnreadableProcess(why.to_string())),
    };
    let Some(path) = process::memory_path(&cgroups, mount.hierarchy.version) else { return Ok(None) };
    let directory = mount.hierarchy.directory(path);
    Ok(directory.and_then(|directory| {
        let below = directory.strip_prefix(mount.hierarchy.mount_point.trim_end_matches('/'))?;
        Some(if below.is_empty() { "/".to_owned() } else { below.to_owned() })
    }))
}
