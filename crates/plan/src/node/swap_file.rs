//! A swap file: on which file systems, how its blocks are taken, and whether it fits.
//!
//! Written in swapon(8) and mkswap(8) of util-linux, btrfs(5) on swap files, the kernel's fs/iomap/swapfile.c (XFS from 4.18, unwritten
//! extents count) and mm/swapfile.c (no holes).

mod btrfs;
mod space;

use crate::node::active::{self, Switch};
use crate::node::draft::Draft;
use crate::node::fstab;
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit::{self, SwapUnit};
use crate::swap_size;
use kernel::bytes::Bytes;
use model::node::{DeviceContent, Filesystem};
use model::node_swap::{SwapArea, SwapSize};
use model::path_found::PathFound;
use model::plan::{Allocation, Change, SwapFile, SwapUse};
use model::reading::Reading;

/// Adds the steps for a swap file. `mounts` are mount points that may come late in the boot.
pub fn plan(
    look: &Look<'_>,
    area: &SwapArea,
    path: &str,
    size: SwapSize,
    mounts: &[String],
    draft: &mut Draft,
) {
    draft.has_disk_area = true;
    let Some((filesystem, allocation)) = filesystem(look, path, draft) else { return };
    let Some(bytes) = swap_size::bytes(size, look.memory(), filesystem.size.get()) else {
        return draft.refuse(
            format!("{path}: a share of {} was wanted, and how much there is is not known", whole(size)),
            "name an amount, such as `8Gi`",
        );
    };
    let Ok(found) = found(look, path, draft) else { return };
    let wanted = SwapFile { size: right_size(size, bytes, found.as_ref()), allocation };
    let is_remade = found.as_ref().is_none_or(|found| found.size != wanted.size);
    if is_remade {
        let freed = found.as_ref().map_or(Bytes::default(), |found| found.allocated);
        space::refuse_without_room(
            look,
            &space::Room { path, filesystem, wanted: wanted.size, freed },
            draft,
        );
        let now = found.map(|found| SwapFile { size: found.size, allocation });
        let change = Change::SwapFile { path: path.to_owned(), now, wanted: Some(wanted) };
        draft.step(Stage::Area, "swap-file", why(allocation, &filesystem.kind), change);
    }
    let usage = SwapUse { priority: area.priority, discard: area.discard };
    let unit = look.has_systemd().then(|| systemd_unit::swap_unit_name(path));
    if unit.is_some() {
        let unit = SwapUnit { what: path, usage, mounts, service: None };
        systemd_unit::enabled_swap_unit(look, &unit, draft);
        fstab::without(look, path, draft);
    } else {
        fstab::with(look, path, usage, draft);
    }
    active::switch(
        look,
        &Switch { path, what: path, wanted: usage, unit: unit.as_deref(), is_remade },
        draft,
    );
}

fn whole(size: SwapSize) -> &'static str {
    match size {
        SwapSize::Fixed(_) => "nothing",
        SwapSize::OfMemory(_) => "the memory",
        SwapSize::OfDisk(_) => "the file system",
    }
}

fn why(allocation: Allocation, kind: &str) -> String {
    match allocation {
        Allocation::Reserved => format!("{kind} reserves the blocks at once; only root may read them."),
        Allocation::Written => {
            "Every block is written, as reserved ones would count as holes here; only root may read them.".to_owned()
        }
        Allocation::NoCopyOnWrite => {
            "btrfs takes a swap file only without copy-on-write and with all its blocks; only root may read them."
                .to_owned()
        }
    }
}

/// `MemTotal` and a file system's size differ a little from boot to boot and after updates: a file that was made for a share then is
/// right now, within one part in a hundred.
fn right_size(size: SwapSize, wanted: Bytes, found: Option<&Found>) -> Bytes {
    match (size, found) {
        (SwapSize::Fixed(_), _) | (SwapSize::OfMemory(_) | SwapSize::OfDisk(_), None) => wanted,
        (SwapSize::OfMemory(_) | SwapSize::OfDisk(_), Some(found)) => {
            if found.size.0.abs_diff(wanted.0) <= wanted.0 / 100 { found.size } else { wanted }
        }
    }
}

/// A swap file that is there.
struct Found {
    size: Bytes,
    allocated: Bytes,
}

