//! One eventfd that every cgroup of v1 rings when it is out of memory (Documentation/admin-guide/cgroup-v1/memory.rst, 10).
//!
//! It is a wake-up only: it rings before the kill, for every cgroup below the one whose limit was hit, innocents included, and
//! when a cgroup goes. Registering is a write to `cgroup.event_control` that changes nothing and ends with this process.

use super::is_v1;
use crate::cgroup::hierarchy;
use crate::host_root::{HostRoot, RootKind, reason};
use model::cgroup::CgroupId;
use model::snapshot::{Missing, Snapshot};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::io;

/// The eventfd, and who rings it.
pub struct V1Notification {
    eventfd: OwnedFd,
    hierarchy: OwnedFd,
    registered: HashSet<CgroupId>,
    is_complete: bool,
}

impl V1Notification {
    /// Registers every cgroup. `None` on cgroup v2 and recorded machines, and where it is not allowed, which is then missing.
    pub fn new(root: &HostRoot, snapshot: &Snapshot, missing: &mut Vec<Missing>) -> Option<Self> {
        if !is_v1(snapshot) || root.kind() == RootKind::Recorded {
            return None;
        }
        let folder = hierarchy::find(root).memory.ok()?.folder;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = open(&folder, flags, Mode::empty()).and_then(|hierarchy| {
            let eventfd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            let mut notification = Self { eventfd, hierarchy, registered: HashSet::new(), is_complete: true };
            notification.register_all(snapshot)?;
            Ok(notification)
        });
        match opened {
            Ok(notification) => Some(notification),
            Err(errno) => {
                let why = reason(&io::Error::from(errno));
                missing.push(Missing {
                    what:
                        "wake-ups of cgroup v1 when memory runs out; counters are read every second instead"
                            .to_owned(),
                    why: format!("{}/cgroup.event_control: {why}", folder.display()),
                });
                None
            }
        }
    }

    /// Registers cgroups that are new. One that went in between is left out.
    pub fn register(&mut self, snapshot: &Snapshot) {
        // Who may register one may register all: a later refusal means that the cgroup is gone, or that descriptors ran out.
        self.is_complete = self.register_all(snapshot).is_ok();
        let present: HashSet<CgroupId> = snapshot.cgroups.iter().map(|cgroup| cgroup.id).collect();
        self.registered.retain(|id| present.contains(id));
    }

    /// Whether every cgroup was registered that was there the last time.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn register_all(&mut self, snapshot: &Snapshot) -> Result<(), Errno> {
        for cgroup in &snapshot.cgroups {
            if self.registered.contains(&cgroup.id) {
                continue;
            }
            match self.register_one(&cgroup.path) {
                Ok(()) => {
                    self.registered.insert(cgroup.id);
                }
                Err(Errno::NOENT | Errno::NODEV) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    fn register_one(&self, path: &str) -> Result<(), Errno> {
        let file =
            |name: &str| format!("{}/{name}", path.trim_matches('/')).trim_start_matches('/').to_owned();
        let watched = OFlags::RDONLY | OFlags::CLOEXEC;
        let oom_control = openat(&self.hierarchy, file("memory.oom_control"), watched, Mode::empty())?;
        let written = OFlags::WRONLY | OFlags::CLOEXEC;
        let event_control = openat(&self.hierarchy, file("cgroup.event_control"), written, Mode::empty())?;
        // The kernel takes what it needs from both descriptors, so they may be closed behind this.
        let order = format!("{} {}", self.eventfd.as_raw_fd(), oom_control.as_raw_fd());
        rustix::io::write(&event_control, order.as_bytes()).map(drop)
    }

    /// What to poll.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.eventfd.as_fd()
    }

    /// Makes it ready for the next ring.
    pub fn rearm(&self) {
        drain(self.eventfd.as_fd());
    }
}

/// Empties a descriptor that does not block.
pub fn drain(descriptor: BorrowedFd<'_>) {
    let mut buffer = [0_u8; 4096];
    // An eventfd is empty after one read and says so at the next; inotify gives as many events as fit.
    while rustix::io::read(descriptor, &mut buffer).is_ok_and(|length| length > 0) {}
}
