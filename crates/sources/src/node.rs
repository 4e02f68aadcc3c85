//! A node, as far as it decides about swap: disks, kubelet, runtimes, killers, kernel.
//!
//! One look; nobody is waited for longer than two seconds.

pub mod block_devices;
pub mod configz;
pub mod daemons;
pub mod features;
pub mod files;
pub mod filesystems;
pub mod kubelet;
pub mod paths;
pub mod swap_areas;
mod within;

use crate::cgroup::hierarchy::{self, FoundHierarchy};
use crate::docker::engine::engine;
use crate::docker::host::DockerHost;
use crate::host_root::{HostRoot, RootKind};
use crate::proc;
use daemons::Processes;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::zoneinfo;
use model::host::Host;
use model::node::{DockerEngine, Node};
use model::reading::Reading;
use model::snapshot::Missing;
use std::collections::BTreeMap;
use std::time::Duration;

/// A silent socket or disk costs at most this.
const DEADLINE: Duration = Duration::from_secs(2);

/// Kernel settings that decide about swap, or that the kubelet checks.
const SETTINGS: [&str; 10] = [
    "vm.swappiness",
    "vm.page-cluster",
    "vm.min_free_kbytes",
    "vm.watermark_scale_factor",
    "vm.watermark_boost_factor",
    "vm.vfs_cache_pressure",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "kernel.panic",
    "kernel.panic_on_oops",
];

/// Looks at the machine below `root`; of the engines the first one that answers tells about Docker.
#[must_use]
pub fn look(root: &HostRoot, engines: &[DockerHost]) -> Node {
    let found = hierarchy::find(root);
    let host = host(root, &found);
    let processes = Processes::list(root, &found);
    let filesystems = filesystems::filesystems(root);
    let block_devices = block_devices::block_devices(root);
    let swap_areas = swap_areas::swap_areas(root, &host, &filesystems, &block_devices);
    let (files, links) = files::files(root);
    let mut missing = Vec::new();
    if let Err(why) = &found.memory {
        missing.push(Missing { what: "the limits of cgroups".to_owned(), why: why.clone() });
    }
    let docker = docker(engines, &mut missing);
    Node {
        page: page(root, &host),
        zones: root.parsed("/proc/zoneinfo", zoneinfo::parse),
        controllers: controllers(root, &found),
        settings: settings(root),
        filesystems,
        block_devices,
        swap_areas,
        kubelet: kubelet::kubelet(root, &processes, &files),
        runtimes: processes.daemons(&daemons::RUNTIMES),
        killers: processes.daemons(&daemons::KILLERS),
        systemd: features::systemd(root),
        features: features::features(root, &found, &host),
        docker,
        files,
        links,
        command_line: root.text("/proc/cmdline").map(|text| text.trim_end().to_owned()),
        missing,
        host,
    }
}

fn host(root: &HostRoot, found: &FoundHierarchy) -> Host {
    let mut host = proc::host(root);
    host.cgroup_version = match &found.memory {
        Ok(mount) => Reading::Value(mount.hierarchy.version),
        Err(why) => Reading::failed(why.as_str()),
    };
    host.layout = found.hierarchy.layout.into();
    host
}

/// The kernel's page. A recording has no kernel to ask: there free memory in KiB against free pages tells.
fn page(root: &HostRoot, host: &Host) -> Bytes {
    const PAGES: [u64; 3] = [4096, 16384, 65536];
    if root.kind() == RootKind::Live {
        return Bytes(rustix::param::page_size() as u64);
    }
    let pages = host.vmstat.value().and_then(|vmstat| vmstat.get("nr_free_pages"));
    let free = host.meminfo.value().and_then(|meminfo| meminfo.mem_free);
    let each = free.zip(pages).and_then(|(free, pages)| free.0.checked_div(pages)).unwrap_or(PAGES[0]);
    let nearest = PAGES.into_iter().min_by_key(|page| page.abs_diff(each));
    Bytes(nearest.unwrap_or(PAGES[0]))
}

/// v2's root file; on v1 the controllers are in `/proc/cgroups`, each with a mount of its own.
fn controllers(root: &HostRoot, found: &FoundHierarchy) -> Reading<Vec<String>> {
    let is_v2 = found.memory.as_ref().is_ok_and(|mount| mount.hierarchy.version == CgroupVersion::V2);
    match found.hierarchy.v2_mount_point().filter(|_| is_v2) {
        Some(mount_point) => root
            .text(&format!("{mount_point}/cgroup.controllers"))
            .map(|text| text.split_whitespace().map(str::to_owned).collect()),
        None => root.text("/proc/cgroups").map(|text| {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let enabled = lines.filter(|line| line.split_whitespace().nth(3) == Some("1"));
            enabled.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
        }),
    }
}

fn settings(root: &HostRoot) -> BTreeMap<String, Reading<String>> {
    let read = |name: &str| {
        let text = root.text(&format!("/proc/sys/{}", name.replace('.', "/")));
        (name.to_owned(), text.map(|text| text.trim().to_owned()))
    };
    SETTINGS.into_iter().map(read).collect()
}

fn docker(engines: &[DockerHost], missing: &mut Vec<Missing>) -> Reading<DockerEngine> {
    for host in engines {
        match engine(host, DEADLINE) {
            Ok(found) => return found,
            Err(error) => {
                let why = crate::docker::chain(&error);
                missing.push(Missing { what: "what Docker's engine says of itself".to_owned(), why });
            }
        }
    }
    Reading::Absent
}
