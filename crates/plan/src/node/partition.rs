//! A partition or disk as swap: only one that is blank or swap already, and that nobody uses.

use crate::node::active::{self, Switch};
use crate::node::draft::Draft;
use crate::node::fstab;
use crate::node::fstab::filesystem::{self, Means, device_name};
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit::{self, SwapUnit};
use model::node::{BlockDevice, DeviceContent};
use model::node_swap::SwapArea;
use model::plan::{Change, Signature, SwapUse};
use model::reading::Reading;

/// Adds the steps.
pub fn plan(look: &Look<'_>, area: &SwapArea, device: &str, draft: &mut Draft) {
    draft.has_disk_area = true;
    let Some(found) = find(look, device, draft) else { return };
    let path = format!("/dev/{}", found.name);
    let is_active = look.active(&path).is_some();
    if let Some((why, remedy)) = in_the_way(look, device, found) {
        return draft.refuse(why, remedy);
    }
    match &found.content {
        Reading::Value(DeviceContent::Swap) => {}
        Reading::Value(DeviceContent::Blank) => {
            let change =
                Change::Signature { device: path.clone(), now: Signature::None, wanted: Signature::Swap };
            draft.step(
                Stage::Area,
                "swap-signature",
                format!("{device} is blank: mkswap writes its first page."),
                change,
            );
        }
        // What is switched on is swap, whether or not its first page may be read.
        Reading::Absent | Reading::Failed(_) if is_active => {}
        Reading::Value(DeviceContent::Known(what)) => {
            return draft.refuse(
                format!("{device} holds {what}, which would be lost"),
                format!("name another partition, or `wipefs -a {device}` when nobody needs it"),
            );
        }
        Reading::Value(DeviceContent::Unknown) => {
            return draft.refuse(
                format!("{device} holds something unknown, which would be lost"),
                format!("name another partition, or `wipefs -a {device}` and zeros over its beginning when nobody needs it"),
            );
        }
        Reading::Absent => {
            return draft.refuse(format!("what {device} holds is not known"), "run this as root");
        }
        Reading::Failed(why) => {
            return draft.refuse(format!("what {device} holds cannot be read: {why}"), "run this as root");
        }
    }
    let usage = SwapUse { priority: area.priority, discard: area.discard };
    let unit = look.has_systemd().then(|| systemd_unit::swap_unit_name(device));
    if unit.is_some() {
        let unit = SwapUnit { what: device, usage, mounts: &[], service: None };
        systemd_unit::enabled_swap_unit(look, &unit, draft);
        fstab::without(look, device, draft);
    } else {
        fstab::with(look, device, usage, draft);
    }
    let switch = Switch { path: &path, what: device, wanted: usage, unit: unit.as_deref(), is_remade: false };
    active::switch(look, &switch, draft);
}

/// The device behind a path, also behind `/dev/disk/by-…` and `/dev/mapper/…`, which are links.
fn find<'a>(look: &Look<'a>, device: &str, draft: &mut Draft) -> Option<&'a BlockDevice> {
    let Some(devices) = look.node().block_devices.value() else {
        draft.refuse(
            format!("whether {device} may be used cannot be told: no disks were seen"),
            "run this as root",
        );
        return None;
    };
    let name = device_name(look, device);
    let found = devices.iter().find(|one| one.name == name);
    if found.is_none() && look.unseen().iter().all(|unseen| unseen != device) {
        draft.refuse(
            format!("{device} is no disk or partition of this machine"),
            "`lsblk` shows those that are there",
        );
    }
    found
}

/// Who uses the device.
fn in_the_way(look: &Look<'_>, device: &str, found: &BlockDevice) -> Option<(String, String)> {
    let another = "name another partition".to_owned();
    let mounts = look.node().filesystems.value();
    if let Some(mounted) = mounts.into_iter().flatten().find(|one| one.device == found.device) {
        let at = &mounted.mount_point;
        return Some((format!("{device} is mounted at {at} ({})", mounted.kind), another));
    }
    // Multi-device file systems mount under a number of their own; the source still names a device.
    let source = format!("/dev/{}", found.name);
    if let Some(mounted) =
        mounts.into_iter().flatten().find(|one| one.source == source || one.source == device)
    {
        return Some((format!("{device} is mounted at {} ({})", mounted.mount_point, mounted.kind), another));
    }
    if let [holder, ..] = found.holders.as_slice() {
        return Some((format!("{device} is a part of {holder} (device mapper or RAID)"), another));
    }
    in_fstab(look, device, found).or_else(|| of_parts(look, device, found))
}

/// A file system that is not mounted just now is somebody's all the same, and one that is made at its first mount is not there yet.
fn in_fstab(look: &Look<'_>, device: &str, found: &BlockDevice) -> Option<(String, String)> {
    let line = filesystem::line_of(look, found)?;
    let (number, text, mount_point) = (line.number, line.text.escape_debug(), line.mount_point);
    let remedy = format!(
        "name another partition; when nobody needs {mount_point}, take line {number} out of /etc/fstab first"
    );
    let why = match line.means {
        Means::This => format!(
            "line {number} of /etc/fstab has {device} as the file system of {mount_point}, which would be lost: `{text}`"
        ),
        Means::Unknown(why) => format!(
            "whether line {number} of /etc/fstab has {device} as the file system of {mount_point} cannot be told, because {why}: `{text}`"
        ),
    };
    Some((why, remedy))
}

/// A disk that has partitions.
fn of_parts(look: &Look<'_>, device: &str, found: &BlockDevice) -> Option<(String, String)> {
    let devices = look.node().block_devices.value();
    let part = devices.into_iter().flatten().find(|one| one.disk.as_deref() == Some(found.name.as_str()))?;
    let remedy = format!("name one of its partitions, such as /dev/{}", part.name);
    Some((format!("{device} is a disk with partitions"), remedy))
}
