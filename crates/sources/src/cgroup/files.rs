//! Opening and reading cgroup files below one directory descriptor.

use crate::host_root::reason;
use kernel::parse_error::ParseError;
use model::reading::Reading;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// The longest cgroup file: `memory.stat` is 1.5 KiB, `memory.numa_stat` some KiB on large machines.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// The files of one hierarchy, read through one buffer.
pub struct CgroupFiles {
    folder: PathBuf,
    root: OwnedFd,
    buffer: Vec<u8>,
}

impl CgroupFiles {
    /// Opens the hierarchy's root folder.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let root =
            rustix::fs::open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { folder: folder.to_owned(), root, buffer: vec![0; 4096] })
    }

    /// The hierarchy's root folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens one file to be read again and again.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn keep(&self, path: &str) -> Result<OwnedFd, Errno> {
        openat(&self.root, relative(path), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    }

    /// Opens, reads, closes and parses one file.
    pub fn read<T>(&mut self, path: &str, parse: impl FnOnce(&str) -> Result<T, ParseError>) -> Reading<T> {
        match self.keep(path) {
            Ok(file) => self.read_kept(&file, path, parse),
            Err(error) => self.unread(path, error),
        }
    }

    /// Reads a kept file again from its start; the kernel makes the text anew.
    pub fn read_kept<T>(
        &mut self,
        file: &impl AsFd,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, ParseError>,
    ) -> Reading<T> {
        let length = match self.fill(file) {
            Ok(length) => length,
            Err(error) => return self.unread(path, error),
        };
        let text = self.buffer.get(..length).unwrap_or_default();
        let parsed = match std::str::from_utf8(text) {
            Ok(text) => parse(text),
            Err(_) => Err(ParseError::new("text", &String::from_utf8_lossy(text))),
        };
        parsed.map_or_else(
            |error| Reading::failed(format!("{}: {error}", self.folder.join(relative(path)).display())),
            Reading::Value,
        )
    }

    /// Fills the buffer from the file's start and says how much there is.
    fn fill(&mut self, file: &impl AsFd) -> Result<usize, Errno> {
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length >= FILE_BYTES_MAX {
                    return Err(Errno::FBIG);
                }
                self.buffer.resize(length * 2, 0);
            }
            let offset = length as u64;
            let free = self.buffer.get_mut(length..).unwrap_or_default();
            let room = free.len();
            match rustix::io::pread(file, free, offset) {
                Ok(0) => return Ok(length),
                // A kernfs file comes whole in one read when the buffer is large enough; another read would make it anew.
                Ok(read) if length == 0 && read < room => return Ok(read),
                Ok(read) => length += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Not there, or not supported by this kernel as it runs (PSI off): absent. Anything else failed.
    fn unread<T>(&self, path: &str, error: Errno) -> Reading<T> {
        match error {
            Errno::NOENT | Errno::NODEV | Errno::OPNOTSUPP => Reading::Absent,
            _ => {
                let why = reason(&io::Error::from(error));
                Reading::failed(format!("{}: {why}", self.folder.join(relative(path)).display()))
            }
        }
    }

    /// The kernel's number of a cgroup: the inode of its directory. `None` when it is gone.
    #[must_use]
    pub fn inode(&self, path: &str) -> Option<u64> {
        rustix::fs::statat(&self.root, relative_folder(path), rustix::fs::AtFlags::empty())
            .ok()
            .map(|stat| stat.st_ino)
    }

    /// The names of the cgroups directly below a cgroup.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn children(&self, path: &str) -> io::Result<Vec<String>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(&self.root, relative_folder(path), flags, Mode::empty())?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            if entry.file_type() == rustix::fs::FileType::Directory && name != "." && name != ".." {
                names.push(name.into_owned());
            }
        }
        Ok(names)
    }
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}

fn relative_folder(path: &str) -> &str {
    match relative(path) {
        "" => ".",
        path => path,
    }
}
