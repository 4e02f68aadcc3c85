//! Paths below the machine's root: links are followed as the machine itself would, folders are made and removed again.

use super::{HostError, Machine, failed};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// As the kernel: more links than this are a circle.
const LINKS_MAX: usize = 40;

/// What becomes of a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    /// It is followed.
    Followed,
    /// It is what is meant.
    Kept,
}

/// Where a path of the machine lies. An absolute link in an image leads into the image, not out of it.
pub fn resolve(machine: &Machine, path: &str, last: LastLink) -> Result<PathBuf, HostError> {
    let doing = || failed(path.to_owned());
    if !path.starts_with('/') {
        return super::refused(format!("{path}: expected an absolute path"));
    }
    let mut left: VecDeque<OsString> = names(Path::new(path));
    let mut place = machine.root().to_owned();
    let mut links = 0;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            if place != machine.root() {
                place.pop();
            }
            continue;
        }
        let next = place.join(&name);
        let is_link = fs::symlink_metadata(&next).is_ok_and(|metadata| metadata.is_symlink());
        if !is_link || (left.is_empty() && last == LastLink::Kept) {
            place = next;
            continue;
        }
        links += 1;
        if links > LINKS_MAX {
            return Err(doing()(io::Error::other("too many symbolic links")));
        }
        let target = fs::read_link(&next).map_err(doing())?;
        if target.is_absolute() {
            machine.root().clone_into(&mut place);
        }
        for name in names(&target).into_iter().rev() {
            left.push_front(name);
        }
    }
    Ok(place)
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// Folders above a path that are not there, outermost first, as the machine calls them.
pub fn missing_folders(machine: &Machine, path: &str) -> Result<Vec<String>, HostError> {
    let place = resolve(machine, path, LastLink::Kept)?;
    let mut missing = Vec::new();
    for folder in place.ancestors().skip(1).take_while(|folder| *folder != machine.root()) {
        if folder.exists() {
            break;
        }
        let inside = folder.strip_prefix(machine.root()).unwrap_or(folder);
        missing.push(format!("/{}", inside.to_string_lossy().trim_start_matches('/')));
    }
    missing.reverse();
    Ok(missing)
}

/// Makes folders that are not there.
pub fn make_folders(machine: &Machine, folders: &[String]) -> Result<(), HostError> {
    for folder in folders {
        let place = resolve(machine, folder, LastLink::Followed)?;
        match DirBuilder::new().mode(0o755).create(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(failed(format!("{folder}: the folder cannot be made")))?,
        }
        sync_folder_of(&place).map_err(failed(folder.clone()))?;
    }
    Ok(())
}

/// Removes folders that were made, innermost first; one in which somebody put something stays.
pub fn remove_folders(machine: &Machine, folders: &[String]) -> Result<(), HostError> {
    for folder in folders.iter().rev() {
        let place = resolve(machine, folder, LastLink::Kept)?;
        match fs::remove_dir(&place) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {}
            removed => removed.map_err(failed(format!("{folder}: the folder cannot be removed")))?,
        }
    }
    Ok(())
}

/// The name of the file that becomes the one at this place; `file` uses the same beginning.
pub fn unfinished(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.highwater-unfinished"))
}

/// Removes what was begun beside a path and did not get its name.
pub fn remove_unfinished(machine: &Machine, path: &str) -> Result<(), HostError> {
    let mut places =
        vec![resolve(machine, path, LastLink::Kept)?, resolve(machine, path, LastLink::Followed)?];
    places.dedup();
    for place in places {
        let Some(folder) = place.parent() else { continue };
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let beginning = format!(".{}.highwater-", place.file_name().unwrap_or_default().to_string_lossy());
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&beginning) {
                let doing = format!("{}: cannot be removed", entry.path().display());
                fs::remove_file(entry.path()).map_err(failed(doing))?;
            }
        }
    }
    Ok(())
}

/// A new file beside its place that only its owner may read, before any byte is in it.
pub fn create_unfinished(place: &Path) -> io::Result<File> {
    let path = unfinished(place);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Whether something may lie where the unfinished file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It is replaced.
    Over,
    /// Then nothing is done.
    Free,
}

/// Gives the unfinished file its name.
pub fn finish(place: &Path, taking: Taking) -> io::Result<()> {
    let from = unfinished(place);
    match taking {
        Taking::Over => fs::rename(&from, place)?,
        Taking::Free => match renameat_with(CWD, &from, CWD, place, RenameFlags::NOREPLACE) {
            // A file system without the flag; the place was looked at just before.
            Err(rustix::io::Errno::INVAL) => fs::rename(&from, place)?,
            renamed => renamed?,
        },
    }
    sync_folder_of(place)
}

/// Brings a name, or its absence, to the disk.
pub fn sync_folder_of(place: &Path) -> io::Result<()> {
    place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
