//! Recorded machines below `fixtures/`, and copies of them that a test may damage.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of a recorded machine, to be read only.
#[must_use]
pub fn recorded_machine(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

/// A copy of a recorded machine. It goes when dropped.
#[derive(Debug)]
pub struct MachineCopy {
    folder: tempfile::TempDir,
}

impl MachineCopy {
    /// Copies one.
    ///
    /// # Errors
    /// When there is no such machine or the copy cannot be written.
    pub fn of(name: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        copy(&recorded_machine(name), folder.path())?;
        Ok(Self { folder })
    }

    /// What to give to `--root`.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where a path of the machine is.
    #[must_use]
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.root().join(absolute.trim_start_matches('/'))
    }

    /// Writes a file, and the folders above it where they are missing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, absolute: &str, text: impl AsRef<[u8]>) -> io::Result<()> {
        let path = self.path(absolute);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    }

    /// Removes a file, or a folder with everything in it.
    ///
    /// # Errors
    /// When there is none.
    pub fn remove(&self, absolute: &str) -> io::Result<()> {
        let path = self.path(absolute);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }

    /// Copies a folder of the machine to another place in it: a cgroup like another one.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        copy(&self.path(from), &self.path(to))
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, to)?;
        } else if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
