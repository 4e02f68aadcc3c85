//! The heads of the objects that a journal file consists of, and little-endian numbers.

/// An entry's head, before its list of values.
pub const ENTRY_HEAD_BYTES: u64 = 64;

/// A list's head, before its offsets.
pub const ARRAY_HEAD_BYTES: u64 = 24;

/// A value's head in its shorter form.
pub const DATA_HEAD_BYTES: u64 = 64;

/// `OBJECT_DATA`, `OBJECT_ENTRY` and `OBJECT_ENTRY_ARRAY`.
pub const DATA: u8 = 1;
/// An entry.
pub const ENTRY: u8 = 3;
/// A list of entries.
pub const ENTRY_ARRAY: u8 = 6;

/// The part of a file that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// How a value's bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    Plain,
    /// XZ.
    Xz,
    /// LZ4, one block with its length before it.
    Lz4,
    /// Zstandard.
    Zstd,
}

/// A value's head.
#[derive(Clone, Copy, Debug)]
pub struct DataHead {
    /// Bytes of the whole object.
    pub size: u64,
    /// How its bytes are kept.
    pub compression: Compression,
    /// The hash of the value.
    pub hash: u64,
    /// The next value of the same bucket; 0 for none.
    pub next: u64,
    /// The first entry that has it.
    pub entry: u64,
    /// The list of the other entries that have it; 0 for none.
    pub entry_array: u64,
    /// How many entries have it.
    pub entries: u64,
}

impl DataHead {
    /// Reads a value's head.
    pub fn parse(head: &[u8]) -> Option<Self> {
        let (kind, size) = kind_and_size(head)?;
        let compression = match head.get(1)? & 0b111 {
            0 => Compression::Plain,
            1 => Compression::Xz,
            2 => Compression::Lz4,
            4 => Compression::Zstd,
            _ => return None,
        };
        (kind == DATA && size >= DATA_HEAD_BYTES).then_some(())?;
        Some(Self {
            size,
            compression,
            hash: number(head, 16)?,
            next: number(head, 24)?,
            entry: number(head, 40)?,
            entry_array: number(head, 48)?,
            entries: number(head, 56)?,
        })
    }
}

/// An object's kind and its bytes.
pub fn kind_and_size(head: &[u8]) -> Option<(u8, u64)> {
    Some((*head.first()?, number(head, 8)?))
}

/// A 64-bit number.
pub fn number(text: &[u8], at: usize) -> Option<u64> {
    bytes(text, at).map(u64::from_le_bytes)
}

/// So many bytes from `at` on.
pub fn bytes<const N: usize>(text: &[u8], at: usize) -> Option<[u8; N]> {
    text.get(at..at.checked_add(N)?)?.try_into().ok()
}
