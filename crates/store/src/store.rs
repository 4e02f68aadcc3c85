//! The store: one folder, one writer at a time, bounded in size, whole after a crash at any moment.
//!
//! `incidents` is appended to and, when full, becomes `incidents.1`, over the one before. An incident is written before the
//! cursor moves past it: after a crash between the two it is met again, and its key tells that it is known.

use crate::checksum::crc32;
use crate::files;
use crate::record::{IncidentKey, Line, StoredIncident, VERSION, checked, newer_version, read_line};
use model::kernel_log::{BootId, KmsgCursor};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Each of the two files of incidents grows to this.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Whether a store can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is ours alone.
    ReadWrite,
    /// It can only be read, for this reason.
    ReadOnly {
        /// Why.
        why: String,
    },
}

/// What became of an incident that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It was written.
    New,
    /// It was there.
    Known,
}

/// What was not as it had been written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes of last lines that a crash cut off.
    pub torn_bytes: u64,
    /// Lines that are not what was written.
    pub damaged_lines: u64,
    /// Cursors that are not what was written: the log is read from its start.
    pub damaged_cursors: u64,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes to it.
    #[error("{}: in use by another process", folder.display())]
    Locked {
        /// The store's folder.
        folder: PathBuf,
    },
    /// A later Highwater wrote it. It was left as it is.
    #[error("{}: expected a store of version {known} or older, found version {found}: a later Highwater wrote it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// What is known here.
        known: u32,
        /// What was found.
        found: u64,
    },
    /// It can only be read.
    #[error("{}: cannot be written: {why}", folder.display())]
    ReadOnly {
        /// The store's folder.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// A file could not be read or written.
    #[error("{}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An incident is larger than the store may become.
    #[error("{}: an incident of {bytes} bytes does not fit", folder.display())]
    TooLarge {
        /// The store's folder.
        folder: PathBuf,
        /// Its length as a line.
        bytes: usize,
    },
    /// An incident could not be written as JSON.
    #[error("an incident as JSON")]
    Json(#[from] serde_json::Error),
}

/// What a process remembers.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    access: Access,
    /// Held as long as the store is open.
    _lock: Option<File>,
    file_bytes_max: u64,
    known: HashSet<IncidentKey>,
    cursor: Option<KmsgCursor>,
    damage: Damage,
}

#[derive(Serialize, Deserialize)]
struct StoredCursor {
    version: u32,
    boot_id: String,
    sequence: u64,
}

