//! The files of a store: read whole, appended to, replaced at once, or cut back to their last whole line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Only the owner reads: incidents name processes and command lines.
const MODE: u32 = 0o600;

/// A file of more than this was not written here.
const READ_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The bytes of a file; none when it is not there.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut bytes = Vec::new();
    if file.take(READ_BYTES_MAX + 1).read_to_end(&mut bytes)? as u64 > READ_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Opens a file to append to, and makes it where it is not.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Appends all bytes, on disk when this returns, or none.
pub fn append(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    if written.is_err() {
        // A full disk takes a part; the next line must not be glued to it.
        file.set_len(before)?;
    }
    written
}

/// Replaces a file by other bytes: at every moment one or the other is there, also after a crash.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// Renames a file, over one that may be there.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(to)
}

/// Cuts a file to a length.
pub fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// A new name is on disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
