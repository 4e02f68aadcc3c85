//! A pod's quality of service, and what decided it.

use kernel::cgroup_path::QosClass;

/// A class with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodQos {
    /// The class.
    pub class: QosClass,
    /// What decided it.
    pub reason: QosReason,
}

/// What decided the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QosReason {
    /// `BestEffort`: nobody sets a request or a limit of CPU or memory.
    NothingSet,
    /// `Guaranteed`: every container, init containers included, has CPU and memory requests equal to its limits.
    EveryContainerEqual,
    /// `Guaranteed`: the pod's own resources are equal.
    PodLevelEqual,
    /// `Burstable`: this container is the first whose request differs from its limit.
    Container {
        /// Its name.
        container: String,
        /// Of what.
        resource: Resource,
        /// How.
        gap: Gap,
    },
    /// `Burstable`: the pod's own resources differ.
    PodLevel {
        /// Of what.
        resource: Resource,
        /// How.
        gap: Gap,
    },
}

/// What counts for the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `cpu`.
    Cpu,
    /// `memory`.
    Memory,
}

/// Why a container is not Guaranteed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gap {
    /// It has no limit.
    NoLimit,
    /// Its request is not its limit.
    Differs,
}
