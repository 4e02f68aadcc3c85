//! A recorded kernel log: a plain file of records, one a line, with ` KEY=value` lines behind the one they belong to.

use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// As much as is read at once; a line that is longer is cut here.
const WINDOW_BYTES: usize = 64 * 1024;

/// An open recording. It may grow while it is read.
pub struct RecordedLog {
    file: OwnedFd,
    buffer: Vec<u8>,
    /// What of the buffer has been given out.
    used: usize,
}

impl RecordedLog {
    /// A recording, from its start.
    pub const fn new(file: OwnedFd) -> Self {
        Self { file, buffer: Vec::new(), used: 0 }
    }

    /// The next record; `None` when there is no further one now. A last line that is not ended is not yet a record.
    pub fn next_record(&mut self) -> Result<Option<&[u8]>, Errno> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let mut beyond = Beyond::Unread;
        loop {
            if let Some(length) = record_length(&self.buffer, beyond) {
                self.used = length;
                return Ok(self.buffer.get(..length));
            }
            if beyond == Beyond::Nothing {
                return Ok(None);
            }
            if self.fill()? == 0 {
                beyond = Beyond::Nothing;
            }
        }
    }

    fn fill(&mut self) -> Result<usize, Errno> {
        let before = self.buffer.len();
        if before >= WINDOW_BYTES {
            // No end of a line in so many bytes: this is no log.
            self.buffer.push(b'\n');
            return Ok(1);
        }
        self.buffer.resize(before + WINDOW_BYTES, 0);
        let room = self.buffer.get_mut(before..).unwrap_or_default();
        let read = loop {
            match rustix::io::read(&self.file, &mut *room) {
                Err(Errno::INTR) => {}
                other => break other,
            }
        };
        self.buffer.truncate(before + read.unwrap_or(0));
        read
    }
}

/// What stands behind the buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    Unread,
    Nothing,
}

/// The bytes of the first record, its last newline included. Whether ` KEY=value` lines follow is known only when the next
/// line has begun, or the file ends here.
fn record_length(buffer: &[u8], beyond: Beyond) -> Option<usize> {
    let mut end = 0;
    loop {
        let rest = buffer.get(end..)?;
        match rest.first() {
            None if end > 0 && beyond == Beyond::Nothing => return Some(end),
            None => return None,
            Some(b' ') => {}
            Some(_) if end > 0 => return Some(end),
            Some(_) => {}
        }
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(newline) => end += newline + 1,
            None if end > 0 && beyond == Beyond::Nothing => return Some(end),
            None => return None,
        }
    }
}
