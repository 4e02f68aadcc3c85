//! A container: who a cgroup is, beyond its path.

use crate::declared::Declared;
use crate::reading::Reading;
use crate::snapshot::Timestamp;
use kernel::cgroup_path::{ContainerId, PodRef, Runtime};
use std::fmt;

/// A container as its runtime knows it; from the path alone when no runtime answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The full id, or LXC's and nspawn's name.
    pub id: ContainerId,
    /// Which runtime made the cgroup.
    pub runtime: Runtime,
    /// The runtime's name for it, without Docker's leading slash.
    pub name: Reading<String>,
    /// The image it was started from.
    pub image: Reading<String>,
    /// Compose's project and service, from the container's labels.
    pub compose: Option<ComposeService>,
    /// The pod it belongs to.
    pub pod: Option<PodRef>,
    /// Its names in Kubernetes, where the kubelet's log folders tell them.
    pub pod_container: Option<PodContainer>,
    /// The limits it was given.
    pub declared: Reading<Declared>,
    /// The first process, as the host numbers it.
    pub pid: Reading<u32>,
}

/// A pod's names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodName {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodContainer {
    /// The pod.
    pub pod: PodName,
    /// The container's name in the pod; the sandbox has none.
    pub container: Option<String>,
}

impl fmt::Display for PodName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for PodContainer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.container {
            Some(container) => write!(out, "{}/{container}", self.pod),
            None => write!(out, "{}", self.pod),
        }
    }
}

/// A service of a Compose project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeService {
    /// `com.docker.compose.project`.
    pub project: String,
    /// `com.docker.compose.service`.
    pub service: String,
}

/// What a runtime says of one of its containers, before it is joined with a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeRecord {
    /// The full container id.
    pub id: String,
    /// Without the leading slash.
    pub name: Reading<String>,
    /// As the user wrote it.
    pub image: Reading<String>,
    /// From the labels.
    pub compose: Option<ComposeService>,
    /// From `HostConfig`.
    pub declared: Reading<Declared>,
    /// From `State`.
    pub pid: Reading<u32>,
}

/// A container that has ended, as its engine remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedContainer {
    /// Who it was.
    pub container: Container,
    /// The exit code of its first process.
    pub exit_code: i32,
    /// Whether the engine noticed an OOM kill in it: Docker's `OOMKilled`.
    pub oom_killed: bool,
    /// When it ended.
    pub ended_at: Reading<Timestamp>,
}

impl Container {
    /// A container of which only its runtime tells, because its cgroup is gone or was never seen.
    #[must_use]
    pub fn of_record(runtime: Runtime, record: RuntimeRecord) -> Self {
        Self {
            id: ContainerId(record.id),
            runtime,
            name: record.name,
            image: record.image,
            compose: record.compose,
            pod: None,
            pod_container: None,
            declared: record.declared,
            pid: record.pid,
        }
    }
}
