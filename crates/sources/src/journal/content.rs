//! A value's bytes, decompressed.

use super::lz4;
use super::object::Compression;
use std::io::Read;

/// The kernel's longest message is 2 KiB, and journald escapes nothing; more than this is no message of the kernel.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Why a value's bytes are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are damaged.
    Damaged,
    /// They are compressed in a way not understood here.
    Compression,
}

/// The bytes of a value.
pub fn content(stored: &[u8], compression: Compression) -> Result<Vec<u8>, Unreadable> {
    match compression {
        Compression::Plain => Ok(stored.to_owned()),
        Compression::Xz => Err(Unreadable::Compression),
        Compression::Lz4 => {
            // The length before the block is not needed.
            let block = stored.get(8..).ok_or(Unreadable::Damaged)?;
            lz4::decode(block, VALUE_BYTES_MAX).ok_or(Unreadable::Damaged)
        }
        Compression::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(stored).map_err(|_| Unreadable::Damaged)?;
            let mut bytes = Vec::new();
            let mut decoder = decoder.take(VALUE_BYTES_MAX as u64);
            decoder.read_to_end(&mut bytes).map_err(|_| Unreadable::Damaged)?;
            Ok(bytes)
        }
    }
}
