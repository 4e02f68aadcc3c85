//! One journal file: the kernel's messages in it, in the order in which they were written.

use super::content::{Unreadable, VALUE_BYTES_MAX, content};
use super::entries::EntryChain;
use super::hash::hash;
use super::header::{HEADER_BYTES, Header, HeaderError};
use super::object::{
    Compression, DATA_HEAD_BYTES, Damaged, DataHead, ENTRY, ENTRY_HEAD_BYTES, bytes, kind_and_size, number,
};
use super::window::Windows;
use super::{JournalLosses, JournalRecord, JournalStart};
use crate::host_root::reason;
use model::kernel_log::BootId;
use model::snapshot::Timestamp;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TRANSPORT: &[u8] = b"_TRANSPORT=kernel";
const MESSAGE: &[u8] = b"MESSAGE=";
const KERNEL_CLOCK: &[u8] = b"_SOURCE_MONOTONIC_TIMESTAMP=";

/// A kernel message has some twenty values; an entry of so many is damaged.
const VALUES_MAX: u64 = 1_024;

/// So many places of shared values are remembered; values that are not shared would only fill the memory.
const KNOWN_MAX: usize = 4_096;

/// Enough of a value to know its name.
const NAME_BYTES: u64 = 64;

/// Why a journal file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalFileError {
    /// It cannot be opened or read.
    #[error("{}: {}", path.display(), reason(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It has no bytes.
    #[error("{}: empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It does not begin as a journal does.
    #[error("{}: expected a journal file (`LPKSHHRH`), found something else", path.display())]
    NoJournal {
        /// The file.
        path: PathBuf,
    },
    /// A later systemd wrote it.
    #[error("{}: written in a way that is not known here (incompatible flags {flags:#x})", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The flags not known.
        flags: u32,
    },
}

/// The kernel's messages of one file.
pub struct JournalFile {
    windows: Windows,
    header: Header,
    start_micros: u64,
    /// The entries still to come; `None` behind the last.
    chain: Option<EntryChain>,
    /// Where the last entry that was read lies.
    last: u64,
    known: HashMap<u64, Known>,
    losses: JournalLosses,
}

/// What a shared value was found to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Transport,
    Other,
}

/// What an entry's values told.
#[derive(Default)]
struct Told {
    is_kernel: bool,
    message: Option<Vec<u8>>,
    kernel_clock: Option<Duration>,
    unreadable: Option<Unreadable>,
}

impl JournalFile {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, is no journal, or was written in a way not known here.
    pub fn open(path: &Path, start: JournalStart) -> Result<Self, JournalFileError> {
        let unreadable = |source| JournalFileError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let mut windows = Windows::new(file).map_err(unreadable)?;
        if windows.bytes() == 0 {
            return Err(JournalFileError::Empty { path: path.to_owned() });
        }
        let no_journal = || JournalFileError::NoJournal { path: path.to_owned() };
        let head = windows.show(0, HEADER_BYTES).map_err(|_| no_journal())?;
        let header = Header::parse(head).map_err(|error| match error {
            HeaderError::NoJournal => no_journal(),
            HeaderError::Unknown(flags) => JournalFileError::Unknown { path: path.to_owned(), flags },
        })?;
        let start_micros = match start {
            JournalStart::Oldest => 0,
            JournalStart::At(Timestamp(millis)) => millis.saturating_mul(1_000),
        };
        let losses = JournalLosses::default();
        let mut file =
            Self { windows, header, start_micros, chain: None, last: 0, known: HashMap::new(), losses };
        file.chain = file.kernel_entries();
        Ok(file)
    }

    /// The wall clock of the file's first entry, in microseconds since 1970.
    #[must_use]
    pub const fn first_realtime(&self) -> u64 {
        self.header.head_realtime
    }

    /// Whether everything in it was written before `start`.
    #[must_use]
    pub fn is_older_than(&self, start: JournalStart) -> bool {
        match start {
            JournalStart::Oldest => false,
            JournalStart::At(Timestamp(millis)) => self.header.tail_realtime < millis.saturating_mul(1_000),
        }
    }

    /// What was lost so far.
    #[must_use]
    pub const fn losses(&self) -> JournalLosses {
        self.losses
    }

    /// The entries that have the value `_TRANSPORT=kernel`. When the table of values is damaged: every entry.
    fn kernel_entries(&mut self) -> Option<EntryChain> {
        match self.find_transport() {
            Ok(head) => head.map(|(_, head)| {
                EntryChain::new(
                    Some(head.entry).filter(|entry| *entry != 0),
                    head.entry_array,
                    self.header.layout,
                )
            }),
            Err(Damaged) => {
                self.losses.damaged += 1;
                Some(EntryChain::new(None, self.header.entry_array, self.header.layout))
            }
        }
    }

    fn find_transport(&mut self) -> Result<Option<(u64, DataHead)>, Damaged> {
        let (table, table_bytes) = self.header.data_table;
        let buckets = table_bytes / 16;
        let wanted = hash(self.header.hash, TRANSPORT);
        let bucket = wanted.checked_rem(buckets).ok_or(Damaged)?;
        let place = bucket.checked_mul(16).and_then(|offset| table.checked_add(offset)).ok_or(Damaged)?;
        let mut offset = number(self.windows.show(place, 8)?, 0).ok_or(Damaged)?;
        while offset != 0 {
            let head = self.data_head(offset)?;
            if head.hash == wanted && self.payload(offset, head, TRANSPORT.len() as u64)? == TRANSPORT {
                return Ok(Some((offset, head)));
            }
            // A chain is appended to, so it leads onwards; anything else could be a circle.
            if head.next != 0 && head.next <= offset {
                return Err(Damaged);
            }
            offset = head.next;
        }
        Ok(None)
    }

