//! Swap switched on and off, by its unit or by the call; off only when memory can take the pages back.

use super::place::{self, LastLink};
use super::progress::Progress;
use super::syscall::{DiscardFlags, swap_off, swap_on};
use super::{HostError, Machine, Present, failed, mebibytes, refused, systemd};
use kernel::bytes::Bytes;
use kernel::meminfo::Meminfo;
use kernel::swaps::{self, SwapDevice};
use model::plan::{Discard, SwapUse, SwitchedBy};
use std::fs;

/// Swap in use, as the kernel lists it.
pub fn areas(machine: &Machine) -> Result<Vec<SwapDevice>, HostError> {
    let text = fs::read_to_string(machine.root().join("proc/swaps")).map_err(failed("/proc/swaps"))?;
    swaps::parse(&text).map_err(|error| HostError::Refused(format!("/proc/swaps: {error}")))
}

/// The swap in use of this path, whatever links lead to it.
pub fn area(machine: &Machine, path: &str) -> Result<Option<SwapDevice>, HostError> {
    // A device may be named by a link; the kernel shows where it leads.
    let led = place::resolve(machine, path, LastLink::Followed)?;
    let led = led
        .strip_prefix(machine.root())
        .map_or_else(|_| path.to_owned(), |led| format!("/{}", led.display()));
    Ok(areas(machine)?.into_iter().find(|area| !area.deleted && (area.path == path || area.path == led)))
}

pub fn present(
    machine: &Machine,
    path: &str,
    now: Option<SwapUse>,
    wanted: Option<SwapUse>,
) -> Result<Present, HostError> {
    let found = area(machine, path)?;
    Ok(Present::of(
        |expected| fits(found.as_ref(), expected),
        now,
        wanted,
        || match &found {
            None => format!("{path} is not in use as swap any more"),
            Some(found) => format!("{path} is in use as swap with priority {}", found.priority),
        },
    ))
}

/// Whether swap is used so. What is told of freed blocks cannot be seen (`/proc/swaps` has no column for it).
fn fits(found: Option<&SwapDevice>, wanted: Option<SwapUse>) -> bool {
    match (found, wanted) {
        (None, None) => true,
        (Some(found), Some(wanted)) => match wanted.priority {
            // The kernel's own are below zero.
            None => found.priority < 0,
            Some(priority) => found.priority == i32::from(priority),
        },
        (None, Some(_)) | (Some(_), None) => false,
    }
}

pub fn act(
    machine: &Machine,
    path: &str,
    now: Option<SwapUse>,
    wanted: Option<SwapUse>,
    by: &SwitchedBy,
    progress: &Progress,
) -> Result<(), HostError> {
    match (now, wanted) {
        (None, None) => Ok(()),
        (None, Some(wanted)) => match by {
            SwitchedBy::Unit(unit) => {
                systemd::start(machine, unit)?;
                confirm(machine, path, wanted, unit)
            }
            SwitchedBy::Call => switch_on(machine, path, wanted),
        },
        (Some(_), None) => {
            refuse_without_room(machine, path)?;
            progress.will_reach(area(machine, path)?.map_or(0, |area| area.used.0));
            match by {
                // A unit that systemd does not know any more cannot switch it off.
                SwitchedBy::Unit(unit) if machine.runs_systemd() => systemd::stop(machine, unit)?,
                SwitchedBy::Unit(_) | SwitchedBy::Call => {}
            }
            match area(machine, path)? {
                Some(_) => switch_off(machine, path),
                None => Ok(()),
            }
        }
        // systemd sees in /proc/swaps what the calls do, and its unit follows.
        (Some(_), Some(wanted)) => {
            refuse_without_room(machine, path)?;
            switch_off(machine, path)?;
            switch_on(machine, path, wanted)
        }
    }
}

/// A unit may be content with swap that another one switched on with other options.
fn confirm(machine: &Machine, path: &str, wanted: SwapUse, unit: &str) -> Result<(), HostError> {
    let found = area(machine, path)?;
    match &found {
        _ if fits(found.as_ref(), Some(wanted)) => Ok(()),
        None => refused(format!("{unit} started, and {path} is still not in use as swap")),
        Some(found) => {
            refused(format!("{unit} started, and {path} has priority {} all the same", found.priority))
        }
    }
}

fn switch_on(machine: &Machine, path: &str, wanted: SwapUse) -> Result<(), HostError> {
    let priority = match wanted.priority.map(u16::try_from) {
        None => None,
        Some(Ok(priority)) => Some(priority),
        Some(Err(_)) => {
            return refused(format!("{path}: a priority below zero is the kernel's to give, not ours"));
        }
    };
    let discard = match wanted.discard {
        Discard::Never => DiscardFlags::None,
        Discard::Once => DiscardFlags::Once,
        Discard::Pages => DiscardFlags::Pages,
    };
    let place = place::resolve(machine, path, LastLink::Followed)?;
    swap_on(&place, priority, discard).map_err(failed(format!("{path}: the kernel does not take it as swap")))
}

fn switch_off(machine: &Machine, path: &str) -> Result<(), HostError> {
    let place = place::resolve(machine, path, LastLink::Followed)?;
    swap_off(&place).map_err(failed(format!("{path}: swap cannot be switched off")))
}

/// swapoff(2) brings every page back; without room for them the kernel kills whom it can.
fn refuse_without_room(machine: &Machine, path: &str) -> Result<(), HostError> {
    let areas = areas(machine)?;
    let Some(area) = area(machine, path)? else { return Ok(()) };
    let text = fs::read_to_string(machine.root().join("proc/meminfo")).map_err(failed("/proc/meminfo"))?;
    let available = Meminfo::parse(&text).ok().and_then(|meminfo| meminfo.mem_available);
    let Some(available) = available else {
        return refused("/proc/meminfo: expected MemAvailable, found none; swap is not switched off blindly");
    };
    // What zram takes, it takes from memory.
    let elsewhere: u64 = areas
        .iter()
        .filter(|other| other.path != area.path && !other.path.starts_with("/dev/zram"))
        .map(|other| other.size.0.saturating_sub(other.used.0))
        .sum();
    let room = Bytes(available.0.saturating_add(elsewhere));
    if area.used <= room {
        return Ok(());
    }
    refused(format!(
        "{path} holds {} that must go back to memory, where {} is available ({} of it in other swap); \
         stop something that needs memory, then try again",
        mebibytes(area.used),
        mebibytes(room),
        mebibytes(Bytes(elsewhere))
    ))
}

/// Between two priorities it may be off: then it is switched on as wanted.
pub fn settle(
    machine: &Machine,
    path: &str,
    now: Option<SwapUse>,
    wanted: Option<SwapUse>,
) -> Result<(), HostError> {
    match (now, wanted) {
        (Some(_), Some(wanted)) if area(machine, path)?.is_none() => switch_on(machine, path, wanted),
        _ => Ok(()),
    }
}
