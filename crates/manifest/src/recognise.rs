//! What a document is, told by what it says of itself, by its keys, and by its file's name.

use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};

/// The kind of a tree; `None` when no program is known that reads such a document.
pub(crate) fn tree_kind(name: &str, root: &Node) -> Option<DocumentKind> {
    let file = file_name(name);
    if !root.is_mapping() {
        return None;
    }
    let kind = root.text_at(&["kind"]);
    let api_version = root.text_at(&["apiVersion"]);
    if let Some(kind) = kind {
        return Some(of_kind(api_version.unwrap_or(""), kind));
    }
    if api_version.is_some_and(|version| version.starts_with("kubelet.config.k8s.io/")) {
        return Some(DocumentKind::KubeletConfiguration);
    }
    if api_version.is_some() {
        return None;
    }
    if is_talos(root) {
        return Some(DocumentKind::TalosMachine);
    }
    if has_none_but(root, &["kubeletConfig", "linuxConfig"]) {
        return Some(DocumentKind::GkeNodeSystem);
    }
    if file == "daemon.json" || has_only(root, DAEMON_KEYS) {
        return Some(DocumentKind::DockerDaemon);
    }
    if is_compose(&file, root) {
        return Some(DocumentKind::Compose);
    }
    is_kubelet(&file, root).then_some(DocumentKind::KubeletConfiguration)
}

/// The last part of a path, in lower case.
pub(crate) fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase()
}

fn of_kind(api_version: &str, kind: &str) -> DocumentKind {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("kubelet.config.k8s.io" | "", "KubeletConfiguration") => DocumentKind::KubeletConfiguration,
        ("kubeadm.k8s.io", _) => DocumentKind::Kubeadm { kind: kind.to_owned() },
        ("node.eks.aws", "NodeConfig") => DocumentKind::NodeConfig,
        ("karpenter.k8s.aws", "EC2NodeClass") => DocumentKind::Ec2NodeClass,
        ("highwater.dev", "MemoryPolicy") => DocumentKind::MemoryPolicy,
        _ => DocumentKind::Kubernetes { api_version: api_version.to_owned(), kind: kind.to_owned() },
    }
}

/// Keys of `daemon.json` that no other format has.
const DAEMON_KEYS: &[&str] = &[
    "bip",
    "cgroup-parent",
    "containerd",
    "data-root",
    "debug",
    "default-address-pools",
    "default-cgroupns-mode",
    "default-runtime",
    "default-shm-size",
    "default-ulimits",
    "dns",
    "exec-opts",
    "experimental",
    "features",
    "hosts",
    "icc",
    "init",
    "insecure-registries",
    "ip-forward",
    "iptables",
    "ipv6",
    "live-restore",
    "log-driver",
    "log-level",
    "log-opts",
    "max-concurrent-downloads",
    "max-concurrent-uploads",
    "metrics-addr",
    "mtu",
    "no-new-privileges",
    "oom-score-adjust",
    "registry-mirrors",
    "runtimes",
    "seccomp-profile",
    "selinux-enabled",
    "storage-driver",
    "storage-opts",
    "userland-proxy",
    "userns-remap",
];

/// Keys of a KubeletConfiguration about memory, eviction and cgroups. One of them is enough: no other format has it at its root.
const KUBELET_KEYS: &[&str] = &[
    "cgroupDriver",
    "cgroupsPerQOS",
    "enforceNodeAllocatable",
    "evictionHard",
    "evictionMinimumReclaim",
    "evictionPressureTransitionPeriod",
    "evictionSoft",
    "evictionSoftGracePeriod",
    "failCgroupV1",
    "failSwapOn",
    "kubeReserved",
    "kubeReservedCgroup",
    "memoryManagerPolicy",
    "memoryReservationPolicy",
    "memorySwap",
    "memoryThrottlingFactor",
    "protectKernelDefaults",
    "reservedMemory",
    "singleProcessOOMKill",
    "systemReserved",
    "systemReservedCgroup",
];

/// Keys of `machine` in Talos' configuration; one of them tells it from other files about machines.
const TALOS_KEYS: &[&str] = &[
    "baseRuntimeSpecOverrides",
    "certSANs",
    "features",
    "files",
    "install",
    "kernel",
    "kubelet",
    "network",
    "nodeLabels",
    "nodeTaints",
    "pods",
    "registries",
    "seccompProfiles",
    "sysctls",
    "sysfs",
    "systemDiskEncryption",
];

fn is_talos(root: &Node) -> bool {
    let machine = root.entries_at(&["machine"]);
    has_none_but(root, &["version", "debug", "persist", "machine", "cluster"])
        && machine.iter().any(|entry| TALOS_KEYS.contains(&entry.name()))
}

/// Whether there are keys, and none but these.
fn has_none_but(root: &Node, keys: &[&str]) -> bool {
    let entries = root.entries();
    !entries.is_empty() && entries.iter().all(|entry| keys.contains(&entry.name()))
}

fn has_only(root: &Node, keys: &[&str]) -> bool {
    let names = || root.entries().iter().map(Entry::name);
    names().all(|name| keys.contains(&name)) && names().any(|name| name.contains('-'))
}

fn is_kubelet(file: &str, root: &Node) -> bool {
    // A patch of kubeadm is named after what it patches.
    file.starts_with("kubeletconfiguration")
        || root.entries().iter().any(|entry| KUBELET_KEYS.contains(&entry.name()))
}

fn is_compose(file: &str, root: &Node) -> bool {
    let is_yaml = file.ends_with(".yml") || file.ends_with(".yaml");
    let is_named = is_yaml
        && (file.starts_with("compose") || file.contains("docker-compose") || file.contains("docker-stack"));
    let services = root.entries_at(&["services"]);
    let has_services =
        services.iter().any(|service| SERVICE_KEYS.iter().any(|key| service.value.get(key).is_some()))
            && !services.iter().any(|service| service.value.get("image").is_some_and(Node::is_mapping))
            && !file.starts_with("values");
    is_named || has_services || !file.ends_with(".json") && is_first_compose(root)
}

/// Keys of which a service has one at least. Helm's values and other files have `services` too.
const SERVICE_KEYS: &[&str] = &[
    "build",
    "cap_add",
    "command",
    "container_name",
    "depends_on",
    "deploy",
    "entrypoint",
    "env_file",
    "environment",
    "extends",
    "image",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "oom_kill_disable",
    "ports",
    "restart",
    "shm_size",
    "tmpfs",
    "volumes",
];

/// The first format had the services at the root. The jobs of other tools have an image too, but they run steps.
fn is_first_compose(root: &Node) -> bool {
    let entries = root.entries();
    let is_service = |node: &Node| {
        let has = |key| node.get(key).is_some();
        let is_image = node.text_at(&["image"]).is_some_and(|image| !image.is_empty());
        (is_image || has("build") || has("extends"))
            && !(has("script") || has("steps") || has("stage") || has("commands") || has("repository"))
    };
    !entries.is_empty() && entries.iter().all(|entry| is_service(&entry.value))
}