/// What lies at the path; refused unless it is nothing or swap.
fn found(look: &Look<'_>, path: &str, draft: &mut Draft) -> Result<Option<Found>, ()> {
    // What is switched on is swap, whether or not the file may be read.
    if let Some(active) = look.active(path) {
        let size = match look.path(path) {
            Reading::Value(PathFound::Blocks { size, .. }) => size,
            // The kernel leaves the header's page out, and on blocks smaller than a page every page that is not in one piece.
            Reading::Value(_) | Reading::Absent | Reading::Failed(_) => {
                Bytes(active.swap.size.0.saturating_add(look.node().page.0))
            }
        };
        loose_mode(active.mode.get(), path, draft);
        return Ok(Some(Found { size, allocated: size }));
    }
    let (why, remedy) = match look.path(path) {
        Reading::Absent => return parent(look, path, draft).map(|()| None),
        Reading::Value(PathFound::Blocks { size, allocated, content: DeviceContent::Swap, mode }) => {
            loose_mode(Some(mode), path, draft);
            // Slack for file systems that count blocks of 4096 bytes a little differently.
            if allocated.0 + 4096 >= size.0 {
                return Ok(Some(Found { size, allocated }));
            }
            (
                format!(
                    "{path} has holes: {} of {} bytes have blocks, and swapon refuses such a file",
                    allocated.0, size.0
                ),
                format!("`rm {path}`, and plan again"),
            )
        }
        Reading::Value(
            PathFound::Blocks {
                content: DeviceContent::Blank | DeviceContent::Known(_) | DeviceContent::Unknown,
                ..
            }
            | PathFound::Text(_),
        ) => (
            format!("{path} holds something else than swap, which would be lost"),
            format!("name another file, or `rm {path}`"),
        ),
        Reading::Value(PathFound::Folder(_)) => {
            (format!("{path} is a folder"), format!("name a file below it: {path}/swapfile"))
        }
        Reading::Value(PathFound::Link(target)) => {
            (format!("{path} is a symbolic link"), format!("name the file itself: {target}"))
        }
        Reading::Value(PathFound::Other(kind)) => {
            (format!("{path} is {kind}"), "name a file, or say --partition".to_owned())
        }
        Reading::Failed(why) => (format!("{path} cannot be looked at: {why}"), "run this as root".to_owned()),
    };
    draft.refuse(why, remedy);
    Err(())
}

fn loose_mode(mode: Option<u32>, path: &str, draft: &mut Draft) {
    if let Some(mode) = mode.filter(|mode| mode & 0o077 != 0) {
        draft.remark(format!(
            "{path} has mode {mode:o}: whoever may read it reads other people's memory; `chmod 600 {path}`"
        ));
    }
}

fn parent(look: &Look<'_>, path: &str, draft: &mut Draft) -> Result<(), ()> {
    let folder = match path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((folder, _)) => folder,
    };
    let found = match look.path(folder) {
        Reading::Value(PathFound::Folder(_) | PathFound::Link(_)) => return Ok(()),
        // Nobody looked yet.
        Reading::Absent if look.unseen().iter().any(|unseen| unseen == folder) => return Ok(()),
        Reading::Absent => "is not there".to_owned(),
        Reading::Failed(why) => format!("cannot be looked at: {why}"),
        Reading::Value(_) => "is no folder".to_owned(),
    };
    draft.refuse(
        format!("the folder {folder} of {path} {found}"),
        format!("`mkdir -p {folder}`, or name another file"),
    );
    Err(())
}

/// The file system of a path, and how a swap file's blocks are taken there.
fn filesystem<'a>(look: &Look<'a>, path: &str, draft: &mut Draft) -> Option<(&'a Filesystem, Allocation)> {
    if let Reading::Failed(why) = &look.node().filesystems {
        draft.refuse(format!("on which file system {path} lies cannot be told: {why}"), "run this as root");
        return None;
    }
    let Some(filesystem) = look.filesystem_of(path) else {
        draft.refuse(
            format!("on which file system {path} lies cannot be told: nothing is mounted above it"),
            "look at /proc/self/mountinfo",
        );
        return None;
    };
    let mount = &filesystem.mount_point;
    if filesystem.options.split(',').any(|option| option == "ro") {
        draft.refuse(
            format!("{path}: {mount} is mounted read-only"),
            format!("name a file on another file system, or `mount -o remount,rw {mount}`"),
        );
        return None;
    }
    let kind = filesystem.kind.as_str();
    match allocation(look, kind) {
        Ok(allocation) => {
            if allocation == Allocation::NoCopyOnWrite && !btrfs::takes_swap(look, path, filesystem, draft) {
                return None;
            }
            Some((filesystem, allocation))
        }
        Err(reason) => {
            draft.refuse(
                format!("{path} would lie on {kind} at {mount}: {reason}"),
                "name a file on ext4, XFS or btrfs, a partition, or zram",
            );
            None
        }
    }
}

/// How blocks are taken on a file system of this type, or why it holds no swap file.
fn allocation(look: &Look<'_>, kind: &str) -> Result<Allocation, &'static str> {
    // Below a FUSE file system anything may lie: `fuse.sshfs`, `fuseblk`.
    match kind.split('.').next().unwrap_or(kind) {
        "ext4" | "xfs" if look.kernel_from(4, 18) => Ok(Allocation::Reserved),
        "ext2" | "ext3" | "ext4" | "xfs" => Ok(Allocation::Written),
        "btrfs" => Ok(Allocation::NoCopyOnWrite),
        "overlay" | "aufs" => Err("a layered file system has no blocks of its own"),
        "tmpfs" | "ramfs" | "devtmpfs" => Err("it is in memory already"),
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "virtiofs" | "ceph" | "glusterfs" | "afs" => {
            Err("a page that comes over the network may need memory to come at all")
        }
        "fuse" | "fuseblk" => Err("the program that serves it may be the one that waits for the page"),
        "zfs" => Err("ZFS copies what it writes and needs memory to write"),
        "bcachefs" => Err("the kernel does not map its extents for swap"),
        "squashfs" | "erofs" | "iso9660" | "cramfs" => Err("it cannot be written"),
        _ => Err("it is not known to hold swap files"),
    }
}
