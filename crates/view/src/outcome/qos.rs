//! The class and its reason in words.

use kernel::cgroup_path::QosClass;
use model::outcome::qos::{Gap, PodQos, QosReason, Resource};
use model::reading::Reading;

/// The class as Kubernetes spells it.
#[must_use]
pub const fn class(class: QosClass) -> &'static str {
    match class {
        QosClass::Guaranteed => "Guaranteed",
        QosClass::Burstable => "Burstable",
        QosClass::BestEffort => "BestEffort",
    }
}

/// The class and why.
#[must_use]
pub fn sentence(qos: &Reading<PodQos>) -> String {
    match qos {
        Reading::Value(qos) => format!("{}: {}.", class(qos.class), reason(&qos.reason)),
        Reading::Failed(why) => format!("Not known: {why}."),
        Reading::Absent => "Not known.".to_owned(),
    }
}

fn reason(reason: &QosReason) -> String {
    match reason {
        QosReason::NothingSet => "no container sets a request or a limit of CPU or memory".to_owned(),
        QosReason::EveryContainerEqual => {
            "in every container the CPU and memory requests equal the limits".to_owned()
        }
        QosReason::PodLevelEqual => "the pod's own CPU and memory requests equal its limits".to_owned(),
        QosReason::Container { container, resource, gap: Gap::NoLimit } => {
            format!("container `{container}` has no {} limit", name(*resource))
        }
        QosReason::Container { container, resource, gap: Gap::Differs } => {
            format!("the {} request of container `{container}` is not its limit", name(*resource))
        }
        QosReason::PodLevel { resource, gap: Gap::NoLimit } => {
            format!("the pod's own resources have no {} limit", name(*resource))
        }
        QosReason::PodLevel { resource, gap: Gap::Differs } => {
            format!("the pod's own {} request is not its limit", name(*resource))
        }
    }
}

const fn name(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "CPU",
        Resource::Memory => "memory",
    }
}
