//! One run at a time: a lock that ends with its process, and says who holds it.

use crate::journal::make_folder;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The lock of a state folder, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another run is at work here: {by}; wait for its end")]
    Held {
        /// Its words about itself.
        by: String,
    },
    /// It cannot be made.
    #[error("{}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock of a folder at once or not at all.
    ///
    /// # Errors
    /// When another process has it, or it cannot be made.
    pub fn take(folder: &Path, command: &str) -> Result<Self, LockError> {
        let path = folder.join("lock");
        let failed = |source| LockError::System { path: path.clone(), source };
        make_folder(folder).map_err(failed)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Its words are a courtesy: the lock itself is what counts.
                let _ = (&mut file).take(200).read_to_string(&mut by);
                let by = by.trim();
                let by = if by.is_empty() { "a process that has not said its name" } else { by };
                return Err(LockError::Held { by: by.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let words = format!("process {} ({command})\n", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        file.write_all(words.as_bytes()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::{Lock, LockError};

    #[test]
    fn the_second_is_told_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(&folder.path().join("state"), "node apply").unwrap();
        let error = Lock::take(&folder.path().join("state"), "node undo").unwrap_err();
        let LockError::Held { by } = error else { panic!("{error}") };
        assert_eq!(by, format!("process {} (node apply)", std::process::id()));
        drop(first);
        Lock::take(&folder.path().join("state"), "node undo").unwrap();
    }
}
