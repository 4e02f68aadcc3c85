//! Who a cgroup is, told from its path alone: container, pod, systemd unit, or none of these.

use crate::container_path::{Component, classify};

/// The program that made a container's cgroup, as far as the path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runtime {
    /// Docker Engine or cri-dockerd.
    Docker,
    /// containerd, through CRI, nerdctl or ctr.
    Containerd,
    /// CRI-O.
    CriO,
    /// Podman.
    Podman,
    /// LXC, LXD, Incus, Proxmox or libvirt's LXC driver.
    Lxc,
    /// systemd-nspawn or another machine registered with systemd-machined.
    Nspawn,
    /// A step of a BuildKit build.
    Buildkit,
    /// The path does not tell: the cgroupfs driver names a container by its id alone.
    Unknown,
}

/// A container's name in its cgroup path: 64 lower-case hexadecimal digits, or a name for LXC, nspawn and ctr.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerId(pub String);

/// A container as its path shows it. A pod's pause container looks like any other here, only the runtime knows which it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Container {
    /// Who made it.
    pub runtime: Runtime,
    /// Its id.
    pub id: ContainerId,
    /// The Kubernetes pod it belongs to.
    pub pod: Option<PodRef>,
    /// The container around it: a kind node, Docker in Docker, a nested LXC.
    pub node: Option<ContainerId>,
}

/// A Kubernetes pod as its cgroup names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodRef {
    /// `metadata.uid`, dashes restored; for a static pod the 32 hexadecimal digits of its manifest's hash.
    pub uid: String,
    /// The class by which the kubelet placed it.
    pub qos: QosClass,
}

/// Kubernetes quality of service. The kubelet gives Guaranteed pods no level of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QosClass {
    /// Directly below `kubepods`.
    Guaranteed,
    /// Below `burstable`.
    Burstable,
    /// Below `besteffort`.
    BestEffort,
}

/// The kinds of systemd unit that have a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// `.service`
    Service,
    /// `.scope`
    Scope,
    /// `.slice`
    Slice,
    /// `.mount`
    Mount,
    /// `.socket`
    Socket,
    /// `.swap`
    Swap,
}

/// A systemd unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// The name `systemctl` takes; [`unit_unescape`] makes it readable.
    pub name: String,
    /// Its kind.
    pub kind: UnitKind,
    /// The user in whose slice it is.
    pub user: Option<u32>,
}

/// Who a cgroup is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The root of the hierarchy or of the reader's cgroup namespace.
    Root,
    /// A container.
    Container(Container),
    /// A cgroup inside this container: part of it, not the whole.
    BelowContainer(Container),
    /// A runtime's own process that watches this container (conmon, the LXC monitor, Kata's overhead).
    Monitor(Container),
    /// A level around containers of one runtime that is no Kubernetes pod: a Podman pod, an ECS task.
    Group {
        /// Who made it.
        runtime: Runtime,
        /// The pod's or the task's id.
        id: ContainerId,
    },
    /// A Kubernetes pod.
    Pod(PodRef),
    /// The level of all Burstable or all BestEffort pods.
    KubeQosLevel(QosClass),
    /// The level of all pods.
    KubepodsRoot,
    /// A systemd unit.
    Unit(Unit),
    /// A cgroup that this unit made for itself.
    BelowUnit(Unit),
    /// Anything else.
    Other,
}

impl Identity {
    /// The container that this is, is a part of, or watches.
    #[must_use]
    pub const fn container(&self) -> Option<&Container> {
        match self {
            Self::Container(container) | Self::BelowContainer(container) | Self::Monitor(container) => {
                Some(container)
            }
            Self::Root
            | Self::Group { .. }
            | Self::Pod(_)
            | Self::KubeQosLevel(_)
            | Self::KubepodsRoot
            | Self::Unit(_)
            | Self::BelowUnit(_)
            | Self::Other => None,
        }
    }

    /// The unit that this is or is a part of.
    #[must_use]
    pub const fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Unit(unit) | Self::BelowUnit(unit) => Some(unit),
            Self::Root
            | Self::Container(_)
            | Self::BelowContainer(_)
            | Self::Monitor(_)
            | Self::Group { .. }
            | Self::Pod(_)
            | Self::KubeQosLevel(_)
            | Self::KubepodsRoot
            | Self::Other => None,
        }
    }
}

/// Says who the cgroup at `path` is: a path below the mount point, or as in `/proc/PID/cgroup`, where leading `..` (seen from
/// inside a cgroup namespace) are skipped. Of nested containers the innermost counts.
#[must_use]
pub fn identify(path: &str) -> Identity {
    let is_root = path.starts_with('/') && !path.split('/').any(|component| component == "..");
    let top = if is_root { Identity::Root } else { Identity::Other };
    identify_levels(path).last().unwrap_or(top)
}

/// Says who each level of `path` is, from the outermost below the root to the cgroup itself, in one walk.
pub fn identify_levels(path: &str) -> impl Iterator<Item = Identity> {
    let components = path.split('/').filter(|component| !component.is_empty());
    let mut walk = Walk::default();
    components.skip_while(|component| *component == "..").map(move |component| walk.enter(component))
}

