//! Who says that a process was killed for memory.

use kernel::oom_report::report::Part;

/// Where kernel messages were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogSource {
    /// `/dev/kmsg`.
    Ring,
    /// The journal.
    Journal,
    /// A file or standard input.
    File,
}

/// One witness and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The kernel's log.
    KernelLog {
        /// Where it was read.
        source: LogSource,
        /// Parts of the report that are missing from it.
        missing: Vec<Part>,
    },
    /// The cgroup's own counter rose.
    Counter {
        /// Which cgroup.
        path: String,
        /// By how many kills.
        kills: u64,
    },
    /// The cgroup whose limit was hit counted it (`oom` in `memory.events.local`).
    LevelCounter {
        /// Which cgroup.
        path: String,
    },
    /// `/proc/vmstat` counts exactly the kills found.
    Vmstat {
        /// How many.
        kills: u64,
    },
    /// The tracepoint `oom:mark_victim`.
    Tracepoint,
    /// The runtime reported an OOM: a hint, it also reports innocents.
    Runtime,
    /// systemd's `Result=oom-kill`.
    Systemd,
    /// The container ended with this exit code: 137 is SIGKILL by anyone.
    ExitCode {
        /// The code.
        code: i32,
    },
}
