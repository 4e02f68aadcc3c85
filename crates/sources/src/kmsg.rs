//! The kernel's log record by record, from `/dev/kmsg` or a recorded copy of it, without losing count.
//!
//! One `read` gives one record (Documentation/ABI/testing/dev-kmsg). Records that were overwritten before they were read
//! show as a gap in `SEQ`; the kernel also says `EPIPE` there, which adds nothing to the gap.

mod access;
mod device;
pub mod record;
mod recorded;

use crate::host_root::{HostRoot, reason};
use device::Device;
use model::kernel_log::{BootId, KmsgCursor};
use model::reading::Reading;
use record::KernelRecord;
use recorded::RecordedLog;
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmsgStart {
    /// With the oldest record of this boot that the kernel still has.
    SinceBoot,
    /// Behind a record that was read before; in another boot, as [`KmsgStart::SinceBoot`].
    After(KmsgCursor),
    /// With the next record that will be written.
    OnlyNew,
}

/// What one step gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KmsgStep {
    /// A record.
    Record(KernelRecord),
    /// So many records were overwritten before they were read; they stood before the next record.
    Lost(u64),
    /// Everything has been read.
    Quiet,
}

/// Why the kernel's log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KmsgError {
    /// There is no such file.
    #[error("{}: not there; a container needs `--device /dev/kmsg`", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The kernel does not let this process read it.
    #[error("{}: {why}", path.display())]
    Denied {
        /// The file.
        path: PathBuf,
        /// What is missing, and what gives it.
        why: String,
    },
    /// The file is something else: in LXC it may be the console.
    #[error("{}: expected the kernel's log (character device 1:11), found {found}", path.display())]
    NotTheLog {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// Reading failed.
    #[error("{}: {}", path.display(), reason(&io::Error::from(*errno)))]
    Failed {
        /// The file.
        path: PathBuf,
        /// The kernel's answer.
        errno: Errno,
    },
}

/// A reader of the kernel's log.
pub struct Kmsg {
    path: PathBuf,
    medium: Medium,
    boot_id: Option<BootId>,
    /// The `SEQ` that the next record has when none was lost.
    expected: u64,
    /// Records up to this one were read in an earlier life.
    known: Option<u64>,
    last: Option<u64>,
    held: Option<KernelRecord>,
    damaged: u64,
}

enum Medium {
    Device(Device),
    Recorded(RecordedLog),
}

impl Kmsg {
    /// Opens the log of the machine at `root`.
    ///
    /// # Errors
    /// When it is not there or may not be read; the error says what is missing.
    pub fn open(root: &HostRoot, start: KmsgStart) -> Result<Self, KmsgError> {
        let path = root.path("/dev/kmsg");
        let medium = open_medium(root, &path)?;
        let boot_id = boot_id(root);
        let known = match start {
            KmsgStart::After(cursor) if Some(cursor.boot_id) == boot_id => Some(cursor.sequence),
            KmsgStart::After(_) | KmsgStart::SinceBoot | KmsgStart::OnlyNew => None,
        };
        let expected = known.map_or(0, |known| known.saturating_add(1));
        let mut kmsg = Self { path, medium, boot_id, expected, known, last: None, held: None, damaged: 0 };
        if start == KmsgStart::OnlyNew {
            while kmsg.step()? != KmsgStep::Quiet {}
            kmsg.damaged = 0;
        }
        Ok(kmsg)
    }

    /// The next record, a loss, or quiet; never waits.
    ///
    /// # Errors
    /// When reading fails.
    pub fn step(&mut self) -> Result<KmsgStep, KmsgError> {
        if let Some(record) = self.held.take() {
            return Ok(self.deliver(record));
        }
        loop {
            let raw = match &mut self.medium {
                Medium::Device(device) => device.next_record(),
                Medium::Recorded(log) => log.next_record(),
            };
            let raw = raw.map_err(|errno| KmsgError::Failed { path: self.path.clone(), errno })?;
            let Some(raw) = raw else {
                // What comes now is new even if its number is not: the log went back with a machine's snapshot.
                self.known = None;
                return Ok(KmsgStep::Quiet);
            };
            let Some(record) = KernelRecord::parse(raw) else {
                self.damaged += 1;
                continue;
            };
            if self.known.is_some_and(|known| record.sequence <= known) {
                continue;
            }
            let lost = record.sequence.saturating_sub(self.expected);
            if lost > 0 {
                self.held = Some(record);
                return Ok(KmsgStep::Lost(lost));
            }
            return Ok(self.deliver(record));
        }
    }

    fn deliver(&mut self, record: KernelRecord) -> KmsgStep {
        self.expected = record.sequence.saturating_add(1);
        self.last = Some(record.sequence);
        KmsgStep::Record(record)
    }

    /// How far the log was read, to begin behind it next time. `None` when nothing was, or the boot has no name.
    #[must_use]
    pub fn cursor(&self) -> Option<KmsgCursor> {
        let sequence = self.last.or(self.known)?;
        Some(KmsgCursor { boot_id: self.boot_id?, sequence })
    }

    /// The boot whose log it is.
    #[must_use]
    pub const fn boot_id(&self) -> Option<BootId> {
        self.boot_id
    }

    /// Records that did not have the form of one.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// What to poll for the next record. A recorded log has nothing: it is always readable.
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.medium {
            Medium::Device(device) => Some(device.descriptor()),
            Medium::Recorded(_) => None,
        }
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The name of the running boot.
#[must_use]
pub fn boot_id(root: &HostRoot) -> Option<BootId> {
    match root.text("/proc/sys/kernel/random/boot_id") {
        Reading::Value(text) => BootId::parse(&text),
        Reading::Absent | Reading::Failed(_) => None,
    }
}

fn open_medium(root: &HostRoot, path: &Path) -> Result<Medium, KmsgError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => KmsgError::Absent { path: path.to_owned() },
        Errno::ACCESS | Errno::PERM => {
            KmsgError::Denied { path: path.to_owned(), why: access::what_is_missing(root, errno) }
        }
        _ => KmsgError::Failed { path: path.to_owned(), errno },
    })?;
    let stat =
        rustix::fs::fstat(&file).map_err(|errno| KmsgError::Failed { path: path.to_owned(), errno })?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    let is_log = kind == FileType::CharacterDevice && stat.st_rdev == device::number();
    match kind {
        _ if is_log => Ok(Medium::Device(Device::new(file))),
        FileType::RegularFile => Ok(Medium::Recorded(RecordedLog::new(file))),
        _ => Err(KmsgError::NotTheLog {
            path: path.to_owned(),
            found: access::kind_in_words(kind, stat.st_rdev),
        }),
    }
}