/// Makes a unit's name readable: `\x2d` becomes `-`. A `-` stays: whether it stands for `/` depends on the unit
/// (systemd.unit(5), "String escaping for inclusion in unit names").
#[must_use]
pub fn unit_unescape(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = bytes.get(at..at + 4).and_then(hex_escape);
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

impl ContainerId {
    /// The first twelve characters, as the runtimes' own listings show it; a name is shown whole.
    #[must_use]
    pub fn short(&self) -> &str {
        let is_hex = self.0.len() == 64 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.0.get(..12).filter(|_| is_hex).unwrap_or(&self.0)
    }
}

fn hex_escape(escape: &[u8]) -> Option<u8> {
    let [b'\\', b'x', high, low] = escape else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// What is known on the way down to a cgroup.
#[derive(Default)]
struct Walk<'a> {
    parent: Option<&'a str>,
    grandparent: Option<&'a str>,
    /// Whether this is Kata's copy of the tree for what it runs outside the virtual machines.
    overhead: bool,
    /// The levels of the kubelet, once `kubepods` was passed.
    qos: Option<QosClass>,
    pod: Option<PodRef>,
    /// The container around the innermost kubelet or container.
    node: Option<ContainerId>,
    container: Option<Container>,
    monitor: Option<Container>,
    unit: Option<Unit>,
    user: Option<u32>,
}

impl<'a> Walk<'a> {
    /// Goes one level down and says who that level is.
    fn enter(&mut self, component: &'a str) -> Identity {
        let class = classify(component, self.parent, self.grandparent, self.qos, self.pod.is_some());
        self.grandparent = self.parent.replace(component);
        self.overhead |= component == "kata_overhead";
        let identity = self.enter_class(class);
        match identity {
            Identity::Container(container) if self.overhead => Identity::Monitor(container),
            Identity::Pod(_) | Identity::KubeQosLevel(_) | Identity::KubepodsRoot if self.overhead => {
                Identity::Other
            }
            identity => identity,
        }
    }

    fn enter_class(&mut self, class: Component<'_>) -> Identity {
        match class {
            Component::Kubepods => {
                self.begin_kubelet(QosClass::Guaranteed);
                Identity::KubepodsRoot
            }
            Component::QosLevel(qos) => {
                self.begin_kubelet(qos);
                Identity::KubeQosLevel(qos)
            }
            Component::Pod(pod) => {
                self.begin_kubelet(pod.qos);
                self.pod = Some(pod.clone());
                Identity::Pod(pod)
            }
            Component::Container { runtime, id, pod } => {
                let container = self.container_named(runtime, id, pod);
                self.qos = None;
                self.pod = None;
                self.monitor = None;
                self.container = Some(container.clone());
                Identity::Container(container)
            }
            Component::Monitor { runtime, id, pod } => {
                let container = self.container_named(runtime, id, pod);
                self.monitor = Some(container.clone());
                Identity::Monitor(container)
            }
            Component::Group { runtime, id } => Identity::Group { runtime, id },
            Component::Unit(name, kind) => self.enter_unit(name, kind),
            Component::Plain => self.enter_plain(),
        }
    }

    /// From here on the levels are those of a kubelet; if it runs inside a container, that one is its node.
    fn begin_kubelet(&mut self, qos: QosClass) {
        if let Some(node) = self.container.take() {
            self.node = Some(node.id);
        }
        self.qos = Some(qos);
        self.pod = None;
        self.unit = None;
    }

    fn container_named(&self, runtime: Runtime, id: ContainerId, pod: Option<PodRef>) -> Container {
        let node = self.container.as_ref().map(|outer| outer.id.clone()).or_else(|| self.node.clone());
        Container { runtime, id, pod: pod.or_else(|| self.pod.clone()), node }
    }

    fn enter_unit(&mut self, name: &str, kind: UnitKind) -> Identity {
        if self.container.is_some() || self.monitor.is_some() {
            return self.enter_plain();
        }
        self.user = user_of(name).or(self.user);
        let unit = Unit { name: name.to_owned(), kind, user: self.user };
        self.unit = Some(unit.clone());
        Identity::Unit(unit)
    }

    fn enter_plain(&self) -> Identity {
        if let Some(container) = &self.monitor {
            return Identity::Monitor(container.clone());
        }
        if let Some(container) = &self.container {
            return Identity::BelowContainer(container.clone());
        }
        self.unit.clone().map_or(Identity::Other, Identity::BelowUnit)
    }
}

/// The user of `user-1000.slice` and `user@1000.service`.
fn user_of(unit: &str) -> Option<u32> {
    let uid = match unit.strip_prefix("user-") {
        Some(rest) => rest.strip_suffix(".slice"),
        None => unit.strip_prefix("user@").and_then(|rest| rest.strip_suffix(".service")),
    };
    uid.and_then(crate::decimal::parse_u32)
}