impl Store {
    /// Opens a folder to write, and makes it where it is not. Where this process may not write, it is opened to read.
    ///
    /// # Errors
    /// When another process has it open to write, a file cannot be read, or a later Highwater wrote it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_bounded(folder, FILE_BYTES_MAX)
    }

    /// As [`Store::open`], with files of incidents (there are two) of at most so many bytes.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_bounded(folder: &Path, file_bytes_max: u64) -> Result<Self, StoreError> {
        if !folder.join(LOCK).exists() {
            // Not even the lock is added to what a later Highwater wrote.
            Self::open_to_read(folder)?;
        }
        match lock(folder) {
            Ok(lock) => Self::load(folder, Access::ReadWrite, Some(lock), file_bytes_max),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { folder: folder.to_owned() }),
            Err(TryLockError::Error(error)) if is_forbidden(&error) => {
                Self::load(folder, Access::ReadOnly { why: error.to_string() }, None, file_bytes_max)
            }
            Err(TryLockError::Error(source)) => Err(StoreError::Failed { path: folder.to_owned(), source }),
        }
    }

    /// Opens a folder to read, also while another process writes to it. One that is not there is empty.
    ///
    /// # Errors
    /// When a file cannot be read, or a later Highwater wrote it.
    pub fn open_to_read(folder: &Path) -> Result<Self, StoreError> {
        let access = Access::ReadOnly { why: "opened to read".to_owned() };
        Self::load(folder, access, None, FILE_BYTES_MAX)
    }

    fn load(
        folder: &Path,
        access: Access,
        lock: Option<File>,
        file_bytes_max: u64,
    ) -> Result<Self, StoreError> {
        let mut store = Self {
            folder: folder.to_owned(),
            access,
            _lock: lock,
            file_bytes_max,
            known: HashSet::new(),
            cursor: None,
            damage: Damage::default(),
        };
        store.cursor = store.read_cursor()?;
        let (incidents, damage, whole) = store.read_incidents()?;
        store.known = incidents.into_iter().map(|incident| incident.key).collect();
        store.damage = Damage { damaged_cursors: store.damage.damaged_cursors, ..damage };
        if store.access == Access::ReadWrite && damage.torn_bytes > 0 {
            let path = store.path(CURRENT);
            files::cut(&path, whole).map_err(|source| StoreError::Failed { path, source })?;
        }
        Ok(store)
    }

    /// Whether it can be written.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// What was not as it had been written when the store was opened.
    #[must_use]
    pub const fn damage(&self) -> Damage {
        self.damage
    }

    /// How far the kernel's log was read.
    #[must_use]
    pub const fn cursor(&self) -> Option<KmsgCursor> {
        self.cursor
    }

    /// Whether an incident is kept.
    #[must_use]
    pub fn knows(&self, key: &IncidentKey) -> bool {
        self.known.contains(key)
    }

    /// Every incident that is kept, oldest first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn incidents(&self) -> Result<Vec<StoredIncident>, StoreError> {
        let mut kept: Vec<StoredIncident> = Vec::new();
        let mut places: HashMap<IncidentKey, usize> = HashMap::new();
        for incident in self.read_incidents()?.0 {
            // One that was kept again takes the first one's place.
            match places.get(&incident.key).and_then(|place| kept.get_mut(*place)) {
                Some(before) => *before = incident,
                None => {
                    places.insert(incident.key.clone(), kept.len());
                    kept.push(incident);
                }
            }
        }
        Ok(kept)
    }

    /// Notes how far the log was read; what was told of it has to be appended before.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_cursor(&mut self, cursor: KmsgCursor) -> Result<(), StoreError> {
        self.writable()?;
        let boot_id = cursor.boot_id.to_string();
        let json =
            serde_json::to_string(&StoredCursor { version: VERSION, boot_id, sequence: cursor.sequence })?;
        let path = self.path(CURSOR);
        files::replace(&path, format!("{:08x} {json}\n", crc32(json.as_bytes())).as_bytes())
            .map_err(|source| StoreError::Failed { path, source })?;
        self.cursor = Some(cursor);
        Ok(())
    }

    /// Keeps an incident, unless it is kept. It is on disk when this returns.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append(&mut self, incident: &StoredIncident) -> Result<Appended, StoreError> {
        self.writable()?;
        if self.knows(&incident.key) {
            return Ok(Appended::Known);
        }
        self.append_again(incident)?;
        Ok(Appended::New)
    }

    /// Keeps an incident that may be kept: the new one takes the other's place.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append_again(&mut self, incident: &StoredIncident) -> Result<(), StoreError> {
        self.writable()?;
        let line = incident.to_line()?;
        if line.len() as u64 > self.file_bytes_max {
            return Err(StoreError::TooLarge { folder: self.folder.clone(), bytes: line.len() });
        }
        let path = self.path(CURRENT);
        let failed = |source| StoreError::Failed { path: path.clone(), source };
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if bytes + line.len() as u64 > self.file_bytes_max {
            self.rotate()?;
        }
        let mut file = files::open_to_append(&path).map_err(failed)?;
        files::append(&mut file, &line).map_err(failed)?;
        self.known.insert(incident.key.clone());
        Ok(())
    }

    fn rotate(&mut self) -> Result<(), StoreError> {
        let path = self.path(CURRENT);
        files::rename(&path, &self.path(OLDER)).map_err(|source| StoreError::Failed { path, source })?;
        self.known = self.incidents()?.into_iter().map(|incident| incident.key).collect();
        Ok(())
    }

    fn writable(&self) -> Result<(), StoreError> {
        match &self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly { why } => {
                Err(StoreError::ReadOnly { folder: self.folder.clone(), why: why.clone() })
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read_cursor(&mut self) -> Result<Option<KmsgCursor>, StoreError> {
        let path = self.path(CURSOR);
        let bytes = files::read(&path).map_err(|source| StoreError::Failed { path, source })?;
        let json = bytes.strip_suffix(b"\n").and_then(checked);
        if let Some(found) = json.and_then(newer_version) {
            return Err(StoreError::Newer { path: self.path(CURSOR), known: VERSION, found });
        }
        let stored = json.and_then(|json| serde_json::from_slice::<StoredCursor>(json).ok());
        let cursor = stored.filter(|stored| stored.version == VERSION).and_then(|stored| {
            Some(KmsgCursor { boot_id: BootId::parse(&stored.boot_id)?, sequence: stored.sequence })
        });
        if cursor.is_none() && !bytes.is_empty() {
            self.damage.damaged_cursors += 1;
        }
        Ok(cursor)
    }

    /// Every incident, what was damaged, and how many bytes of the current file are whole lines.
    fn read_incidents(&self) -> Result<(Vec<StoredIncident>, Damage, u64), StoreError> {
        let mut incidents = Vec::new();
        let mut damage = Damage::default();
        let mut whole = 0;
        for name in [OLDER, CURRENT] {
            let path = self.path(name);
            let bytes =
                files::read(&path).map_err(|source| StoreError::Failed { path: path.clone(), source })?;
            let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            whole = end as u64;
            damage.torn_bytes += (bytes.len() - end) as u64;
            let lines = bytes.get(..end).unwrap_or_default().split(|byte| *byte == b'\n');
            for line in lines.filter(|line| !line.is_empty()) {
                match read_line(line) {
                    Line::Incident(incident) => incidents.push(*incident),
                    Line::Newer { found } => return Err(StoreError::Newer { path, known: VERSION, found }),
                    Line::Damaged => damage.damaged_lines += 1,
                }
            }
        }
        Ok((incidents, damage, whole))
    }
}

const CURRENT: &str = "incidents";
const OLDER: &str = "incidents.1";
const CURSOR: &str = "cursor";
const LOCK: &str = "lock";

fn lock(folder: &Path) -> Result<File, TryLockError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(TryLockError::Error)?;
    let options =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK));
    let file = options.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
