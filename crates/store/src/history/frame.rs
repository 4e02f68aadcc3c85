//! Frames: a magic number, a kind, a length, a checksum, and the bytes. After a damaged frame the next one is looked for.

use crate::checksum::crc32;

/// Byte three is no UTF-8, so that no name of a workload holds it.
const MAGIC: [u8; 4] = [b'h', b'w', 0xf8, b'\n'];

/// Magic number, kind, length, checksum.
pub const HEAD_BYTES: usize = 13;

/// A frame of more than this was not written here.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The last seconds of all workloads, as they are.
    Log,
    /// One workload's steps, compressed.
    Chunk,
    /// The names of a segment's workloads, compressed.
    Names,
    /// Where in a segment each workload is.
    Directory,
}

/// A whole frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What it holds.
    pub kind: Kind,
    /// Where it begins, its head included.
    pub at: usize,
    /// Its bytes.
    pub body: &'a [u8],
}

/// What a file of frames turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wear {
    /// Frames, or runs of them, that are not what was written.
    pub damaged: u64,
    /// Where the last whole frame ends.
    pub whole_bytes: usize,
    /// Bytes after it: a write that was cut off.
    pub torn_bytes: usize,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Log, Self::Chunk, Self::Names, Self::Directory];

    const fn byte(self) -> u8 {
        match self {
            Self::Log => b'l',
            Self::Chunk => b'c',
            Self::Names => b'n',
            Self::Directory => b'd',
        }
    }
}

/// Appends a frame.
pub fn put(kind: Kind, body: &[u8], out: &mut Vec<u8>) {
    // A body is bounded by the workloads that are kept, far below four gibibytes.
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&MAGIC);
    out.push(kind.byte());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(kind, length, body).to_le_bytes());
    out.extend_from_slice(body);
}

fn checksum(kind: Kind, length: u32, body: &[u8]) -> u32 {
    // Kind and length are part of it: a length that changed must not find a checksum that fits.
    crc32(body) ^ crc32(&[&[kind.byte()], &length.to_le_bytes()[..]].concat())
}

/// The frame that begins here, when it is whole.
pub fn first(bytes: &[u8]) -> Option<Frame<'_>> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (kind, rest) = rest.split_first()?;
    let kind = Kind::ALL.into_iter().find(|known| known.byte() == *kind)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    let body = rest.get(..usize::try_from(length).ok().filter(|length| *length <= BODY_BYTES_MAX)?)?;
    (checksum(kind, length, body) == u32::from_le_bytes(*sum)).then_some(Frame { kind, at: 0, body })
}

/// Every whole frame of a file, and what else is in it.
pub fn all(bytes: &[u8]) -> (Vec<Frame<'_>>, Wear) {
    let mut frames = Vec::new();
    let mut wear = Wear::default();
    let mut at = 0;
    let mut is_lost = false;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match first(rest) {
            Some(frame) => {
                wear.damaged += u64::from(is_lost);
                is_lost = false;
                frames.push(Frame { at, ..frame });
                at += HEAD_BYTES + frame.body.len();
                wear.whole_bytes = at;
            }
            None => {
                is_lost = true;
                // The magic number is looked for behind this place.
                at += 1 + next_magic(rest.get(1..).unwrap_or_default());
            }
        }
    }
    wear.torn_bytes = bytes.len() - wear.whole_bytes;
    (frames, wear)
}

/// How far the next magic number is away; to the end when there is none.
fn next_magic(bytes: &[u8]) -> usize {
    bytes.windows(MAGIC.len()).position(|window| window == MAGIC).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::{HEAD_BYTES, Kind, all, put};

    fn three() -> Vec<u8> {
        let mut bytes = Vec::new();
        for body in [&b"first"[..], b"second", b"third"] {
            put(Kind::Log, body, &mut bytes);
        }
        bytes
    }

    #[test]
    fn a_changed_byte_loses_its_own_frame_and_no_other() {
        let whole = three();
        let bounds = [0, HEAD_BYTES + 5, 2 * HEAD_BYTES + 11, whole.len()];
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                let (frames, _) = all(&bytes);
                let lost = bounds.iter().filter(|bound| **bound <= at).count() - 1;
                let mut expected = vec![&b"first"[..], b"second", b"third"];
                expected.remove(lost);
                let found: Vec<&[u8]> = frames.iter().map(|frame| frame.body).collect();
                assert_eq!(found, expected, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_cut_loses_only_the_last() {
        let whole = three();
        for end in 0..whole.len() {
            let (frames, wear) = all(&whole[..end]);
            let kept = [HEAD_BYTES + 5, 2 * HEAD_BYTES + 11].iter().filter(|bound| **bound <= end).count();
            assert_eq!(frames.len(), kept, "cut at {end}");
            assert_eq!((wear.damaged, wear.whole_bytes + wear.torn_bytes), (0, end));
        }
    }
}
