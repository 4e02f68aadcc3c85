//! The head of a journal file: how it was written and where things begin.

use super::object::{bytes, number};

/// The shortest head ever written (systemd 183); everything used here lies in it.
pub const HEADER_BYTES: usize = 208;

const SIGNATURE: &[u8] = b"LPKSHHRH";

const COMPRESSED_XZ: u32 = 1;
const COMPRESSED_LZ4: u32 = 1 << 1;
const KEYED_HASH: u32 = 1 << 2;
const COMPRESSED_ZSTD: u32 = 1 << 3;
const COMPACT: u32 = 1 << 4;

/// What of the head is used.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// How hashes are made: with the file's own key since systemd 246, without before.
    pub hash: HashKind,
    /// How offsets are written: 32 bits since systemd 252, 64 before.
    pub layout: Layout,
    /// Where the table of values begins, and its bytes.
    pub data_table: (u64, u64),
    /// Where the list of all entries begins; 0 for none.
    pub entry_array: u64,
    /// The wall clock of the first entry, in microseconds.
    pub head_realtime: u64,
    /// The wall clock of the last entry, in microseconds.
    pub tail_realtime: u64,
}

/// How a file hashes its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// Jenkins' lookup3.
    Jenkins,
    /// SipHash 2-4 under the file's id.
    Keyed([u8; 16]),
}

/// How wide a file writes offsets in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// 64 bits, and in entries a hash beside each.
    Regular,
    /// 32 bits.
    Compact,
}

/// Why a head is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// It is no journal.
    NoJournal,
    /// It was written by a later systemd in a way not known here: these flags.
    Unknown(u32),
}

impl Header {
    /// Reads a head.
    pub fn parse(head: &[u8]) -> Result<Self, HeaderError> {
        Self::fields(head).ok_or(HeaderError::NoJournal)?
    }

    fn fields(head: &[u8]) -> Option<Result<Self, HeaderError>> {
        if head.get(..8)? != SIGNATURE {
            return None;
        }
        let flags = u32::from_le_bytes(bytes(head, 12)?);
        let known = COMPRESSED_XZ | COMPRESSED_LZ4 | KEYED_HASH | COMPRESSED_ZSTD | COMPACT;
        if flags & !known != 0 {
            return Some(Err(HeaderError::Unknown(flags & !known)));
        }
        let hash =
            if flags & KEYED_HASH == 0 { HashKind::Jenkins } else { HashKind::Keyed(bytes(head, 24)?) };
        Some(Ok(Self {
            hash,
            layout: if flags & COMPACT == 0 { Layout::Regular } else { Layout::Compact },
            data_table: (number(head, 104)?, number(head, 112)?),
            entry_array: number(head, 176)?,
            head_realtime: number(head, 184)?,
            tail_realtime: number(head, 192)?,
        }))
    }
}

impl Layout {
    /// Bytes of one offset in a list of entries.
    pub const fn array_item_bytes(self) -> usize {
        match self {
            Self::Regular => 8,
            Self::Compact => 4,
        }
    }

    /// Bytes of one value's place in an entry.
    pub const fn entry_item_bytes(self) -> usize {
        match self {
            Self::Regular => 16,
            Self::Compact => 4,
        }
    }

    /// Where a value's own bytes begin.
    pub const fn payload_offset(self) -> u64 {
        match self {
            Self::Regular => 64,
            Self::Compact => 72,
        }
    }

    /// The offset at the start of a list's item.
    pub fn offset(self, item: &[u8]) -> Option<u64> {
        match self {
            Self::Regular => number(item, 0),
            Self::Compact => bytes(item, 0).map(u32::from_le_bytes).map(u64::from),
        }
    }
}
