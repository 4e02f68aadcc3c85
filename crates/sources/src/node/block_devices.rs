//! Disks, partitions and what is made of them, from `/sys/block`.

use crate::host_root::{HostRoot, reason};
use crate::node::DEADLINE;
use crate::node::within::within;
use kernel::bytes::Bytes;
use kernel::disk_signature::{self, DiskSignature};
use kernel::scalar;
use model::node::{BlockDevice, DeviceContent};
use model::reading::Reading;
use rustix::fs::{Mode, OFlags};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The unit of `/sys/block/*/size`, whatever the disk's own blocks are (Documentation/ABI/stable/sysfs-block).
const SECTOR: u64 = 512;

/// Drives that wait for a medium.
const NOT_OPENED: [&str; 2] = ["fd", "sr"];

/// Every block device that has a size, a disk before its partitions.
#[must_use]
pub fn block_devices(root: &HostRoot) -> Reading<Vec<BlockDevice>> {
    if !root.path("/sys/block").is_dir() {
        return Reading::Absent;
    }
    let mut found = Vec::new();
    for disk in root.names("/sys/block") {
        let folder = format!("/sys/block/{disk}");
        let whole = device(root, &folder, &disk, None);
        if whole.size == Reading::Value(Bytes::ZERO) {
            continue;
        }
        found.push(whole);
        for name in root.names(&folder) {
            let folder = format!("{folder}/{name}");
            if root.path(&format!("{folder}/partition")).exists() {
                found.push(device(root, &folder, &name, Some(&disk)));
            }
        }
    }
    Reading::Value(found)
}

fn device(root: &HostRoot, folder: &str, name: &str, disk: Option<&str>) -> BlockDevice {
    // A partition has no queue of its own.
    let queue = disk.map_or_else(|| format!("{folder}/queue"), |disk| format!("/sys/block/{disk}/queue"));
    let size = root.parsed(&format!("{folder}/size"), scalar::parse_count);
    let discard = root.parsed(&format!("{queue}/discard_max_bytes"), scalar::parse_count);
    let size = size.map(|sectors| Bytes(sectors.saturating_mul(SECTOR)));
    BlockDevice {
        name: name.to_owned(),
        device: root.text(&format!("{folder}/dev")).value().and_then(|text| number(text)).unwrap_or_default(),
        is_rotational: root.parsed(&format!("{queue}/rotational"), scalar::parse_flag),
        takes_discard: discard.map(|most| most > 0),
        disk: disk.map(str::to_owned),
        mapper_uuid: root.text(&format!("{folder}/dm/uuid")).map(|text| text.trim().to_owned()),
        mapper_name: root.text(&format!("{folder}/dm/name")).map(|text| text.trim().to_owned()),
        made_of: root.names(&format!("{folder}/slaves")),
        holders: root.names(&format!("{folder}/holders")),
        content: content(root, name, &size),
        size,
    }
}

fn number(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn content(root: &HostRoot, name: &str, size: &Reading<Bytes>) -> Reading<DeviceContent> {
    if NOT_OPENED.iter().any(|drive| name.starts_with(drive)) || size.value().is_none() {
        return Reading::Absent;
    }
    let path = root.path(&format!("/dev/{}", name.replace('!', "/")));
    let asked: PathBuf = path.clone();
    match within(DEADLINE, move || start_of(&asked)) {
        Some(Ok(start)) => Reading::Value(match disk_signature::identify(&start) {
            DiskSignature::Blank => DeviceContent::Blank,
            DiskSignature::Swap => DeviceContent::Swap,
            DiskSignature::Known(name) => DeviceContent::Known(name.to_owned()),
            DiskSignature::Unknown => DeviceContent::Unknown,
        }),
        Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Reading::Absent,
        Some(Err(error)) => Reading::failed(format!("{}: {}", path.display(), reason(&error))),
        None => Reading::failed(format!("{}: no answer within {DEADLINE:?}", path.display())),
    }
}

/// The first bytes, without waiting for a medium and without making the last reader's access time.
fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = std::fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let mut start = Vec::new();
    file.take(disk_signature::BYTES_NEEDED as u64).read_to_end(&mut start)?;
    Ok(start)
}
