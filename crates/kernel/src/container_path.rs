//! The grammar of one component of a cgroup path: how each runtime, the kubelet and systemd name a cgroup.

use crate::cgroup_path::{ContainerId, PodRef, QosClass, Runtime, UnitKind, unit_unescape};

/// What one path component is.
pub(crate) enum Component<'a> {
    /// The level of all pods.
    Kubepods,
    /// The level of one class.
    QosLevel(QosClass),
    /// A pod.
    Pod(PodRef),
    /// A container; the pod only where the component itself names it.
    Container { runtime: Runtime, id: ContainerId, pod: Option<PodRef> },
    /// A runtime's process beside a container.
    Monitor { runtime: Runtime, id: ContainerId, pod: Option<PodRef> },
    /// A Podman pod or an ECS task.
    Group { runtime: Runtime, id: ContainerId },
    /// A systemd unit by name.
    Unit(&'a str, UnitKind),
    /// None of these.
    Plain,
}

/// Says what `component` is. `kube` is the class of the kubelet level above, `in_pod` whether a pod is above.
pub(crate) fn classify<'a>(
    component: &'a str,
    parent: Option<&str>,
    grandparent: Option<&str>,
    kube: Option<QosClass>,
    in_pod: bool,
) -> Component<'a> {
    kube_slice(component)
        .or_else(|| colon_form(component))
        .or_else(|| prefixed_container(component))
        .or_else(|| kube_directory(component, parent, kube, in_pod))
        .or_else(|| machine(component, parent))
        .or_else(|| unit(component))
        .or_else(|| group(component, parent))
        .or_else(|| named_by_parent(component, parent, grandparent, in_pod))
        .unwrap_or(Component::Plain)
}

/// Levels of the kubelet's systemd driver. `ToSystemd` in cgroup_manager_linux.go joins the levels with `-` and writes `_` for a
/// `-` inside one, so `kubelet-kubepods-burstable-pod1_2.slice` is the pod `1-2` below the cgroup root `/kubelet`.
fn kube_slice(component: &str) -> Option<Component<'_>> {
    let levels: Vec<&str> = component.strip_suffix(".slice")?.split('-').collect();
    let kubepods = levels.iter().position(|level| *level == "kubepods")?;
    match levels.get(kubepods + 1..)? {
        [] => Some(Component::Kubepods),
        [level] => match qos_level(level) {
            Some(qos) => Some(Component::QosLevel(qos)),
            None => systemd_pod(level, QosClass::Guaranteed).map(Component::Pod),
        },
        [level, pod] => systemd_pod(pod, qos_level(level)?).map(Component::Pod),
        [_, _, _, ..] => None,
    }
}

/// `SLICE:PREFIX:ID` is what a runtime passes to runc for the systemd driver. With the cgroupfs driver it becomes a directory name.
fn colon_form(component: &str) -> Option<Component<'_>> {
    let mut parts = component.split(':');
    let (slice, prefix, id) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !slice.ends_with(".slice") || !is_container_id(id) {
        return None;
    }
    let pod = match kube_slice(slice) {
        Some(Component::Pod(pod)) => Some(pod),
        Some(_) | None => None,
    };
    Some(container_or_monitor(prefix, id, pod))
}

/// `docker-ID.scope` and its like with the systemd driver, `crio-ID` and `libpod-ID` without; Kata puts a whole sandbox into `kata_ID`.
fn prefixed_container(component: &str) -> Option<Component<'_>> {
    if let Some(sandbox) = component.strip_prefix("kata_").filter(|id| is_container_id(id)) {
        return Some(unknown_container(sandbox));
    }
    let scope = component.strip_suffix(".scope");
    let (prefix, id) = scope.unwrap_or(component).rsplit_once('-')?;
    if !is_container_id(id) || prefix.is_empty() {
        return None;
    }
    match scope {
        Some(_) => Some(container_or_monitor(prefix, id, None)),
        None if runtime_of(prefix) == Runtime::Unknown => None,
        None => Some(container_or_monitor(prefix, id, None)),
    }
}

fn container_or_monitor(prefix: &str, id: &str, pod: Option<PodRef>) -> Component<'static> {
    let (runtime, id) = (runtime_of(prefix), ContainerId(id.to_owned()));
    if prefix == "conmon" || prefix.ends_with("-conmon") {
        return Component::Monitor { runtime, id, pod };
    }
    Component::Container { runtime, id, pod }
}

fn runtime_of(prefix: &str) -> Runtime {
    match prefix {
        "docker" => Runtime::Docker,
        "cri-containerd" | "nerdctl" => Runtime::Containerd,
        "crio" | "crio-conmon" => Runtime::CriO,
        "libpod" | "libpod-payload" | "libpod-conmon" => Runtime::Podman,
        _ => Runtime::Unknown,
    }
}

/// Levels of the kubelet's cgroupfs driver: `kubepods/burstable/podUID/ID`.
fn kube_directory<'a>(
    component: &'a str,
    parent: Option<&str>,
    kube: Option<QosClass>,
    in_pod: bool,
) -> Option<Component<'a>> {
    if component == "kubepods" {
        return Some(Component::Kubepods);
    }
    let qos = kube?;
    if in_pod {
        return is_container_id(component).then(|| unknown_container(component));
    }
    if let Some(qos) = qos_level(component).filter(|_| parent == Some("kubepods")) {
        return Some(Component::QosLevel(qos));
    }
    let uid = component.strip_prefix("pod").filter(|uid| is_pod_uid(uid))?;
    Some(Component::Pod(PodRef { uid: uid.to_owned(), qos }))
}

