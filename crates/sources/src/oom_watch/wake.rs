//! Blocking until one of the things that may wake the watch does.

use super::v1_notification;
use crate::kmsg::Kmsg;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use rustix::time::Timespec;
use std::time::Duration;

/// What woke the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The kernel's log has a record.
    Log,
    /// A file of a cgroup changed.
    Cgroups,
    /// v1 says that a cgroup is out of memory, or is gone.
    V1,
    /// The time is over.
    Time,
    /// Whoever uses the watch wants something else.
    Caller,
    /// A signal came.
    Interrupted,
}

/// Everything that may wake the watch.
pub struct Wakers<'a> {
    /// The kernel's log.
    pub log: Option<BorrowedFd<'a>>,
    /// A recorded log, which may grow.
    pub log_growth: Option<&'a LogGrowth>,
    /// Inotify on every cgroup.
    pub cgroups: Option<BorrowedFd<'a>>,
    /// The eventfd of cgroup v1.
    pub v1: Option<BorrowedFd<'a>>,
    /// The bell of whoever uses the watch.
    pub caller: Option<BorrowedFd<'a>>,
}

impl Wakers<'_> {
    /// Blocks for at most `timeout`. The log outweighs the others: it is handed over first.
    pub fn block(&self, timeout: Duration) -> Wake {
        let growth = self.log_growth.map(|growth| growth.inotify.as_fd());
        let sources = [
            (self.log, Wake::Log),
            (growth, Wake::Log),
            (self.caller, Wake::Caller),
            (self.v1, Wake::V1),
            (self.cgroups, Wake::Cgroups),
        ];
        let sources: Vec<(BorrowedFd<'_>, Wake)> =
            sources.into_iter().filter_map(|(descriptor, wake)| Some((descriptor?, wake))).collect();
        let mut polled: Vec<PollFd<'_>> = sources
            .iter()
            .map(|(descriptor, _)| PollFd::from_borrowed_fd(*descriptor, PollFlags::IN))
            .collect();
        match poll(&mut polled, Some(&timespec(timeout))) {
            Err(Errno::INTR) => return Wake::Interrupted,
            Ok(0) | Err(_) => return Wake::Time,
            Ok(_) => {}
        }
        let woken = polled.iter().zip(&sources).find(|(polled, _)| !polled.revents().is_empty());
        let wake = woken.map_or(Wake::Time, |(_, (_, wake))| *wake);
        if let (Wake::Log, Some(growth)) = (wake, self.log_growth) {
            growth.rearm();
        }
        wake
    }
}

/// Tells that a recorded log grew.
pub struct LogGrowth {
    inotify: OwnedFd,
}

impl LogGrowth {
    /// For a log that cannot be polled.
    pub fn of(kmsg: &Kmsg) -> Option<Self> {
        if kmsg.descriptor().is_some() {
            return None;
        }
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        inotify::add_watch(&inotify, kmsg.path(), WatchFlags::MODIFY).ok()?;
        Some(Self { inotify })
    }

    fn rearm(&self) {
        v1_notification::drain(self.inotify.as_fd());
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