    fn data_head(&mut self, offset: u64) -> Result<DataHead, Damaged> {
        let head = self.windows.show(offset, DATA_HEAD_BYTES as usize)?;
        let head = DataHead::parse(head).ok_or(Damaged)?;
        if head.size < self.header.layout.payload_offset() { Err(Damaged) } else { Ok(head) }
    }

    /// At most `bytes_max` of a value as it is stored.
    fn payload(&mut self, offset: u64, head: DataHead, bytes_max: u64) -> Result<&[u8], Damaged> {
        let skipped = self.header.layout.payload_offset();
        let length = head.size.checked_sub(skipped).ok_or(Damaged)?.min(bytes_max);
        let length = usize::try_from(length).map_err(|_| Damaged)?;
        self.windows.show(offset.checked_add(skipped).ok_or(Damaged)?, length)
    }

    fn entry(&mut self, offset: u64) -> Result<Option<JournalRecord>, Damaged> {
        let head = self.windows.show(offset, ENTRY_HEAD_BYTES as usize)?;
        let (kind, size) = kind_and_size(head).ok_or(Damaged)?;
        let realtime = number(head, 24).ok_or(Damaged)?;
        let monotonic = number(head, 32).ok_or(Damaged)?;
        let boot_id = BootId(u128::from_be_bytes(bytes(head, 40).ok_or(Damaged)?));
        if kind != ENTRY {
            return Err(Damaged);
        }
        if realtime < self.start_micros {
            return Ok(None);
        }
        let item_bytes = self.header.layout.entry_item_bytes();
        let values = size.checked_sub(ENTRY_HEAD_BYTES).ok_or(Damaged)? / item_bytes as u64;
        if values > VALUES_MAX {
            return Err(Damaged);
        }
        let told = self.values(offset + ENTRY_HEAD_BYTES, values, item_bytes)?;
        match (told.message, told.unreadable) {
            _ if !told.is_kernel => Ok(None),
            (Some(message), _) => Ok(Some(JournalRecord {
                boot_id,
                received_at: Timestamp(realtime / 1_000),
                since_boot: told.kernel_clock.unwrap_or(Duration::from_micros(monotonic)),
                message,
            })),
            (None, Some(Unreadable::Compression)) => {
                self.losses.compressed += 1;
                Ok(None)
            }
            (None, Some(Unreadable::Damaged) | None) => Err(Damaged),
        }
    }

    fn values(&mut self, first: u64, values: u64, item_bytes: usize) -> Result<Told, Damaged> {
        let mut told = Told::default();
        for index in 0..values {
            let place = first.checked_add(index * item_bytes as u64).ok_or(Damaged)?;
            let item = self.windows.show(place, item_bytes)?;
            let offset = self.header.layout.offset(item).ok_or(Damaged)?;
            match self.known.get(&offset) {
                Some(Known::Other) => continue,
                Some(Known::Transport) => {
                    told.is_kernel = true;
                    continue;
                }
                None => {}
            }
            // One value that cannot be read need not be the message.
            if self.value(offset, &mut told).is_err() {
                told.unreadable.get_or_insert(Unreadable::Damaged);
            }
        }
        Ok(told)
    }

    fn value(&mut self, offset: u64, told: &mut Told) -> Result<(), Damaged> {
        let head = self.data_head(offset)?;
        if head.compression != Compression::Plain {
            return self.compressed_value(offset, head, told);
        }
        let start = self.payload(offset, head, NAME_BYTES)?;
        if start.starts_with(MESSAGE) {
            let value = self.payload(offset, head, VALUE_BYTES_MAX as u64)?;
            told.message = value.strip_prefix(MESSAGE).map(<[u8]>::to_owned);
            return Ok(());
        }
        if let Some(clock) = start.strip_prefix(KERNEL_CLOCK) {
            let micros = std::str::from_utf8(clock).ok().and_then(|text| text.parse().ok());
            told.kernel_clock = micros.map(Duration::from_micros);
            return Ok(());
        }
        let known = if start == TRANSPORT { Known::Transport } else { Known::Other };
        told.is_kernel |= known == Known::Transport;
        if head.entries > 1 && self.known.len() < KNOWN_MAX {
            self.known.insert(offset, known);
        }
        Ok(())
    }

    /// Only long values are compressed: of a kernel message that is its text.
    fn compressed_value(&mut self, offset: u64, head: DataHead, told: &mut Told) -> Result<(), Damaged> {
        let stored = self.payload(offset, head, VALUE_BYTES_MAX as u64)?;
        match content(stored, head.compression) {
            Ok(value) => {
                if let Some(message) = value.strip_prefix(MESSAGE) {
                    told.message = Some(message.to_owned());
                }
            }
            Err(Unreadable::Compression) => told.unreadable = Some(Unreadable::Compression),
            Err(Unreadable::Damaged) => return Err(Damaged),
        }
        Ok(())
    }
}

impl Iterator for JournalFile {
    type Item = JournalRecord;

    fn next(&mut self) -> Option<JournalRecord> {
        loop {
            let chain = self.chain.as_mut()?;
            let entry = match chain.next(&mut self.windows) {
                Ok(Some(entry)) => entry,
                Ok(None) => {
                    self.chain = None;
                    return None;
                }
                Err(Damaged) => {
                    self.losses.damaged += 1;
                    self.chain = None;
                    return None;
                }
            };
            // Entries are appended, and listed in that order: one that lies before the last was told already.
            let read = if entry > self.last { self.entry(entry) } else { Err(Damaged) };
            self.last = if read.is_ok() { entry } else { self.last };
            match read {
                Ok(Some(record)) => return Some(record),
                Ok(None) => {}
                Err(Damaged) => self.losses.damaged += 1,
            }
        }
    }
}
