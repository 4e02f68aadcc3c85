//! Where a document holds others: texts of other forms, and parts of its own tree that another program reads.

use model::document::kind::DocumentKind;
use model::document::node::{Node, Value};

/// Something inside a document that is a document of its own.
#[derive(Debug)]
pub(crate) enum Part {
    /// A scalar's text, read as a file of this name would be.
    Text(Node, String),
    /// A scalar's text that a node reads at its start: of any form, else a script.
    UserData(Node),
    /// Commands.
    Script(Node),
    /// A part of the tree.
    Tree(Node, DocumentKind),
}

/// Everything inside a document, in its order.
pub(crate) fn parts(kind: &DocumentKind, root: &Node) -> Vec<Part> {
    let mut parts = Vec::new();
    match kind {
        DocumentKind::Kubernetes { api_version, kind } => of_object(api_version, kind, root, &mut parts),
        DocumentKind::NodeConfig => {
            tree(root.at(&["spec", "kubelet", "config"]), &mut parts);
        }
        DocumentKind::Ec2NodeClass => {
            parts.extend(root.at(&["spec", "userData"]).and_then(scalar).map(Part::UserData));
        }
        DocumentKind::TalosMachine => tree(root.at(&["machine", "kubelet", "extraConfig"]), &mut parts),
        DocumentKind::GkeNodeSystem
        | DocumentKind::Compose
        | DocumentKind::KubeletConfiguration
        | DocumentKind::Kubeadm { .. }
        | DocumentKind::DockerDaemon
        | DocumentKind::MemoryPolicy
        | DocumentKind::SystemdUnit
        | DocumentKind::MimeUserData
        | DocumentKind::Shell => {}
    }
    parts
}

/// The commands and files of cloud-init's `#cloud-config`.
pub(crate) fn cloud_config(root: &Node) -> Vec<Part> {
    let mut parts = Vec::new();
    for key in ["bootcmd", "runcmd"] {
        for command in root.items_at(&[key]) {
            parts.push(Part::Script(command.clone()));
        }
    }
    for file in root.items_at(&["write_files"]) {
        let is_plain = file.text_at(&["encoding"]).is_none_or(|encoding| encoding.starts_with("text"));
        if is_plain && let Some(content) = file.get("content").and_then(scalar) {
            parts.push(Part::Text(content, file.text_at(&["path"]).unwrap_or("").to_owned()));
        }
    }
    parts
}

fn of_object(api_version: &str, kind: &str, root: &Node, parts: &mut Vec<Part>) {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "ConfigMap") => texts(root.get("data"), parts),
        ("", "Secret") => texts(root.get("stringData"), parts),
        ("machineconfiguration.openshift.io", "KubeletConfig") => {
            tree(root.at(&["spec", "kubeletConfig"]), parts);
        }
        ("machineconfiguration.openshift.io", "MachineConfig") => machine_config(root, parts),
        ("eksctl.io", "ClusterConfig") => eksctl(root, parts),
        ("kind.x-k8s.io", "Cluster") => {
            let nodes = root.items_at(&["nodes"]);
            for holder in std::iter::once(root).chain(nodes) {
                let patches = holder.items_at(&["kubeadmConfigPatches"]);
                parts.extend(patches.iter().filter_map(scalar).map(|patch| Part::Text(patch, String::new())));
            }
        }
        _ => of_pods(kind, root, parts),
    }
}

fn texts(data: Option<&Node>, parts: &mut Vec<Part>) {
    for entry in data.map_or(&[][..], Node::entries) {
        parts.extend(scalar(&entry.value).map(|text| Part::Text(text, entry.name().to_owned())));
    }
}

fn tree(node: Option<&Node>, parts: &mut Vec<Part>) {
    if let Some(node) = node.filter(|node| node.is_mapping()) {
        parts.push(Part::Tree(node.clone(), DocumentKind::KubeletConfiguration));
    }
}

fn machine_config(root: &Node, parts: &mut Vec<Part>) {
    let units = root.items_at(&["spec", "config", "systemd", "units"]);
    for unit in units {
        let dropins = unit.items_at(&["dropins"]);
        let contents = std::iter::once(unit).chain(dropins).filter_map(|holder| holder.get("contents"));
        parts.extend(contents.filter_map(scalar).map(|text| Part::Text(text, "x.service".to_owned())));
    }
}

fn eksctl(root: &Node, parts: &mut Vec<Part>) {
    for key in ["nodeGroups", "managedNodeGroups"] {
        for group in root.items_at(&[key]) {
            parts.extend(group.get("overrideBootstrapCommand").and_then(scalar).map(Part::UserData));
            let commands = group.items_at(&["preBootstrapCommands"]);
            parts.extend(commands.iter().filter_map(scalar).map(Part::Script));
        }
    }
}

/// Scripts that containers give to a shell.
fn of_pods(kind: &str, root: &Node, parts: &mut Vec<Part>) {
    let spec = match kind {
        "Pod" => root.get("spec"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            root.at(&["spec", "template", "spec"])
        }
        "CronJob" => root.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    };
    let Some(spec) = spec else { return };
    for key in ["initContainers", "containers"] {
        for container in spec.items_at(&[key]) {
            let words = |key| container.items_at(&[key]);
            let words: Vec<_> = words("command").iter().chain(words("args")).collect();
            let flag = words.iter().position(|word| {
                word.text().is_some_and(|text| matches!(text, "-c" | "-ec" | "-ce" | "-xc" | "-exc"))
            });
            let script = flag.and_then(|flag| scalar(words.get(flag + 1)?));
            let is_shell = words.iter().any(|word| {
                word.text().is_some_and(|text| {
                    text == "sh" || text == "bash" || text.ends_with("/sh") || text.ends_with("/bash")
                })
            });
            parts.extend(script.filter(|_| is_shell).map(Part::Script));
        }
    }
}

/// A scalar that stands there itself: the text of an alias is read where it is written.
fn scalar(node: &Node) -> Option<Node> {
    match &node.value {
        Value::Scalar(scalar) if !scalar.text.is_empty() => Some(node.clone()),
        Value::Alias(target) if target.span == node.span => scalar(target),
        Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) | Value::Alias(_) => None,
    }
}
