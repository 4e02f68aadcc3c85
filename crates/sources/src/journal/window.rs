//! A file seen through a few windows, so that a journal of any length needs the same memory.

use super::object::Damaged;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Entries, lists and values lie apart: each gets its window.
const WINDOWS: usize = 6;

/// As much as one window shows at least.
const WINDOW_BYTES: usize = 16 * 1024;

/// A file of which parts are kept.
pub struct Windows {
    file: File,
    bytes: u64,
    windows: [Window; WINDOWS],
    /// The window to give up next.
    oldest: usize,
}

#[derive(Default)]
struct Window {
    start: u64,
    buffer: Vec<u8>,
}

impl Windows {
    /// Looks at a file as long as it is now; what is appended later is not seen.
    pub fn new(file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, windows: Default::default(), oldest: 0 })
    }

    /// The file's length.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// So many bytes at `offset`, all of them.
    pub fn show(&mut self, offset: u64, length: usize) -> Result<&[u8], Damaged> {
        let end = u64::try_from(length).ok().and_then(|length| offset.checked_add(length)).ok_or(Damaged)?;
        if end > self.bytes {
            return Err(Damaged);
        }
        let shown = self.windows.iter().position(|window| window.range(offset, length).is_some());
        let index = match shown {
            Some(index) => index,
            None => self.move_window(offset, length)?,
        };
        let window = self.windows.get(index).ok_or(Damaged)?;
        window.range(offset, length).ok_or(Damaged)
    }

    fn move_window(&mut self, offset: u64, length: usize) -> Result<usize, Damaged> {
        let index = self.oldest;
        self.oldest = (self.oldest + 1) % WINDOWS;
        let window = self.windows.get_mut(index).ok_or(Damaged)?;
        let rest = usize::try_from(self.bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        window.start = offset;
        window.buffer.resize(length.max(WINDOW_BYTES).min(rest), 0);
        if self.file.read_exact_at(&mut window.buffer, offset).is_err() {
            // Cut since it was opened, or the disk failed.
            window.buffer.clear();
            return Err(Damaged);
        }
        Ok(index)
    }
}

impl Window {
    fn range(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.buffer.get(from..from.checked_add(length)?)
    }
}
