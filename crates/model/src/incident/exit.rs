//! What an exit code says about memory, and what it does not.

use crate::incident::IncidentId;

/// What an exit code, held against the incidents of the container, means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitVerdict {
    /// SIGKILL, and the kernel killed for memory here at that time.
    OomKilled(IncidentId),
    /// The kernel killed for memory here, yet the container ended otherwise: a child died, and the first process ended by itself.
    OomWithout137(IncidentId),
    /// The runtime noticed an OOM kill, and nothing else tells of it any more.
    OomByRuntimeAlone,
    /// SIGKILL, and every witness of OOM kills was heard and knows of none: somebody else sent it.
    KilledBySomebody,
    /// SIGKILL, and not every witness could be heard.
    MaybeOomKilled,
    /// The program ran out of its own memory limit and ended itself: no kill by the kernel.
    OutOfOwnMemory(Language),
    /// Nothing about memory.
    NotMemory,
}

/// Language runtimes that have a memory limit of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Java's virtual machine: `-XX:+ExitOnOutOfMemoryError` exits with 3.
    Jvm,
    /// Node.js: V8 aborts with 134.
    Node,
    /// Go: a fatal error exits with 2.
    Go,
}

/// Whoever else sends SIGKILL to containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KillSender {
    /// `docker stop` and `docker restart`, ten seconds after SIGTERM.
    StopTimeout,
    /// The kubelet: a failed liveness or startup probe, when the grace period is over.
    Probe,
    /// The kubelet: eviction for memory, disk or process numbers.
    Eviction,
    /// `kubectl delete --force`, a drained node, a pod preempted.
    Deletion,
    /// systemd-oomd, earlyoom, nohang, Talos: kills for memory by a program, not by the kernel.
    UserspaceOomKiller,
    /// `kill -9` or `docker kill`.
    Somebody,
}

impl KillSender {
    /// All of them, likeliest first.
    pub const ALL: [Self; 6] = [
        Self::StopTimeout,
        Self::Probe,
        Self::Eviction,
        Self::Deletion,
        Self::UserspaceOomKiller,
        Self::Somebody,
    ];
}
