//! Swap in use, with what it lies on, whether that is encrypted, and since when.

use crate::host_root::HostRoot;
use crate::kmsg::{Kmsg, KmsgStart, KmsgStep};
use crate::node::filesystems::holding;
use kernel::swaps::{SwapDevice, SwapKind};
use model::host::Host;
use model::node::{BlockDevice, Encryption, Filesystem, SwapAreaInUse, SwapBacking};
use model::reading::Reading;
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A device-mapper stack deeper than this is damaged.
const LAYERS_MAX: usize = 16;

/// How the kernel's line begins when swap is switched on (mm/swapfile.c): `Adding 2097148k swap on /swapfile.  Priority:-2`.
const SWITCHED_ON: &str = "Adding ";

/// The areas of `/proc/swaps`.
#[must_use]
pub fn swap_areas(
    root: &HostRoot,
    host: &Host,
    filesystems: &Reading<Vec<Filesystem>>,
    devices: &Reading<Vec<BlockDevice>>,
) -> Reading<Vec<SwapAreaInUse>> {
    let filesystems = filesystems.value().map(Vec::as_slice).unwrap_or_default();
    let devices = devices.value().map(Vec::as_slice).unwrap_or_default();
    let is_any = host.swaps.value().is_some_and(|swaps| !swaps.is_empty());
    let switched_on = if is_any { moments(root) } else { HashMap::new() };
    host.swaps.clone().map(|swaps| {
        let area = |swap: SwapDevice| {
            let backing = backing(&swap, filesystems, devices);
            SwapAreaInUse {
                encryption: encryption(&swap, &backing, filesystems, devices),
                mode: mode(root, &swap),
                switched_on: switched_on.get(&swap.path).copied().into(),
                backing,
                swap,
            }
        };
        swaps.into_iter().map(area).collect()
    })
}

fn backing(swap: &SwapDevice, filesystems: &[Filesystem], devices: &[BlockDevice]) -> SwapBacking {
    if swap.kind == SwapKind::File {
        let found = holding(filesystems, &swap.path);
        return SwapBacking::File {
            mount_point: found.map_or_else(|| "/".to_owned(), |found| found.mount_point.clone()),
            filesystem: found.map(|found| found.kind.clone()).unwrap_or_default(),
        };
    }
    let name = device_named(devices, &swap.path)
        .map_or_else(|| short(&swap.path).to_owned(), |device| device.name.clone());
    if name.starts_with("zram") { SwapBacking::Zram { name } } else { SwapBacking::Device { name } }
}

fn short(path: &str) -> &str {
    path.strip_prefix("/dev/").unwrap_or(path)
}

/// The device that a path below `/dev` names, be it the kernel's or the device-mapper's name.
fn device_named<'a>(devices: &'a [BlockDevice], path: &str) -> Option<&'a BlockDevice> {
    let name = path.strip_prefix("/dev/")?;
    let mapper = path.strip_prefix("/dev/mapper/");
    devices.iter().find(|device| {
        device.name == name
            || mapper.is_some_and(|mapper| device.mapper_name.value().is_some_and(|known| known == mapper))
    })
}

fn encryption(
    swap: &SwapDevice,
    backing: &SwapBacking,
    filesystems: &[Filesystem],
    devices: &[BlockDevice],
) -> Reading<Encryption> {
    let below = match backing {
        SwapBacking::Zram { .. } => return Reading::Value(Encryption::Plain),
        SwapBacking::Device { name } => devices.iter().find(|device| device.name == *name),
        SwapBacking::File { .. } => holding(filesystems, &swap.path).and_then(|found| {
            // btrfs and others number their mounts themselves; then the source names the disk.
            let by_number = devices.iter().find(|device| device.device == found.device && found.device.0 > 0);
            by_number.or_else(|| device_named(devices, &found.source))
        }),
    };
    match below {
        Some(device) if is_encrypted(device, devices, 0) => Reading::Value(Encryption::Encrypted),
        Some(_) => Reading::Value(Encryption::Plain),
        None => Reading::failed(format!("{}: the disk below it was not found in /sys/block", swap.path)),
    }
}

/// dm-crypt names its tables `CRYPT-LUKS2-…`, `CRYPT-PLAIN-…` (cryptsetup's lib/libdevmapper.c).
fn is_encrypted(device: &BlockDevice, devices: &[BlockDevice], layer: usize) -> bool {
    if device.mapper_uuid.value().is_some_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let disk = device.disk.iter();
    layer < LAYERS_MAX
        && device.made_of.iter().chain(disk).any(|below| {
            devices.iter().any(|one| one.name == *below && is_encrypted(one, devices, layer + 1))
        })
}

fn mode(root: &HostRoot, swap: &SwapDevice) -> Reading<u32> {
    if swap.deleted {
        return Reading::Absent;
    }
    let found = std::fs::metadata(root.path(&swap.path));
    found.map_or(Reading::Absent, |found| Reading::Value(found.permissions().mode() & 0o7777))
}

/// When each area was last switched on. A log that may not be read or was overwritten tells nothing.
fn moments(root: &HostRoot) -> HashMap<String, Duration> {
    let mut moments = HashMap::new();
    let Ok(mut log) = Kmsg::open(root, KmsgStart::SinceBoot) else { return moments };
    loop {
        match log.step() {
            Ok(KmsgStep::Record(record)) => {
                let text = String::from_utf8_lossy(record.text()).into_owned();
                if let Some(path) = switched_on(&text) {
                    moments.insert(path.to_owned(), record.since_boot);
                }
            }
            Ok(KmsgStep::Lost(_)) => {}
            Ok(KmsgStep::Quiet) | Err(_) => return moments,
        }
    }
}

/// The path in `Adding SIZEk swap on PATH.  Priority:…`.
fn switched_on(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_prefix(SWITCHED_ON)?.split_once("k swap on ")?;
    let (path, _) = rest.split_once(".  Priority:").or_else(|| rest.split_once(". Priority:"))?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::switched_on;

    #[test]
    fn the_kernels_line_names_the_area() {
        let old = "Adding 2097148k swap on /swapfile.  Priority:-2 extents:6 across:2260988k SSFS";
        assert_eq!(switched_on(old), Some("/swapfile"));
        assert_eq!(
            switched_on("Adding 4k swap on /dev/zram0.  Priority:100 extents:1 across:4k SSDsc"),
            Some("/dev/zram0")
        );
        assert_eq!(switched_on("Adding Intel 7 to the list"), None);
    }
}