/// Machines known to systemd-machined, and LXC, whose names are free text.
fn machine<'a>(component: &'a str, parent: Option<&str>) -> Option<Component<'a>> {
    if let Some(name) =
        component.strip_prefix("systemd-nspawn@").and_then(|name| name.strip_suffix(".service"))
    {
        return named(Runtime::Nspawn, &unit_unescape(name));
    }
    if let Some(name) = component.strip_prefix("lxc.payload.") {
        return named(Runtime::Lxc, name);
    }
    if let Some(name) = component.strip_prefix("lxc.monitor.").filter(|name| !name.is_empty()) {
        return Some(Component::Monitor {
            runtime: Runtime::Lxc,
            id: ContainerId(name.to_owned()),
            pod: None,
        });
    }
    let name = component
        .strip_prefix("machine-")?
        .strip_suffix(".scope")
        .filter(|_| parent == Some("machine.slice"))?;
    let name = unit_unescape(name);
    // libvirt registers `DRIVER-NUMBER-NAME` (virDomainGenerateMachineName); a virtual machine is no container.
    match name.split_once('-') {
        Some(("qemu", _)) => None,
        Some(("lxc", domain)) => named(Runtime::Lxc, domain.split_once('-').map_or(domain, |(_, name)| name)),
        Some(_) | None => named(Runtime::Nspawn, &name),
    }
}

fn named(runtime: Runtime, name: &str) -> Option<Component<'static>> {
    (!name.is_empty()).then(|| Component::Container { runtime, id: ContainerId(name.to_owned()), pod: None })
}

/// Levels around containers: Podman's pods and ECS tasks.
fn group<'a>(component: &'a str, parent: Option<&str>) -> Option<Component<'a>> {
    if parent == Some("libpod_parent") && is_container_id(component) {
        return Some(Component::Group { runtime: Runtime::Podman, id: ContainerId(component.to_owned()) });
    }
    let task = component.len() == 32 && is_lower_hex(component) || is_uuid(component);
    (parent == Some("ecs") && task)
        .then(|| Component::Group { runtime: Runtime::Docker, id: ContainerId(component.to_owned()) })
}

/// A systemd unit, or a slice that stands for a group. systemd puts `_` before a name that the kernel could take for a file of
/// its own (`cg_escape` in src/basic/cgroup-util.c).
fn unit(component: &str) -> Option<Component<'_>> {
    let name = component.strip_prefix('_').unwrap_or(component);
    let (stem, suffix) = name.rsplit_once('.')?;
    let kind = match suffix {
        "service" => UnitKind::Service,
        "scope" => UnitKind::Scope,
        "slice" => UnitKind::Slice,
        "mount" => UnitKind::Mount,
        "socket" => UnitKind::Socket,
        "swap" => UnitKind::Swap,
        _ => return None,
    };
    if stem.is_empty() {
        return None;
    }
    if kind == UnitKind::Slice {
        if let Some((_, id)) = stem.split_once("libpod_pod_").filter(|(_, id)| is_container_id(id)) {
            return Some(Component::Group { runtime: Runtime::Podman, id: ContainerId(id.to_owned()) });
        }
        if let Some(task) = stem.strip_prefix("ecstasks-").filter(|task| is_lower_hex(task)) {
            return Some(Component::Group { runtime: Runtime::Docker, id: ContainerId(task.to_owned()) });
        }
    }
    Some(Component::Unit(name, kind))
}

/// A component that only its parent explains.
fn named_by_parent<'a>(
    component: &'a str,
    parent: Option<&str>,
    grandparent: Option<&str>,
    in_pod: bool,
) -> Option<Component<'a>> {
    let id = || ContainerId(component.to_owned());
    match parent {
        Some("lxc" | "lxc.payload") if !in_pod => named(Runtime::Lxc, component),
        Some("lxc.monitor") if !in_pod => {
            Some(Component::Monitor { runtime: Runtime::Lxc, id: id(), pod: None })
        }
        Some("buildkit") if is_build_id(component) => named(Runtime::Buildkit, component),
        // containerd's own default for a client that sets no path is `/NAMESPACE/ID`; `default` is the namespace of `ctr`.
        Some("default") if grandparent.is_none() && is_containerd_name(component) => {
            named(Runtime::Containerd, component)
        }
        Some("docker") if is_container_id(component) => named(Runtime::Docker, component),
        Some("k8s.io") if is_container_id(component) => named(Runtime::Containerd, component),
        Some(_) if grandparent == Some("ecs") && is_container_id(component) => {
            named(Runtime::Docker, component)
        }
        Some(_) | None => is_container_id(component).then(|| unknown_container(component)),
    }
}

fn unknown_container(id: &str) -> Component<'static> {
    Component::Container { runtime: Runtime::Unknown, id: ContainerId(id.to_owned()), pod: None }
}

fn qos_level(level: &str) -> Option<QosClass> {
    match level {
        "burstable" => Some(QosClass::Burstable),
        "besteffort" => Some(QosClass::BestEffort),
        _ => None,
    }
}

fn systemd_pod(level: &str, qos: QosClass) -> Option<PodRef> {
    let uid = level.strip_prefix("pod")?.replace('_', "-");
    is_pod_uid(&uid).then_some(PodRef { uid, qos })
}

/// A UUID, the 32 digits of a static pod's hash, or what a manifest gave as `metadata.uid` itself.
fn is_pod_uid(uid: &str) -> bool {
    !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Docker, containerd's CRI plugin, CRI-O, Podman and nerdctl all make ids of 32 random bytes, printed in lower case.
fn is_container_id(text: &str) -> bool {
    text.len() == 64 && is_lower_hex(text)
}

fn is_lower_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// BuildKit's `identity.NewID`: 25 digits of base 36.
fn is_build_id(text: &str) -> bool {
    text.len() == 25 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'))
}

/// What containerd accepts as an identifier (pkg/identifiers/validate.go).
fn is_containerd_name(text: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 76
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}
