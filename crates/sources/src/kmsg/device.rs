//! The device `/dev/kmsg`: one record a read.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Dev, makedev};
use rustix::io::Errno;

/// The kernel's `PRINTKRB_RECORD_MAX` (`CONSOLE_EXT_LOG_MAX` before 6.2) is 8 KiB; a smaller buffer would lose long records.
const RECORD_BYTES_MAX: usize = 16 * 1024;

/// Overwritten so often in a row, the log is faster than its reader: let others have their turn.
const OVERTAKEN_MAX: usize = 1_000;

/// The open device.
pub struct Device {
    file: OwnedFd,
    buffer: Vec<u8>,
}

/// The device's number (Documentation/admin-guide/devices.txt).
pub fn number() -> Dev {
    makedev(1, 11)
}

impl Device {
    /// A device opened without blocking.
    pub fn new(file: OwnedFd) -> Self {
        Self { file, buffer: vec![0; RECORD_BYTES_MAX] }
    }

    /// What to poll.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The next record as the kernel gave it; `None` when there is no further one now.
    pub fn next_record(&mut self) -> Result<Option<&[u8]>, Errno> {
        for _ in 0..OVERTAKEN_MAX {
            match rustix::io::read(&self.file, &mut *self.buffer) {
                Ok(0) | Err(Errno::AGAIN) => return Ok(None),
                Ok(length) => return Ok(self.buffer.get(..length)),
                // Overwritten (`EPIPE`), or longer than the buffer (`EINVAL`): the kernel has moved on, and `SEQ` shows the gap.
                Err(Errno::PIPE | Errno::INVAL | Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(None)
    }
}
