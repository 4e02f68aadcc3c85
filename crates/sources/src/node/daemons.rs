//! Programs that run all the time: which of them are there, and in which cgroup they really live.

use crate::cgroup::hierarchy::{FoundHierarchy, MemoryMount};
use crate::host_root::HostRoot;
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, identify_levels};
use kernel::cgroup_v2;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::process::{self, ProcessStat, ProcessStatus};
use model::node::Daemon;
use model::reading::Reading;
use std::time::Duration;

/// Container runtimes, by the name of their process.
pub const RUNTIMES: [&str; 5] = ["containerd", "crio", "dockerd", "cri-dockerd", "podman"];

/// Programs that kill for memory by rules of their own.
pub const KILLERS: [&str; 5] = ["systemd-oomd", "earlyoom", "oomd", "nohang", "bustd"];

/// The kubelet, alone or inside another program.
pub const KUBELETS: [&str; 5] = ["kubelet", "k3s-server", "k3s-agent", "rke2", "kubelite"];

/// Clock ticks a second: `USER_HZ` of every common build.
const TICKS_PER_SECOND: u64 = 100;

/// The processes of a machine that have one of the names above.
pub struct Processes<'a> {
    root: &'a HostRoot,
    memory: Option<&'a MemoryMount>,
    known: Vec<(u32, String)>,
}

impl<'a> Processes<'a> {
    /// Lists them. Those inside containers are somebody else's: a `containerd` in a kind node is not this node's.
    #[must_use]
    pub fn list(root: &'a HostRoot, found: &'a FoundHierarchy) -> Self {
        let mut known = Vec::new();
        let mut pids: Vec<u32> = root.names("/proc").iter().filter_map(|name| name.parse().ok()).collect();
        pids.sort_unstable();
        for pid in pids {
            let Reading::Value(name) = root.text(&format!("/proc/{pid}/comm")) else { continue };
            let name = name.trim_end().to_owned();
            let is_known =
                [&RUNTIMES, &KILLERS, &KUBELETS].iter().any(|names| names.contains(&name.as_str()));
            if is_known && !is_in_container(root, pid) {
                known.push((pid, name));
            }
        }
        Self { root, memory: found.memory.as_ref().ok(), known }
    }

    /// Those with these names, one of each: the oldest.
    #[must_use]
    pub fn daemons(&self, names: &[&str]) -> Vec<Daemon> {
        names
            .iter()
            .filter_map(|name| self.known.iter().find(|(_, known)| known == name))
            .map(|(pid, name)| self.daemon(*pid, name))
            .collect()
    }

    fn daemon(&self, pid: u32, name: &str) -> Daemon {
        let cgroup = self.cgroup(pid);
        let stat = self.root.parsed(&format!("/proc/{pid}/stat"), ProcessStat::parse);
        let status = self.root.parsed(&format!("/proc/{pid}/status"), ProcessStatus::parse);
        let ticks = |stat: ProcessStat| {
            let millis = stat.starttime.saturating_mul(1000 / TICKS_PER_SECOND);
            Duration::from_millis(millis)
        };
        Daemon {
            name: name.to_owned(),
            pid,
            swap_max: cgroup.as_ref().and_then(|cgroup| self.swap_max(cgroup)),
            cgroup,
            started: stat.map(ticks),
            swapped: status.and_then(|status| status.vm_swap.into()),
        }
    }

    fn cgroup(&self, pid: u32) -> Reading<String> {
        let version = self.memory.map_or(CgroupVersion::V2, |mount| mount.hierarchy.version);
        self.root
            .parsed(&format!("/proc/{pid}/cgroup"), process::parse_cgroups)
            .and_then(|cgroups| process::memory_path(&cgroups, version).map(str::to_owned).into())
    }

    /// The lowest limit of the cgroup and those above it. v1 has no limit of swap alone.
    fn swap_max(&self, cgroup: &str) -> Reading<Option<Bytes>> {
        let Some(memory) = self.memory.filter(|memory| memory.hierarchy.version == CgroupVersion::V2) else {
            return Reading::Absent;
        };
        let Some(directory) = memory.hierarchy.directory(cgroup) else {
            return Reading::failed(format!("{cgroup}: outside the hierarchy that is mounted here"));
        };
        let top = memory.hierarchy.mount_point.trim_end_matches('/');
        let mut level = directory.trim_end_matches('/');
        let (mut lowest, mut is_any) = (None, false);
        while level.len() > top.len() {
            match self.root.parsed(&format!("{level}/memory.swap.max"), cgroup_v2::parse_limit) {
                Reading::Value(Limit::At(bytes)) => {
                    is_any = true;
                    lowest = Some(lowest.map_or(bytes, |lowest: Bytes| lowest.min(bytes)));
                }
                Reading::Value(Limit::Unlimited) => is_any = true,
                Reading::Absent => {}
                Reading::Failed(why) => return Reading::Failed(why),
            }
            level = level.rsplit_once('/').map_or(top, |(above, _)| above);
        }
        if is_any { Reading::Value(lowest) } else { Reading::Absent }
    }
}

fn is_in_container(root: &HostRoot, pid: u32) -> bool {
    let cgroups = root.parsed(&format!("/proc/{pid}/cgroup"), process::parse_cgroups);
    let cgroups = cgroups.value().map(Vec::as_slice).unwrap_or_default();
    let is_container = |level| matches!(level, Identity::Container(_));
    cgroups.iter().any(|cgroup| identify_levels(&cgroup.path).any(is_container))
}
