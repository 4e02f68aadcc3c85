//! How a container ended, as the cluster tells it, and what that proves about memory.

/// One end of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Which of the states that an object keeps.
    pub which: WhichEnd,
    /// `reason`, as it is written.
    pub reason: Option<String>,
    /// `exitCode`.
    pub exit_code: Option<i64>,
    /// `finishedAt`.
    pub finished_at: Option<String>,
    /// What it proves.
    pub proof: OomProof,
}

/// Which of the two ends an object keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhichEnd {
    /// `state.terminated`: it stands still now.
    Current,
    /// `lastState.terminated`: it was restarted since.
    Last,
}

/// What an end proves about an OOM kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OomProof {
    /// The runtime heard of the kill: `OOMKilled`.
    Proven,
    /// `OOMKilled`, but the first process ended by itself: a child was killed.
    ProvenInChild,
    /// SIGKILL without `OOMKilled`, and the container's other end was an OOM kill.
    Likely,
    /// SIGKILL without `OOMKilled`: a kill that the runtime missed looks the same, and so does everybody else's SIGKILL.
    Possible,
    /// The first process was not killed. A child may have been; nothing here would tell.
    NotFirstProcess,
    /// The kubelet lost sight of it: a reboot, or a runtime that was restarted.
    LostSight,
    /// The object does not say how it ended.
    NotTold,
}
