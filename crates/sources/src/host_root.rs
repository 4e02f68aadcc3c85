//! The folder that stands for the machine: `/`, `/host` in a DaemonSet, or a recorded machine in a test.

use model::reading::Reading;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// `PROC_SUPER_MAGIC` of `statfs(2)`.
const PROC_MAGIC: rustix::fs::FsWord = 0x9fa0;

/// A `/proc` or `/sys` file of more than this is not one we know; reading stops there.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Where the machine's files are.
#[derive(Clone, Debug)]
pub struct HostRoot {
    folder: PathBuf,
    kind: RootKind,
}

/// Whether a root holds a running kernel's files or recorded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// `proc` is a proc file system: what is mounted can be asked.
    Live,
    /// `proc` is a plain folder: a recording, taken at its word.
    Recorded,
}

impl HostRoot {
    /// A root at `folder`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let is_proc = rustix::fs::statfs(folder.join("proc")).is_ok_and(|fs| fs.f_type == PROC_MAGIC);
        Self { folder: folder.to_owned(), kind: if is_proc { RootKind::Live } else { RootKind::Recorded } }
    }

    /// Whether the files are a running kernel's.
    #[must_use]
    pub const fn kind(&self) -> RootKind {
        self.kind
    }

    /// Whether this is the machine the program itself runs on, seen from its own mount namespace.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.folder == Path::new("/")
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where an absolute path of the machine is found.
    #[must_use]
    pub fn path(&self, absolute: &str) -> PathBuf {
        self.folder.join(absolute.trim_start_matches('/'))
    }

    /// The text of a file. A file that is not there is absent; anything else is a failure that names the path.
    #[must_use]
    pub fn text(&self, absolute: &str) -> Reading<String> {
        let path = self.path(absolute);
        match read_bounded(&path) {
            Ok(text) => Reading::Value(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Reading::Absent,
            Err(error) => Reading::failed(format!("{}: {}", path.display(), reason(&error))),
        }
    }

    /// A file read and parsed; what the parser says is prefixed by the path.
    pub fn parsed<T, E: std::fmt::Display>(
        &self,
        absolute: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Reading<T> {
        self.text(absolute).and_then(|text| {
            parse(&text).map_or_else(
                |error| Reading::failed(format!("{}: {error}", self.path(absolute).display())),
                Reading::Value,
            )
        })
    }

    /// The names in a folder, sorted; none when it cannot be read.
    #[must_use]
    pub fn names(&self, absolute: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(absolute)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    use io::Read;
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// The error without the "(os error 13)" that Rust adds.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    plain.to_lowercase()
}
