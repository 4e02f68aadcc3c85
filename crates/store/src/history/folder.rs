//! The folder of a history: the names of its files, their first bytes, and its lock.
//!
//! `1s-N.log` is appended to, `LENGTH-N-T.segment` is whole; `N` counts up, `T` is the last file of finer steps that is in it.

use super::error::HistoryError;
use crate::checksum::crc32;
use model::recorded::StepLength;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The version of the files that are written here.
pub const VERSION: u32 = 1;

/// Every file begins with a magic number, its version, and a checksum of both.
pub const HEADER_BYTES: usize = 16;

const MAGIC: [u8; 8] = *b"hwhist\xf8\n";
const LOCK: &str = "lock";

/// A file of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    /// How long its steps are.
    pub length: StepLength,
    /// Which it is.
    pub number: u64,
    /// What kind it is.
    pub kind: FileKind,
}

/// The kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Appended to.
    Log,
    /// Whole, made of finer files up to this one.
    Segment {
        /// The last of them.
        through: u64,
    },
}

/// The files of a folder, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// All but those whose steps are in a segment already, though they were not yet removed.
    pub files: Vec<FileName>,
    /// Those, and what was left half made.
    pub leftovers: Vec<PathBuf>,
}

impl FileName {
    /// The path below a folder.
    pub fn path(self, folder: &Path) -> PathBuf {
        let length = label(self.length);
        folder.join(match self.kind {
            FileKind::Log => format!("{length}-{:010}.log", self.number),
            FileKind::Segment { through } => format!("{length}-{:010}-{through:010}.segment", self.number),
        })
    }

    fn parse(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let (length, numbers) = stem.split_once('-')?;
        let length = StepLength::ALL.into_iter().find(|known| label(*known) == length)?;
        match (extension, numbers.split_once('-')) {
            ("log", None) => Some(Self { length, number: numbers.parse().ok()?, kind: FileKind::Log }),
            ("segment", Some((number, through))) => {
                let kind = FileKind::Segment { through: through.parse().ok()? };
                Some(Self { length, number: number.parse().ok()?, kind })
            }
            (_, _) => None,
        }
    }
}

impl Listing {
    /// Reads a folder; one that is not there is empty.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(folder: &Path) -> Result<Self, HistoryError> {
        let failed = |source| HistoryError::failed(folder, source);
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(failed)?,
        };
        let mut listing = Self::default();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            match name.to_str().and_then(FileName::parse) {
                Some(file) => listing.files.push(file),
                None if name.to_string_lossy().ends_with(".new") => listing.leftovers.push(entry.path()),
                None => {}
            }
        }
        let sealed = listing.last_number(StepLength::Second);
        let is_done = |file: &FileName| file.kind == FileKind::Log && Some(file.number) <= sealed;
        listing
            .leftovers
            .extend(listing.files.iter().filter(|file| is_done(file)).map(|file| file.path(folder)));
        listing.files.retain(|file| !is_done(file));
        listing.files.sort_unstable();
        Ok(listing)
    }

    /// The number of the last segment of a length.
    pub fn last_number(&self, length: StepLength) -> Option<u64> {
        self.segments(length).map(|file| file.number).max()
    }

    /// Up to which finer file everything is in the segments of a length.
    pub fn through(&self, length: StepLength) -> Option<u64> {
        let throughs = self.segments(length).filter_map(|file| match file.kind {
            FileKind::Segment { through } => Some(through),
            FileKind::Log => None,
        });
        throughs.max()
    }

    /// The segments of a length, oldest first.
    pub fn segments(&self, length: StepLength) -> impl Iterator<Item = FileName> {
        let segments = self.files.iter().copied().filter(move |file| file.length == length);
        segments.filter(|file| file.kind != FileKind::Log)
    }

    /// The logs, oldest first.
    pub fn logs(&self) -> impl Iterator<Item = FileName> {
        self.files.iter().copied().filter(|file| file.kind == FileKind::Log)
    }

    /// Segments of a length that are not yet in one of the next longer steps.
    pub fn pending(&self, length: StepLength) -> Vec<FileName> {
        let through = longer(length).and_then(|longer| self.through(longer));
        self.segments(length).filter(|file| Some(file.number) > through).collect()
    }
}

