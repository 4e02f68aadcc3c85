//! The tracepoint `oom:mark_victim`, read from an instance of tracefs that somebody made for it.
//!
//! Switching a tracepoint on, or making an instance, changes the machine: memory is set aside for every processor, and it stays
//! when this program ends. So it is left to whoever may change machines, and here it is only read when it is there:
//!
//! ```text
//! mkdir /sys/kernel/tracing/instances/highwater
//! echo 1 >/sys/kernel/tracing/instances/highwater/events/oom/mark_victim/enable
//! ```
//!
//! Reading takes the events out of that instance; other instances, and the machine's own buffer, are not touched. A poll of
//! `trace_pipe` wakes late (`buffer_percent`), so it is read when the watch looks anyway: a second witness, not a wake-up.

use crate::host_root::{HostRoot, RootKind, reason};
use kernel::mark_victim::MarkedVictim;
use model::snapshot::Missing;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use std::io;

/// Where it is read.
const INSTANCE: &str = "/sys/kernel/tracing/instances/highwater";

/// As much as is read at once.
const BUFFER_BYTES: usize = 16 * 1024;

/// An open `trace_pipe`.
pub struct MarkVictim {
    pipe: OwnedFd,
    /// The start of a line that was not read to its end.
    rest: Vec<u8>,
}

impl MarkVictim {
    /// Opens the instance. `None` when nobody made one, or the tracepoint is off in it, which is then missing.
    #[must_use]
    pub fn open(root: &HostRoot, missing: &mut Vec<Missing>) -> Option<Self> {
        let enabled = root.text(&format!("{INSTANCE}/events/oom/mark_victim/enable"));
        let mut refuse =
            |why: String| missing.push(Missing { what: "the tracepoint oom:mark_victim".to_owned(), why });
        match enabled.value().map(|text| text.trim()) {
            None => return None,
            Some("1") => {}
            Some(found) => {
                refuse(format!("{INSTANCE}/events/oom/mark_victim/enable: expected `1`, found `{found}`"));
                return None;
            }
        }
        // A recorded pipe is a plain file.
        let wanted = match root.kind() {
            RootKind::Live => OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
            RootKind::Recorded => OFlags::RDONLY | OFlags::CLOEXEC,
        };
        match open(root.path(&format!("{INSTANCE}/trace_pipe")), wanted, Mode::empty()) {
            Ok(pipe) => Some(Self { pipe, rest: Vec::new() }),
            Err(errno) => {
                refuse(format!("{INSTANCE}/trace_pipe: {}", reason(&io::Error::from(errno))));
                None
            }
        }
    }

    /// Every victim that was marked since the last call, without waiting.
    pub fn victims(&mut self) -> Vec<MarkedVictim> {
        let mut victims = Vec::new();
        let mut buffer = [0; BUFFER_BYTES];
        loop {
            let length = match rustix::io::read(&self.pipe, &mut buffer) {
                Ok(0) => return victims,
                Ok(length) => length,
                Err(Errno::INTR) => continue,
                // Nothing more, or somebody removed the instance: the other witnesses go on.
                Err(_) => return victims,
            };
            self.rest.extend_from_slice(buffer.get(..length).unwrap_or_default());
            let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            let lines: Vec<u8> = self.rest.drain(..end).collect();
            victims.extend(String::from_utf8_lossy(&lines).lines().filter_map(MarkedVictim::parse));
            if self.rest.len() > BUFFER_BYTES {
                self.rest.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INSTANCE, MarkVictim};
    use crate::host_root::HostRoot;
    use std::fs;

    #[test]
    fn only_an_instance_that_somebody_made_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = HostRoot::new(folder.path());
        let mut missing = Vec::new();
        assert!(MarkVictim::open(&root, &mut missing).is_none());
        assert_eq!(missing, [], "nobody asked for it");

        let switch = root.path(&format!("{INSTANCE}/events/oom/mark_victim/enable"));
        fs::create_dir_all(switch.parent().unwrap()).unwrap();
        fs::write(&switch, "0\n").unwrap();
        assert!(MarkVictim::open(&root, &mut missing).is_none());
        assert!(missing[0].why.ends_with("expected `1`, found `0`"));

        fs::write(&switch, "1\n").unwrap();
        let lines = " x-7 [000] ..... 1.5: mark_victim: pid=7\nCPU:0 [LOST 2 EVENTS]\n y-8 [000] ..... 1.6: mark_victim: pid=8\n";
        fs::write(root.path(&format!("{INSTANCE}/trace_pipe")), lines).unwrap();
        let mut pipe = MarkVictim::open(&root, &mut missing).unwrap();
        let pids: Vec<u32> = pipe.victims().into_iter().map(|victim| victim.pid).collect();
        assert_eq!(pids, [7, 8]);
        assert_eq!(pipe.victims(), []);
    }
}
