//! The kernel's messages in systemd's journal, of this boot and earlier ones, read from its files without `journalctl`.
//!
//! The format is systemd's docs/JOURNAL_FILE_FORMAT.md. One file is read at a time, through a few windows: the memory needed
//! does not grow with the journal. Damage is skipped and counted.

mod content;
mod entries;
pub mod file;
mod hash;
mod header;
mod lz4;
mod object;
mod window;

use crate::host_root::HostRoot;
use file::{JournalFile, JournalFileError};
use model::kernel_log::BootId;
use model::snapshot::{Missing, Timestamp};
use std::path::PathBuf;
use std::time::Duration;
use std::vec;

/// Where journald keeps its files: those that outlive a boot, and those that do not.
const FOLDERS: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// From when on messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalStart {
    /// From the oldest message on.
    Oldest,
    /// From this moment of the wall clock on.
    At(Timestamp),
}

/// One message of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// The boot in which it was written.
    pub boot_id: BootId,
    /// The wall clock when journald took it.
    pub received_at: Timestamp,
    /// The kernel's own clock, as in the record's prefix in `/dev/kmsg`; journald's clock where it kept none.
    pub since_boot: Duration,
    /// The text, newlines and all.
    pub message: Vec<u8>,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalLosses {
    /// Objects that were cut off or contradicted themselves.
    pub damaged: u64,
    /// Messages in a compression that is not understood here (XZ).
    pub compressed: u64,
}

/// Reads the kernel's messages of every file, one file after the other, oldest file first.
pub struct Journal {
    files: vec::IntoIter<PathBuf>,
    current: Option<JournalFile>,
    start: JournalStart,
    missing: Vec<Missing>,
    losses: JournalLosses,
}

impl Journal {
    /// The journal of the machine at `root`; what cannot be opened is told by [`Journal::missing`].
    #[must_use]
    pub fn open(root: &HostRoot, start: JournalStart) -> Self {
        let mut missing = Vec::new();
        let mut found: Vec<(u64, PathBuf)> = Vec::new();
        for folder in FOLDERS.iter().flat_map(|folder| machine_folders(root, folder)) {
            for name in root.names(&folder).into_iter().filter(|name| is_system_journal(name)) {
                let path = root.path(&format!("{folder}/{name}"));
                match JournalFile::open(&path, start) {
                    Ok(file) if file.is_older_than(start) => {}
                    Ok(file) => found.push((file.first_realtime(), path)),
                    // Empty: just made, or emptied by hand.
                    Err(JournalFileError::Empty { .. }) => {}
                    Err(error) => missing.push(unread(&error)),
                }
            }
        }
        found.sort_unstable();
        let files: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
        if files.is_empty() && missing.is_empty() {
            missing.push(Missing {
                what: "kernel messages of earlier boots".to_owned(),
                why: format!("no journal below {}", FOLDERS.join(" or ")),
            });
        }
        let losses = JournalLosses::default();
        Self { files: files.into_iter(), current: None, start, missing, losses }
    }

    /// Files that could not be opened, with the reason.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// What was lost in the files read so far.
    #[must_use]
    pub fn losses(&self) -> JournalLosses {
        self.current.as_ref().map_or(self.losses, |file| self.losses.with(file.losses()))
    }
}

impl Iterator for Journal {
    type Item = JournalRecord;

    fn next(&mut self) -> Option<JournalRecord> {
        loop {
            if let Some(file) = &mut self.current {
                if let Some(record) = file.next() {
                    return Some(record);
                }
                self.losses = self.losses.with(file.losses());
                self.current = None;
            }
            let path = self.files.next()?;
            match JournalFile::open(&path, self.start) {
                Ok(file) => self.current = Some(file),
                // Rotated away since it was listed, as journald does: its messages went with it.
                Err(error) => self.missing.push(unread(&error)),
            }
        }
    }
}

impl JournalLosses {
    const fn with(self, other: Self) -> Self {
        Self { damaged: self.damaged + other.damaged, compressed: self.compressed + other.compressed }
    }
}

fn unread(error: &JournalFileError) -> Missing {
    Missing { what: "kernel messages in a journal file".to_owned(), why: error.to_string() }
}

/// The folder of this machine; every machine's folder when this one has none (an image that was cloned, a mounted disk).
fn machine_folders(root: &HostRoot, folder: &str) -> Vec<String> {
    let names = root.names(folder);
    let own = root.text("/etc/machine-id").value().map(|text| text.trim().to_owned());
    let is_own = |name: &&String| Some(*name) == own.as_ref();
    let path = |name: &String| format!("{folder}/{name}");
    if names.iter().any(|name| is_own(&name)) {
        return names.iter().filter(is_own).map(path).collect();
    }
    names.iter().filter(|name| BootId::parse(name).is_some()).map(path).collect()
}

/// Users' journals hold no message of the kernel.
fn is_system_journal(name: &str) -> bool {
    let is_journal = name.ends_with(".journal") || name.ends_with(".journal~");
    is_journal && name.starts_with("system")
}
