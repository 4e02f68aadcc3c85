//! One inotify watch per cgroup directory: limits that were written, counters that moved, cgroups that came and went.
//!
//! A write to a limit file and `kernfs_notify` on an events file both reach a watch on the *directory*
//! (`fs/kernfs/file.c`, `kernfs_notify_workfn`), so one watch does for all files of a cgroup.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::path::Path;

/// Watches on the cgroups of one hierarchy.
pub struct CgroupWatch {
    inotify: OwnedFd,
    watched: HashMap<i32, String>,
    descriptors: HashMap<String, i32>,
}

/// Something that happened to a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CgroupChange {
    /// A limit or a counter of this cgroup was written or notified.
    File {
        /// The cgroup's path.
        cgroup: String,
        /// The file's name.
        file: String,
    },
    /// A cgroup was made.
    Made(String),
    /// A cgroup is gone.
    Gone(String),
    /// The kernel dropped events: everything has to be looked at again.
    Overflow,
}

impl CgroupWatch {
    /// An empty set of watches.
    ///
    /// # Errors
    /// When the user's inotify instances are used up (`fs.inotify.max_user_instances`).
    pub fn new() -> Result<Self, Errno> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { inotify, watched: HashMap::new(), descriptors: HashMap::new() })
    }

    /// Watches one cgroup.
    ///
    /// # Errors
    /// When it is gone, or the user's watches are used up (`fs.inotify.max_user_watches`).
    pub fn add(&mut self, folder: &Path, cgroup: &str) -> Result<(), Errno> {
        let wanted = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::ONLYDIR;
        let directory = folder.join(cgroup.trim_start_matches('/'));
        let descriptor = inotify::add_watch(&self.inotify, directory, wanted)?;
        self.watched.insert(descriptor, cgroup.to_owned());
        self.descriptors.insert(cgroup.to_owned(), descriptor);
        Ok(())
    }

    /// Forgets a cgroup that is gone; the kernel has removed its watch.
    pub fn forget(&mut self, cgroup: &str) {
        if let Some(descriptor) = self.descriptors.remove(cgroup) {
            self.watched.remove(&descriptor);
        }
    }

    /// What to poll: readable when something has happened.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// What has happened since the last call, without waiting.
    pub fn changes(&mut self) -> Vec<CgroupChange> {
        let mut changes = Vec::new();
        let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let flags = event.events();
                    if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
                        changes.push(CgroupChange::Overflow);
                        continue;
                    }
                    let Some(cgroup) = self.watched.get(&event.wd()) else { continue };
                    let name = event.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
                    changes.extend(change(cgroup, &name, flags));
                }
                Err(Errno::INTR) => {}
                Err(_) => return changes,
            }
        }
    }
}

fn change(cgroup: &str, name: &str, flags: ReadFlags) -> Option<CgroupChange> {
    let child = || format!("{}/{name}", cgroup.trim_end_matches('/'));
    if flags.contains(ReadFlags::ISDIR) {
        let is_made = flags.contains(ReadFlags::CREATE);
        let is_gone = flags.contains(ReadFlags::DELETE);
        return is_made
            .then(|| CgroupChange::Made(child()))
            .or_else(|| is_gone.then(|| CgroupChange::Gone(child())));
    }
    let is_news = flags.contains(ReadFlags::MODIFY) && tells_something(name);
    is_news.then(|| CgroupChange::File { cgroup: cgroup.to_owned(), file: name.to_owned() })
}

/// A runtime moves processes (`cgroup.procs`) all day, and who waits for pressure writes to `memory.pressure`: neither is a
/// limit or a counter.
fn tells_something(file: &str) -> bool {
    file.starts_with("memory.") && !matches!(file, "memory.pressure" | "memory.stat")
}
