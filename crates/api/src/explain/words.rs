//! Words of `explain`'s documents: a promise to scripts.

use model::incident::exit::Language;
use model::outcome::docker::{Engine, Refuser};
use model::outcome::heap::HeapVerdict;
use model::outcome::protection::ProtectionRule;
use model::outcome::qos::QosReason;
use model::outcome::swap::SwapReason;
use model::outcome::termination::{OomProof, WhichEnd};
use model::workload::ContainerRole;

pub const fn role(role: ContainerRole) -> &'static str {
    match role {
        ContainerRole::App => "app",
        ContainerRole::Init => "init",
        ContainerRole::Sidecar => "sidecar",
        ContainerRole::Ephemeral => "ephemeral",
    }
}

pub const fn qos_reason(reason: &QosReason) -> &'static str {
    match reason {
        QosReason::NothingSet => "nothing_set",
        QosReason::EveryContainerEqual => "every_container_equal",
        QosReason::PodLevelEqual => "pod_level_equal",
        QosReason::Container { .. } => "container_differs",
        QosReason::PodLevel { .. } => "pod_level_differs",
    }
}

pub const fn swap_reason(reason: &SwapReason) -> &'static str {
    match reason {
        SwapReason::NoSwapController => "no_swap_controller",
        SwapReason::GateOff => "feature_gate_off",
        SwapReason::BehaviorNoSwap => "no_swap",
        SwapReason::BehaviorRemoved => "unlimited_swap_removed",
        SwapReason::CgroupV1 => "cgroup_v1",
        SwapReason::CriticalPod(_) => "critical_pod",
        SwapReason::NotBurstable(_) => "not_burstable",
        SwapReason::NoMemoryRequest => "no_memory_request",
        SwapReason::RequestEqualsLimit { .. } => "request_equals_limit",
        SwapReason::RequestAboveNodeMemory => "request_above_node_memory",
        SwapReason::TogetherWithMemory => "together_with_memory",
        SwapReason::Share => "limited_swap",
        SwapReason::Unlimited => "unlimited_swap",
    }
}

pub const fn language(language: Language) -> &'static str {
    match language {
        Language::Jvm => "jvm",
        Language::Node => "node",
        Language::Go => "go",
    }
}

pub const fn heap_verdict(verdict: HeapVerdict) -> &'static str {
    match verdict {
        HeapVerdict::ReachesLimit => "reaches_limit",
        HeapVerdict::LittleRoom => "little_room",
        HeapVerdict::Fits => "fits",
        HeapVerdict::NoLimit => "no_limit",
    }
}

pub const fn which_end(which: WhichEnd) -> &'static str {
    match which {
        WhichEnd::Current => "current",
        WhichEnd::Last => "last",
    }
}

pub const fn proof(proof: OomProof) -> &'static str {
    match proof {
        OomProof::Proven => "proven",
        OomProof::ProvenInChild => "proven_in_child",
        OomProof::Likely => "likely",
        OomProof::Possible => "possible",
        OomProof::NotFirstProcess => "not_first_process",
        OomProof::LostSight => "lost_sight",
        OomProof::NotTold => "not_told",
    }
}

pub const fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Docker => "docker",
        Engine::Podman => "podman",
    }
}

pub const fn refuser(refuser: Refuser) -> &'static str {
    match refuser {
        Refuser::DockerClient => "docker_client",
        Refuser::DockerDaemon => "docker_daemon",
        Refuser::Podman => "podman",
        Refuser::Crun => "crun",
    }
}

pub const fn protection_rule(rule: ProtectionRule) -> &'static str {
    match rule {
        ProtectionRule::FirstLevel => "first_level",
        ProtectionRule::Unused => "unused",
        ProtectionRule::Overcommitted { .. } => "overcommitted",
        ProtectionRule::Fits { .. } => "fits",
    }
}
