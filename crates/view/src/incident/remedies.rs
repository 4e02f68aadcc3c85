//! The commands to run next.

use crate::remedy::{engine, engine_update, quoted, whole_mib};
use crate::units;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::incident::cause::{CauseKind, Consumer};
use model::incident::{FirstProcess, Incident, Scope};
use model::swap_limit::SwapLimit;

/// As many as a person reads.
const COMMANDS_MAX: usize = 3;

/// What to run next, the most useful first.
pub(super) fn commands(incident: &Incident) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    commands.extend(inside(incident));
    commands.extend(larger_limit(incident));
    commands.extend(pod(incident));
    commands.push(look(incident));
    commands.dedup();
    commands.truncate(COMMANDS_MAX);
    commands
}

/// A look into the container while it lives.
fn inside(incident: &Incident) -> Option<String> {
    let (engine, name) = engine(incident.place.container.as_ref()?)?;
    let is_tmpfs = incident.cause.kind == CauseKind::Tmpfs;
    (is_tmpfs && incident.first_process != FirstProcess::Killed)
        .then(|| format!("{engine} exec {} df -h -t tmpfs", quoted(name)))
}

/// A larger limit at the level that was hit, where one command sets it.
fn larger_limit(incident: &Incident) -> Option<String> {
    let memory = whole_mib(incident.advice.memory_least.get()?);
    match incident.level.scope {
        // The kubelet gives its containers their limits: see `pod`.
        Scope::Container if incident.place.pod.is_some() => None,
        Scope::Container => {
            let (engine, name) = engine(incident.place.container.as_ref()?)?;
            let swap = incident.advice.swap_limit.get().unwrap_or(SwapLimit(Limit::Unlimited));
            Some(engine_update(engine, name, memory, swap))
        }
        Scope::Unit => {
            let unit = incident.place.unit.as_ref()?;
            Some(format!("systemctl set-property {} MemoryMax={}", quoted(unit), systemd_bytes(memory)))
        }
        Scope::Slice => {
            let slice = incident.level.path.value()?.rsplit('/').next()?.to_owned();
            slice.ends_with(".slice").then(|| {
                format!("systemctl set-property {} MemoryMax={}", quoted(&slice), systemd_bytes(memory))
            })
        }
        Scope::PartOfContainer
        | Scope::OuterContainer
        | Scope::Pod
        | Scope::QosLevel
        | Scope::Kubepods
        | Scope::Group
        | Scope::Cgroup
        | Scope::Node
        | Scope::Cpuset
        | Scope::MemoryPolicy
        | Scope::Requested
        | Scope::Unknown => None,
    }
}

/// A pod's limit is changed where it was declared.
fn pod(incident: &Incident) -> Option<String> {
    let pod = incident.place.pod_name.as_ref()?;
    let get = format!("kubectl -n {} get pod {} -o yaml", quoted(&pod.namespace), quoted(&pod.name));
    let memory = incident.advice.memory_least.get().filter(|_| incident.level.scope == Scope::Pod);
    Some(match memory {
        Some(memory) => format!("{get}   # resources.limits.memory: {} or more", kubernetes_bytes(memory)),
        None => get,
    })
}

fn look(incident: &Incident) -> String {
    match (&incident.consumer, incident.level.scope) {
        (Consumer::Neighbour { path, .. }, _) => format!("highwater show {}", quoted(path)),
        (_, Scope::Node | Scope::Cpuset | Scope::MemoryPolicy | Scope::Unknown) => "highwater ls".to_owned(),
        (_, Scope::Requested) => "journalctl -k --grep sysrq".to_owned(),
        (_, _) => shown(incident)
            .map_or_else(|| "highwater ls".to_owned(), |name| format!("highwater show {}", quoted(&name))),
    }
}

/// What `highwater show` takes: the level that was hit, by name where it is the container.
fn shown(incident: &Incident) -> Option<String> {
    let name = incident.place.container.as_ref().and_then(|container| container.name.value().cloned());
    name.filter(|_| incident.level.scope == Scope::Container).or_else(|| incident.level.path.value().cloned())
}

/// systemd's K, M and G are powers of 1024.
fn systemd_bytes(amount: Bytes) -> String {
    units::docker_bytes(amount).to_uppercase()
}

fn kubernetes_bytes(amount: Bytes) -> String {
    let amount = whole_mib(amount);
    units::docker_bytes(amount).replace('g', "Gi").replace('m', "Mi")
}
