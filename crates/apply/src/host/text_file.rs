//! A file of text with its mode: made, replaced at once, or removed.

use super::kept::Kept;
use super::place::{self, LastLink, Taking};
use super::{HostError, Machine, Present, failed, refused};
use crate::file::{FileStep, replace_with_mode};
use model::plan::FileContent;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

/// A file of more than this is no configuration.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

pub fn present(
    machine: &Machine,
    path: &str,
    now: Option<&FileContent>,
    wanted: Option<&FileContent>,
) -> Result<Present, HostError> {
    let place = place::resolve(machine, path, LastLink::Followed)?;
    let found = match fs::symlink_metadata(&place) {
        Err(error) if is_nothing(&error) => None,
        Err(error) => return Err(failed(path)(error)),
        Ok(metadata) if !metadata.is_file() => {
            return Ok(Present::Other(format!("{path} is no regular file")));
        }
        Ok(metadata) if metadata.len() > BYTES_MAX => {
            return Ok(Present::Other(format!("{path} has {} bytes: no configuration", metadata.len())));
        }
        Ok(metadata) => {
            let mut bytes = Vec::new();
            let read = fs::File::open(&place).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
            read.map_err(failed(path))?;
            let Ok(text) = String::from_utf8(bytes) else {
                return Ok(Present::Other(format!("{path} is no text")));
            };
            Some(FileContent { text, mode: metadata.mode() & 0o7777 })
        }
    };
    let found = found.as_ref();
    Ok(Present::of(|expected| found == expected, now, wanted, || difference(path, found, now)))
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn difference(path: &str, found: Option<&FileContent>, expected: Option<&FileContent>) -> String {
    match (found, expected) {
        (None, _) => format!("{path} is not there any more"),
        (Some(_), None) => format!("{path} is there, and was not when the plan was made"),
        (Some(found), Some(expected)) if found.text == expected.text => {
            format!("{path} has mode {:04o}, expected {:04o}", found.mode, expected.mode)
        }
        (Some(found), Some(expected)) => {
            let mut lines = found.text.lines();
            let same = expected.text.lines().take_while(|line| lines.next() == Some(line)).count();
            format!("{path} was changed since the plan was made, first in line {}", same + 1)
        }
    }
}

pub fn keep(machine: &Machine, path: &str) -> Result<Kept, HostError> {
    let place = place::resolve(machine, path, LastLink::Followed)?;
    let owner = fs::symlink_metadata(&place).ok().map(|metadata| (metadata.uid(), metadata.gid()));
    Ok(Kept { folders: place::missing_folders(machine, path)?, owner, ..Kept::default() })
}

pub fn act(
    machine: &Machine,
    path: &str,
    now: Option<&FileContent>,
    wanted: Option<&FileContent>,
    kept: &Kept,
) -> Result<(), HostError> {
    let place = place::resolve(machine, path, LastLink::Followed)?;
    match (now, wanted) {
        (Some(now), Some(wanted)) => {
            let step =
                FileStep { path: &place, expected: now.text.as_bytes(), wanted: wanted.text.as_bytes() };
            replace_with_mode(&step, wanted.mode)
                .map_err(|source| HostError::File { path: path.to_owned(), source })
        }
        (None, Some(wanted)) => {
            place::make_folders(machine, &kept.folders)?;
            create(&place, wanted, kept).map_err(failed(format!("{path}: cannot be made")))
        }
        (Some(_), None) => {
            if present(machine, path, now, None)? != Present::Now {
                return refused(format!("{path} was changed since the plan was made"));
            }
            let removed = fs::remove_file(&place).and_then(|()| place::sync_folder_of(&place));
            removed.map_err(failed(format!("{path}: cannot be removed")))
        }
        (None, None) => Ok(()),
    }
}

fn create(place: &Path, wanted: &FileContent, kept: &Kept) -> io::Result<()> {
    let write = || {
        let mut file = place::create_unfinished(place)?;
        file.write_all(wanted.text.as_bytes())?;
        if let Some((uid, gid)) = kept.owner {
            fchown(&file, Some(uid), Some(gid))?;
        }
        // After the owner: a change of owner takes some bits of the mode away.
        file.set_permissions(Permissions::from_mode(wanted.mode))?;
        file.sync_all()?;
        place::finish(place, Taking::Free)
    };
    write().inspect_err(|_| {
        // It goes away with the failure; a later run clears away what cannot be removed now.
        let _ = fs::remove_file(place::unfinished(place));
    })
}