/// The next longer steps.
pub const fn longer(length: StepLength) -> Option<StepLength> {
    match length {
        StepLength::Second => Some(StepLength::TenSeconds),
        StepLength::TenSeconds => Some(StepLength::Minute),
        StepLength::Minute => None,
    }
}

const fn label(length: StepLength) -> &'static str {
    match length {
        StepLength::Second => "1s",
        StepLength::TenSeconds => "10s",
        StepLength::Minute => "1m",
    }
}

/// The first bytes of a file.
pub fn header() -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let (magic, rest) = header.split_at_mut(MAGIC.len());
    magic.copy_from_slice(&MAGIC);
    let (version, sum) = rest.split_at_mut(4);
    version.copy_from_slice(&VERSION.to_le_bytes());
    sum.copy_from_slice(&crc32(&[&MAGIC[..], &VERSION.to_le_bytes()].concat()).to_le_bytes());
    header
}

/// Refuses a file of a later version. A header that is damaged says nothing: what follows is checked by itself.
pub fn check_version(path: &Path, header: &[u8]) -> Result<(), HistoryError> {
    let Some(rest) = header.strip_prefix(&MAGIC) else { return Ok(()) };
    let (Some(version), Some(sum)) =
        (rest.first_chunk::<4>(), rest.get(4..).and_then(<[u8]>::first_chunk::<4>))
    else {
        return Ok(());
    };
    let found = u32::from_le_bytes(*version);
    let is_whole = crc32(&[&MAGIC[..], version].concat()) == u32::from_le_bytes(*sum);
    if is_whole && found > VERSION {
        return Err(HistoryError::Newer { path: path.to_owned(), known: VERSION, found });
    }
    Ok(())
}

/// Refuses a folder in which a later Highwater wrote.
pub fn check_versions(folder: &Path, listing: &Listing) -> Result<(), HistoryError> {
    for file in &listing.files {
        let path = file.path(folder);
        let mut header = Vec::new();
        let opened =
            File::open(&path).and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header));
        opened.map_err(|source| HistoryError::failed(&path, source))?;
        check_version(&path, &header)?;
    }
    Ok(())
}

/// Makes the folder and takes it for this process, as long as the file is open.
pub fn lock(folder: &Path) -> Result<File, HistoryError> {
    let path = folder.join(LOCK);
    let failed = |source| HistoryError::failed(&path, source);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(HistoryError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, FileName, HistoryError, Path, StepLength, check_version, header};

    #[test]
    fn names_come_back() {
        for file in [
            FileName { length: StepLength::Second, number: 7, kind: FileKind::Log },
            FileName { length: StepLength::Minute, number: 12, kind: FileKind::Segment { through: 144 } },
        ] {
            let path = file.path(Path::new("/x"));
            assert_eq!(path.file_name().and_then(|name| name.to_str()).and_then(FileName::parse), Some(file));
        }
        for name in
            ["lock", "1s-.log", "1s-1-2.log", "2s-1.log", "1s-1.segment", "1s-1-2.segment.new", "1s-x.log"]
        {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_later_version_is_refused_and_a_damaged_header_is_not() {
        let path = Path::new("f");
        assert!(check_version(path, &header()).is_ok());
        let mut later = header();
        later[8] = 2;
        assert!(check_version(path, &later).is_ok(), "its checksum says that it is damaged");
        let sum = super::crc32(&later[..12]).to_le_bytes();
        later[12..].copy_from_slice(&sum);
        let refused = check_version(path, &later).unwrap_err();
        assert!(matches!(refused, HistoryError::Newer { found: 2, .. }), "{refused}");
    }
}
