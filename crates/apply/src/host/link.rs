//! A symbolic link: how systemd enables a unit.

use super::kept::Kept;
use super::place::{self, LastLink, Taking};
use super::{HostError, Machine, Present, failed};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;

pub fn present(
    machine: &Machine,
    path: &str,
    now: Option<&str>,
    wanted: Option<&str>,
) -> Result<Present, HostError> {
    let place = place::resolve(machine, path, LastLink::Kept)?;
    let found = match fs::symlink_metadata(&place) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => return Err(failed(path)(error)),
        Ok(metadata) if !metadata.is_symlink() => {
            return Ok(Present::Other(format!("{path} is no symbolic link")));
        }
        Ok(_) => Some(fs::read_link(&place).map_err(failed(path))?.to_string_lossy().into_owned()),
    };
    let found = found.as_deref();
    Ok(Present::of(
        |expected| found == expected,
        now,
        wanted,
        || match found {
            None => format!("{path} is not there any more"),
            Some(found) => format!("{path} points at {found}"),
        },
    ))
}

pub fn keep(machine: &Machine, path: &str) -> Result<Kept, HostError> {
    Ok(Kept { folders: place::missing_folders(machine, path)?, ..Kept::default() })
}

pub fn act(machine: &Machine, path: &str, wanted: Option<&str>, kept: &Kept) -> Result<(), HostError> {
    let place = place::resolve(machine, path, LastLink::Kept)?;
    let Some(wanted) = wanted else {
        let removed = fs::remove_file(&place).and_then(|()| place::sync_folder_of(&place));
        return removed.map_err(failed(format!("{path}: the link cannot be removed")));
    };
    place::make_folders(machine, &kept.folders)?;
    let unfinished = place::unfinished(&place);
    let made = match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => symlink(wanted, &unfinished),
    };
    let taking = if fs::symlink_metadata(&place).is_ok() { Taking::Over } else { Taking::Free };
    made.and_then(|()| place::finish(&place, taking))
        .map_err(failed(format!("{path}: the link cannot be made")))
}
