//! A zram device: found or added, given its algorithm and size, and reset (Documentation/admin-guide/blockdev/zram.rst).

use super::kept::{Kept, ZramBefore, ZramOrigin};
use super::{HostError, Machine, Present, failed, mebibytes, refused};
use kernel::bytes::Bytes;
use model::plan::ZramSetup;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What is busy for longer than this is in use.
const BUSY_MAX: Duration = Duration::from_secs(5);

fn folder(machine: &Machine, device: &str) -> Result<PathBuf, HostError> {
    let number = device.strip_prefix("zram").filter(|number| number.parse::<u32>().is_ok());
    match number {
        Some(_) => Ok(machine.root().join("sys/block").join(device)),
        None => refused(format!("{device}: expected the name of a zram device, such as zram0")),
    }
}

/// How a device is set up; nothing when it has no size or is not there.
fn setup(machine: &Machine, device: &str) -> Result<Option<ZramSetup>, HostError> {
    let folder = folder(machine, device)?;
    let text = match fs::read_to_string(folder.join("disksize")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed(format!("{device}: its size")))?,
    };
    let Ok(size) = text.trim().parse() else {
        return refused(format!("/sys/block/{device}/disksize: expected bytes, found `{}`", text.trim()));
    };
    Ok((size > 0).then(|| ZramSetup { size: Bytes(size), algorithm: algorithm(&folder) }))
}

fn algorithm(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("comp_algorithm")).ok()?;
    let chosen = text.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    chosen.map(str::to_owned)
}

pub fn present(
    machine: &Machine,
    device: &str,
    now: Option<&ZramSetup>,
    wanted: Option<&ZramSetup>,
) -> Result<Present, HostError> {
    let found = setup(machine, device)?;
    Ok(Present::of(
        |expected| fits(found.as_ref(), expected),
        now,
        wanted,
        || match &found {
            None => format!("{device} has no size any more"),
            Some(found) => {
                let algorithm = found.algorithm.as_deref().unwrap_or_default();
                format!("{device} has {} with {algorithm}", mebibytes(found.size))
            }
        },
    ))
}

fn fits(found: Option<&ZramSetup>, wanted: Option<&ZramSetup>) -> bool {
    match (found, wanted) {
        (None, None) => true,
        (Some(found), Some(wanted)) => {
            let is_free = wanted.algorithm.is_none();
            found.size == wanted.size && (is_free || found.algorithm == wanted.algorithm)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

pub fn keep(machine: &Machine, device: &str) -> Result<Kept, HostError> {
    let folder = folder(machine, device)?;
    let was_there = if folder.exists() {
        ZramBefore::Device
    } else if machine.root().join("sys/class/zram-control").exists() {
        ZramBefore::Module
    } else {
        ZramBefore::Nothing
    };
    let zram = Some(ZramOrigin { was_there, algorithm: algorithm(&folder) });
    Ok(Kept { zram, ..Kept::default() })
}

pub fn act(machine: &Machine, device: &str, wanted: Option<&ZramSetup>) -> Result<(), HostError> {
    let folder = folder(machine, device)?;
    let Some(wanted) = wanted else { return reset(&folder, device) };
    add(machine, &folder, device)?;
    if setup(machine, device)?.is_some() {
        reset(&folder, device)?;
    }
    if let Some(algorithm) = &wanted.algorithm {
        write(&folder.join("comp_algorithm"), algorithm)?;
    }
    write(&folder.join("disksize"), &wanted.size.0.to_string())
}

/// The module is loaded and devices are added until this one is there.
fn add(machine: &Machine, folder: &Path, device: &str) -> Result<(), HostError> {
    let control = machine.root().join("sys/class/zram-control/hot_add");
    if !control.exists() {
        let loaded = Command::new("modprobe").arg("zram").output().map_err(failed("modprobe zram"))?;
        if !loaded.status.success() {
            let words = String::from_utf8_lossy(&loaded.stderr).trim().to_owned();
            return refused(format!("this kernel gives no zram: modprobe zram: {words}"));
        }
    }
    let wanted: u32 = device.trim_start_matches("zram").parse().unwrap_or_default();
    while !folder.exists() {
        // Reading it adds a device and tells its number.
        let text = fs::read_to_string(&control).map_err(failed("/sys/class/zram-control/hot_add"))?;
        let number: u32 = text.trim().parse().unwrap_or(u32::MAX);
        if number > wanted {
            return refused(format!("{device}: the kernel added zram{number} instead"));
        }
    }
    Ok(())
}

fn reset(folder: &Path, device: &str) -> Result<(), HostError> {
    match until_free(|| fs::write(folder.join("reset"), "1")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            refused(format!("{device} is in use; it must be switched off first"))
        }
        other => other.map_err(failed(format!("{device}: it cannot be reset"))),
    }
}

/// Whoever writes to a device wakes udev, which opens it for a look: that is over soon.
fn until_free(write: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && start.elapsed() < BUSY_MAX => {
                sleep(Duration::from_millis(50));
            }
            ended => return ended,
        }
    }
}

fn write(path: &Path, value: &str) -> Result<(), HostError> {
    until_free(|| fs::write(path, value))
        .map_err(failed(format!("{}: the kernel does not take `{value}`", path.display())))
}

/// Between two set-ups it may be without a size: then it is set up as wanted.
pub fn settle(
    machine: &Machine,
    device: &str,
    now: Option<&ZramSetup>,
    wanted: Option<&ZramSetup>,
) -> Result<(), HostError> {
    match (now, wanted) {
        (Some(_), Some(_)) if setup(machine, device)?.is_none() => act(machine, device, wanted),
        _ => Ok(()),
    }
}

/// After the reset: the algorithm that was chosen, or no device, or no module, as before.
pub fn tidy_up(machine: &Machine, device: &str, kept: &Kept) -> Result<(), HostError> {
    let Some(origin) = &kept.zram else { return Ok(()) };
    let folder = folder(machine, device)?;
    if !folder.exists() {
        return Ok(());
    }
    match origin.was_there {
        ZramBefore::Device => match &origin.algorithm {
            Some(before) if algorithm(&folder).as_ref() != Some(before) => {
                write(&folder.join("comp_algorithm"), before)
            }
            Some(_) | None => Ok(()),
        },
        ZramBefore::Module | ZramBefore::Nothing => {
            let number = device.trim_start_matches("zram");
            write(&machine.root().join("sys/class/zram-control/hot_remove"), number)?;
            if origin.was_there == ZramBefore::Nothing {
                // Another device may be in use by now: then the module stays.
                let _ = Command::new("modprobe").args(["-r", "zram"]).output();
            }
            Ok(())
        }
    }
}
