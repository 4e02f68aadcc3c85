//! What is mounted, with sizes where asking for them cannot hang.

use crate::host_root::{HostRoot, RootKind};
use crate::node::DEADLINE;
use crate::node::within::within;
use kernel::bytes::Bytes;
use kernel::mountinfo::{self, MountEntry};
use model::node::Filesystem;
use model::reading::Reading;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// `statfs` on these waits for a server that may be gone.
const REMOTE: [&str; 12] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "9p",
    "virtiofs",
    "afs",
    "lustre",
    "glusterfs",
    "beegfs",
];

/// Kinds that hold no files of anybody: kernel interfaces and cgroups.
const INTERFACES: [&str; 20] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];

/// A recorded machine's sizes: lines of mount point, size and available bytes.
const RECORDED_SIZES: &str = "/statfs";

/// Where runtimes and the kubelet mount for containers: hundreds of mounts whose sizes tell nothing.
const OF_CONTAINERS: [&str; 6] = [
    "/var/lib/kubelet/pods/",
    "/run/containerd/",
    "/var/lib/containerd/",
    "/var/lib/docker/",
    "/var/lib/containers/",
    "/run/netns/",
];

/// Whether files of this kind of file system lie on another machine.
#[must_use]
pub fn is_remote(kind: &str) -> bool {
    REMOTE.contains(&kind) || kind.starts_with("fuse")
}

/// The file systems that hold files, in the order of mounting; of two on one mount point the later one is seen.
#[must_use]
pub fn filesystems(root: &HostRoot) -> Reading<Vec<Filesystem>> {
    let of = |process: &str| root.parsed(&format!("/proc/{process}/mountinfo"), mountinfo::parse);
    let entries = if root.is_own() { of("self") } else { of("1").or_if_absent(|| of("self")) };
    let recorded = root.text(RECORDED_SIZES);
    entries.map(|entries| {
        let mut found: Vec<Filesystem> = Vec::new();
        for entry in entries.into_iter().filter(|entry| !INTERFACES.contains(&entry.fs_type.as_str())) {
            found.retain(|earlier| earlier.mount_point != entry.mount_point);
            found.push(filesystem(root, entry, recorded.value().map(String::as_str)));
        }
        found
    })
}

fn filesystem(root: &HostRoot, entry: MountEntry, recorded: Option<&str>) -> Filesystem {
    let sizes = match root.kind() {
        RootKind::Live => asked(root, &entry),
        RootKind::Recorded => recorded
            .and_then(|text| text.lines().find_map(|line| sizes_of_line(line, &entry.mount_point)))
            .into(),
    };
    Filesystem {
        options: format!("{},{}", entry.options, entry.super_options),
        mount_point: entry.mount_point,
        kind: entry.fs_type,
        source: entry.source,
        device: (entry.major, entry.minor),
        size: sizes.as_ref().map(|(size, _)| *size),
        available: sizes.map(|(_, available)| available),
    }
}

/// Size, and what is available to a user without privileges: what the kubelet calls nodefs.available.
fn asked(root: &HostRoot, entry: &MountEntry) -> Reading<(Bytes, Bytes)> {
    if is_remote(&entry.fs_type) {
        return Reading::failed(format!(
            "{}: {} is not asked: a dead server would not answer",
            entry.mount_point, entry.fs_type
        ));
    }
    if OF_CONTAINERS.iter().any(|folder| entry.mount_point.starts_with(folder)) {
        return Reading::Absent;
    }
    let path = root.path(&entry.mount_point);
    // Seen from a container, the machine's mount may not be the one that stands there. Of btrfs the two numbers differ always.
    let is_another = !root.is_own()
        && entry.fs_type != "btrfs"
        && std::fs::metadata(&path).is_ok_and(|found| device_of(found.dev()) != (entry.major, entry.minor));
    if is_another {
        return Reading::failed(format!("{}: another file system is mounted there", path.display()));
    }
    let asked = path.clone();
    match within(DEADLINE, move || statvfs(&asked)) {
        Some(answer) => answer.map_or_else(
            |errno| {
                Reading::failed(format!("{}: {}", path.display(), crate::host_root::reason(&errno.into())))
            },
            Reading::Value,
        ),
        None => Reading::failed(format!("{}: no answer within {DEADLINE:?}", path.display())),
    }
}

fn device_of(device: u64) -> (u32, u32) {
    (rustix::fs::major(device), rustix::fs::minor(device))
}

fn statvfs(path: &Path) -> Result<(Bytes, Bytes), rustix::io::Errno> {
    let found = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| Bytes(blocks.saturating_mul(found.f_frsize));
    Ok((bytes(found.f_blocks), bytes(found.f_bavail)))
}

fn sizes_of_line(line: &str, mount_point: &str) -> Option<(Bytes, Bytes)> {
    let mut words = line.split_whitespace();
    if words.next()? != mount_point {
        return None;
    }
    Some((Bytes(words.next()?.parse().ok()?), Bytes(words.next()?.parse().ok()?)))
}

/// The file system that a path lies on: the one with the longest mount point above it.
#[must_use]
pub fn holding<'a>(filesystems: &'a [Filesystem], path: &str) -> Option<&'a Filesystem> {
    filesystems
        .iter()
        .filter(|one| Path::new(path).starts_with(&one.mount_point))
        .max_by_key(|one| one.mount_point.len())
}
