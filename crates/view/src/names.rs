//! What a cgroup, a level and a runtime are called on screen.

use kernel::cgroup_path::{Identity, Runtime, unit_unescape};
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::assessment::Binding;
use model::cgroup::{Cgroup, CgroupIndex};
use model::reading::Reading;
use model::snapshot::Snapshot;

/// As many characters of an id as Docker shows.
const ID_CHARS: usize = 12;

/// What to call a cgroup, and what `highwater show` takes for it.
#[must_use]
pub fn cgroup(cgroup: &Cgroup) -> String {
    if let Some(container) = &cgroup.container {
        return container.name.value().cloned().unwrap_or_else(|| short_id(&container.id.0).to_owned());
    }
    match &cgroup.identity {
        Identity::Root => "/".to_owned(),
        Identity::Unit(unit) => unit_unescape(&unit.name),
        Identity::Container(container) => short_id(&container.id.0).to_owned(),
        Identity::Pod(pod) => {
            cgroup.pod_name.as_ref().map_or_else(|| format!("pod {}", pod.uid), |name| format!("pod {name}"))
        }
        Identity::BelowContainer(_)
        | Identity::Monitor(_)
        | Identity::Group { .. }
        | Identity::KubeQosLevel(_)
        | Identity::KubepodsRoot
        | Identity::BelowUnit(_)
        | Identity::Other => cgroup.path.clone(),
    }
}

/// The first characters of an id, as runtimes show it.
#[must_use]
pub fn short_id(id: &str) -> &str {
    match id.char_indices().nth(ID_CHARS) {
        Some((end, _)) if id.len() == 64 => id.get(..end).unwrap_or(id),
        _ => id,
    }
}

/// The runtime's own spelling.
#[must_use]
pub const fn runtime(runtime: Runtime) -> Option<&'static str> {
    match runtime {
        Runtime::Docker => Some("docker"),
        Runtime::Containerd => Some("containerd"),
        Runtime::CriO => Some("cri-o"),
        Runtime::Podman => Some("podman"),
        Runtime::Lxc => Some("lxc"),
        Runtime::Nspawn => Some("nspawn"),
        Runtime::Buildkit => Some("buildkit"),
        Runtime::Unknown => None,
    }
}

/// What kind of thing a cgroup is.
#[must_use]
pub fn kind(cgroup: &Cgroup) -> &'static str {
    match &cgroup.identity {
        Identity::Root => "root of all cgroups",
        Identity::Container(_) => "container",
        Identity::BelowContainer(_) => "part of a container",
        Identity::Monitor(_) => "a container's monitor",
        Identity::Group { .. } => "group of containers",
        Identity::Pod(_) => "pod",
        Identity::KubeQosLevel(_) => "level of all pods of one QoS class",
        Identity::KubepodsRoot => "level of all pods",
        Identity::Unit(_) => "systemd unit",
        Identity::BelowUnit(_) => "part of a systemd unit",
        Identity::Other => "cgroup",
    }
}

/// Whether the topmost cgroup that can be seen is a container's: the machine's root has no limit file on v2 and none set on v1.
#[must_use]
pub fn is_inside_container(snapshot: &Snapshot) -> bool {
    snapshot.cgroups.first().is_some_and(|top| match (top.version(), &top.memory.limit) {
        (CgroupVersion::V2, Reading::Value(_)) | (CgroupVersion::V1, Reading::Value(Limit::At(_))) => true,
        (CgroupVersion::V1 | CgroupVersion::V2, Reading::Value(_) | Reading::Absent | Reading::Failed(_)) => {
            false
        }
    })
}

/// The level that imposes a limit, as seen from a cgroup.
#[must_use]
pub fn level(snapshot: &Snapshot, from: CgroupIndex, binding: Binding) -> String {
    match binding {
        Binding::Cgroup(index) if index == from => "its own limit".to_owned(),
        Binding::Cgroup(index) => {
            let path = snapshot.cgroup(index).map_or("a cgroup above", |cgroup| cgroup.path.as_str());
            format!("the limit of {path}")
        }
        Binding::OutOfSight => "a cgroup above, out of sight from here".to_owned(),
        Binding::Host => "what the machine has".to_owned(),
    }
}
