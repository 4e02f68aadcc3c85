//! Pods and containers as a manifest declares them, each field with its place.

use crate::document::{Span, Spanned};
use kernel::bytes::Bytes;

/// An object of Kubernetes that has or makes pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The number of its document in the file.
    pub document: usize,
    /// `Pod`, `Deployment`, …
    pub kind: String,
    /// `metadata.name`, or `generateName`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// Labels of the pod template, or of the pod itself.
    pub labels: Vec<(Spanned<String>, Spanned<String>)>,
    /// Annotations of the pod template, or of the pod itself.
    pub annotations: Vec<(Spanned<String>, Spanned<String>)>,
    /// The pod.
    pub pod: PodSpec,
}

/// A pod's specification.
#[derive(Clone, Debug)]
pub struct PodSpec {
    /// The `spec` mapping.
    pub span: Span,
    /// Containers of every role in the order of the file.
    pub containers: Vec<ContainerSpec>,
    /// `spec.resources`: pod-level resources. Few pods have them.
    pub resources: Option<Box<Resources>>,
    /// `priorityClassName`.
    pub priority_class: Option<Spanned<String>>,
    /// `priority`, as the API server fills it in.
    pub priority: Option<Spanned<i64>>,
    /// Volumes in memory: `emptyDir` with `medium: Memory`.
    pub memory_volumes: Vec<MemoryVolume>,
    /// Whether it is a static or mirror pod: `kubernetes.io/config.source` is not `api`, or `kubernetes.io/config.mirror` is there.
    pub is_static: bool,
}

impl PodSpec {
    /// The resources of its containers, and those of the pod itself.
    pub fn all_resources(&self) -> impl Iterator<Item = &Resources> {
        let of_containers = self.containers.iter().map(|container| &container.resources);
        of_containers.chain(self.resources.as_deref())
    }
}

/// An `emptyDir` in memory.
#[derive(Clone, Debug)]
pub struct MemoryVolume {
    /// The volume's name.
    pub name: Spanned<String>,
    /// The `emptyDir` mapping.
    pub span: Span,
    /// `sizeLimit`.
    pub size_limit: Option<Spanned<Amount>>,
}

/// A container's specification, and its last state where the object is a live one.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    /// Its name.
    pub name: Spanned<String>,
    /// The whole mapping.
    pub span: Span,
    /// When it runs.
    pub role: ContainerRole,
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `command` and `args`, word by word.
    pub command: Vec<Spanned<String>>,
    /// Environment variables with a literal value.
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `resources`.
    pub resources: Resources,
    /// `resizePolicy` of memory.
    pub memory_resize_policy: Option<Spanned<String>>,
    /// Names of volumes that it mounts.
    pub mounts: Vec<Spanned<String>>,
    /// What the cluster says of it; manifests do not have it.
    pub status: Option<Box<ContainerStatus>>,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerRole {
    /// In `containers`.
    App,
    /// In `initContainers`, ends before the others start.
    Init,
    /// In `initContainers` with `restartPolicy: Always`.
    Sidecar,
    /// In `ephemeralContainers`.
    Ephemeral,
}

impl ContainerRole {
    /// Whether it runs as long as the pod does: init containers have ended when the others run, and ephemeral ones are no part of
    /// what is requested.
    #[must_use]
    pub const fn is_lasting(self) -> bool {
        match self {
            Self::App | Self::Sidecar => true,
            Self::Init | Self::Ephemeral => false,
        }
    }
}

/// `resources` of a container or a pod.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// The mapping; `None` when there is none.
    pub span: Option<Span>,
    /// `requests`.
    pub requests: ResourceList,
    /// `limits`.
    pub limits: ResourceList,
}

/// `requests` or `limits`.
#[derive(Clone, Debug, Default)]
pub struct ResourceList {
    /// The mapping; `None` when there is none.
    pub span: Option<Span>,
    /// `cpu`.
    pub cpu: Option<Spanned<Amount>>,
    /// `memory`.
    pub memory: Option<Spanned<Amount>>,
}

/// A quantity as it is written, and what Kubernetes makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The text.
    pub text: String,
    /// Thousandths; `None` when Kubernetes would refuse the text, or a template stands there.
    pub milli: Option<i128>,
}

impl Amount {
    /// Whole bytes, rounded up as Kubernetes does (`Quantity.Value`); `None` when it is unreadable or negative.
    #[must_use]
    pub fn bytes(&self) -> Option<Bytes> {
        let milli = u128::try_from(self.milli?).ok()?;
        u64::try_from(milli.div_ceil(1_000)).ok().map(Bytes)
    }
}

/// `status.containerStatuses` of one container.
#[derive(Clone, Debug, Default)]
pub struct ContainerStatus {
    /// How often it was restarted.
    pub restarts: Option<u64>,
    /// `state.terminated`.
    pub terminated: Option<Termination>,
    /// `lastState.terminated`.
    pub last_terminated: Option<Termination>,
    /// `state.waiting.reason`.
    pub waiting_reason: Option<Spanned<String>>,
    /// `resources` as they are in force, which a pending resize makes differ from the specification.
    pub resources: Option<Resources>,
}

/// How a container ended.
#[derive(Clone, Debug)]
pub struct Termination {
    /// The mapping.
    pub span: Span,
    /// `reason`.
    pub reason: Option<String>,
    /// `exitCode`.
    pub exit_code: Option<i64>,
    /// `signal`.
    pub signal: Option<i64>,
    /// `finishedAt`.
    pub finished_at: Option<String>,
}
