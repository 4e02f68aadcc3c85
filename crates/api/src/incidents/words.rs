//! Our own enums as the words that the JSON promises.

use kernel::cgroup_path::Runtime;
use kernel::oom_report::report::Part;
use model::incident::cause::{CauseKind, Confidence, MemoryPart};
use model::incident::witness::{LogSource, Witness};
use model::incident::{Attribution, CeilingState, Scope};
use model::reading::Reading;
use serde_json::{Value, json};

pub(super) const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Container => "container",
        Scope::PartOfContainer => "part_of_container",
        Scope::OuterContainer => "outer_container",
        Scope::Pod => "pod",
        Scope::QosLevel => "qos_level",
        Scope::Kubepods => "kubepods",
        Scope::Group => "group",
        Scope::Unit => "unit",
        Scope::Cgroup => "cgroup",
        Scope::Slice => "slice",
        Scope::Node => "node",
        Scope::Cpuset => "cpuset",
        Scope::MemoryPolicy => "memory_policy",
        Scope::Requested => "requested",
        Scope::Unknown => "unknown",
    }
}

pub(super) fn attribution(attribution: Attribution) -> Value {
    let by = match attribution {
        Attribution::Report => "report",
        Attribution::FirstProcess => "first_process",
        Attribution::OnlyCandidate => "only_candidate",
        Attribution::CounterAlone => "counter_alone",
        Attribution::Nobody { candidates } => return json!({"by": "nobody", "candidates": candidates}),
    };
    json!({"by": by})
}

pub(super) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Unknown => "unknown",
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

pub(super) const fn cause_kind(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::LimitTooSmall => "limit_too_small",
        CauseKind::Spike => "spike",
        CauseKind::Leak => "leak",
        CauseKind::Tmpfs => "tmpfs",
        CauseKind::KernelMemory => "kernel_memory",
        CauseKind::UnwrittenCache => "unwritten_cache",
        CauseKind::Neighbour => "neighbour",
        CauseKind::NodeOvercommit => "node_overcommit",
        CauseKind::GroupCollateral => "group_collateral",
        CauseKind::SwapExhausted => "swap_exhausted",
        CauseKind::Fragmentation => "fragmentation",
        CauseKind::NodesRestricted => "nodes_restricted",
        CauseKind::Requested => "requested",
        CauseKind::Unknown => "unknown",
    }
}

pub(super) const fn memory_part(part: MemoryPart) -> &'static str {
    match part {
        MemoryPart::Anon => "anon",
        MemoryPart::Shmem => "shmem",
        MemoryPart::File => "file",
        MemoryPart::Unwritten => "unwritten",
        MemoryPart::Kernel => "kernel",
        MemoryPart::Sock => "sock",
    }
}

pub(super) const fn ceiling_state(state: CeilingState) -> &'static str {
    match state {
        CeilingState::Full => "full",
        CeilingState::Room => "room",
        CeilingState::Forbids => "forbids",
    }
}

pub(super) const fn runtime(runtime: Runtime) -> Reading<&'static str> {
    match runtime {
        Runtime::Docker => Reading::Value("docker"),
        Runtime::Containerd => Reading::Value("containerd"),
        Runtime::CriO => Reading::Value("cri-o"),
        Runtime::Podman => Reading::Value("podman"),
        Runtime::Lxc => Reading::Value("lxc"),
        Runtime::Nspawn => Reading::Value("nspawn"),
        Runtime::Buildkit => Reading::Value("buildkit"),
        Runtime::Unknown => Reading::Absent,
    }
}

pub(super) fn witness(witness: &Witness) -> Value {
    match witness {
        Witness::KernelLog { source, missing } => {
            let source = match source {
                LogSource::Ring => "kmsg",
                LogSource::Journal => "journal",
                LogSource::File => "file",
            };
            let missing: Vec<&str> = missing.iter().map(|part| Part::as_str(*part)).collect();
            json!({"witness": "kernel_log", "source": source, "missing": missing})
        }
        Witness::Counter { path, kills } => {
            json!({"witness": "kill_counter", "cgroup": path, "kills": kills})
        }
        Witness::LevelCounter { path } => json!({"witness": "oom_counter", "cgroup": path}),
        Witness::Vmstat { kills } => json!({"witness": "vmstat", "kills": kills}),
        Witness::Tracepoint => json!({"witness": "mark_victim"}),
        Witness::Runtime => json!({"witness": "runtime_event"}),
        Witness::Systemd => json!({"witness": "systemd"}),
        Witness::ExitCode { code } => json!({"witness": "exit_code", "code": code}),
    }
}
