//! What becomes of a container when it runs: its class, its memory files, its swap, its heap, and what its last end proves.

pub mod docker;
pub mod eviction;
pub mod heap;
pub mod node;
pub mod protection;
pub mod qos;
pub mod swap;
pub mod termination;

use crate::outcome::heap::HeapJudgement;
use crate::outcome::qos::PodQos;
use crate::outcome::swap::SwapDecision;
use crate::outcome::termination::End;
use crate::reading::Reading;
use crate::workload::ContainerRole;
use kernel::bytes::Bytes;
use kernel::limit::Limit;

/// What becomes of one container of a manifest on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerOutcome {
    /// `metadata.namespace`, as far as the file tells.
    pub namespace: Option<String>,
    /// `Deployment`, `Pod`, …
    pub kind: String,
    /// `metadata.name`; nothing where the file has none.
    pub workload: Option<String>,
    /// The container.
    pub container: String,
    /// When it runs.
    pub role: ContainerRole,
    /// The file.
    pub file: String,
    /// The line of the container in the file.
    pub line: usize,
    /// Memory request and limit after the API server's defaults.
    pub memory: Reading<MemoryResources>,
    /// The pod's class, and why.
    pub qos: Reading<PodQos>,
    /// What the kubelet and the runtime write.
    pub files: MemoryFiles,
    /// Whether it may swap, how much, and why.
    pub swap: Reading<SwapDecision>,
    /// Heaps of language runtimes against the limit.
    pub heaps: Vec<HeapJudgement>,
    /// How it ended, where the object is a live one.
    pub ends: Vec<End>,
    /// How often it was restarted, where the object is a live one.
    pub restarts: Option<u64>,
    /// The cluster holds other resources than the specification asks for: a resize is pending or was refused.
    pub resize_pending: bool,
}

/// Memory request and limit of a container, in whole bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryResources {
    /// The request.
    pub request: Option<Bytes>,
    /// The limit of the container itself.
    pub limit: Option<Bytes>,
    /// The limit of the pod, where the container has none of its own.
    pub inherited_limit: Option<Bytes>,
    /// The file has no request: the API server copies the limit.
    pub request_is_limit: bool,
}

/// The memory files of a container's cgroup, as the kernel holds them: whole pages.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryFiles {
    /// `memory.min`; absent on cgroup v1.
    pub min: Reading<Bytes>,
    /// `memory.low`; absent on cgroup v1.
    pub low: Reading<Bytes>,
    /// `memory.high`; absent on cgroup v1.
    pub high: Reading<Limit>,
    /// `memory.max`; on v1 `memory.limit_in_bytes`.
    pub max: Reading<Limit>,
    /// `memory.oom.group`; absent on cgroup v1.
    pub oom_group: Reading<bool>,
}
