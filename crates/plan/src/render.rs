//! A node's swap as an artefact for somebody else's tool: one target, one text, and aloud what the target cannot express.

pub mod aks;
pub mod bottlerocket;
pub mod cloud_init;
pub mod eks_nodeadm;
pub mod gke;
pub mod k3s;
pub mod karpenter;
pub mod kubeadm;
pub mod kubelet;
pub mod mime;
pub mod node_files;
pub mod refusal;
pub mod script;
pub mod shell;
pub mod size;
pub mod systemd;
pub mod talos;
pub mod zram_generator;

use kernel::bytes::Bytes;
use model::lint::KubernetesVersion;
use model::node_swap::NodeSwap;

/// What is known of the nodes for which is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderNode {
    /// `MemTotal`; nothing where nodes differ. Scripts compute at boot, fixed fields of a provider cannot.
    pub memory: Option<Bytes>,
    /// The kubelet's version.
    pub kubernetes: KubernetesVersion,
}

/// An artefact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Its text; nothing when the target can express nothing of what is wanted.
    pub text: Option<String>,
    /// What the target cannot express, what is assumed, and what is to be done beside it.
    pub remarks: Vec<String>,
}

/// Whose tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Karpenter's EC2NodeClass with AL2023.
    Karpenter,
    /// User data of an EKS node group with AL2023.
    EksNodeadm,
    /// Files for `kubeadm init` and `kubeadm join`.
    Kubeadm,
    /// `#cloud-config`.
    CloudInit,
    /// Units and the files beside them.
    Systemd,
    /// One script.
    Shell,
    /// Documents of a Talos machine configuration.
    Talos,
    /// An agent pool of Azure.
    Aks,
    /// A node system configuration of Google.
    Gke,
    /// Settings of Bottlerocket.
    Bottlerocket,
    /// A script for a node of k3s.
    K3s,
    /// `zram-generator.conf`.
    ZramGenerator,
}

/// Whether the form of an artefact was checked with something that is not our own knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// By this.
    By(&'static str),
    /// By nothing that runs: its keys were compared once with these types, which are the provider's own.
    Compared(&'static str),
}

impl Target {
    /// All, the proven ones first.
    pub const ALL: [Self; 12] = [
        Self::Karpenter,
        Self::EksNodeadm,
        Self::Kubeadm,
        Self::CloudInit,
        Self::Systemd,
        Self::Shell,
        Self::K3s,
        Self::Talos,
        Self::Aks,
        Self::Gke,
        Self::Bottlerocket,
        Self::ZramGenerator,
    ];

    /// The word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Karpenter => "karpenter",
            Self::EksNodeadm => "eks-nodeadm",
            Self::Kubeadm => "kubeadm",
            Self::CloudInit => "cloud-init",
            Self::Systemd => "systemd",
            Self::Shell => "shell",
            Self::K3s => "k3s",
            Self::Talos => "talos",
            Self::Aks => "aks",
            Self::Gke => "gke",
            Self::Bottlerocket => "bottlerocket",
            Self::ZramGenerator => "zram-generator",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Karpenter => "an EC2NodeClass of Karpenter, AL2023",
            Self::EksNodeadm => "user data of an EKS node group, AL2023",
            Self::Kubeadm => "configuration for kubeadm init and join",
            Self::CloudInit => "a #cloud-config",
            Self::Systemd => "units and files, as `systemctl cat` shows them",
            Self::Shell => "one script: sh swap.sh apply|check|undo",
            Self::K3s => "a script for a node of k3s",
            Self::Talos => "documents of a Talos machine configuration",
            Self::Aks => "kubeletConfig and linuxOSConfig of an AKS node pool",
            Self::Gke => "a node system configuration of GKE",
            Self::Bottlerocket => "settings of Bottlerocket",
            Self::ZramGenerator => "zram-generator.conf",
        }
    }

    /// Whether all that it sets up runs a kubelet which can be told how containers swap.
    #[must_use]
    pub const fn tells_kubelet(self) -> bool {
        match self {
            Self::Karpenter
            | Self::EksNodeadm
            | Self::Kubeadm
            | Self::K3s
            | Self::Talos
            | Self::Gke
            | Self::Bottlerocket => true,
            Self::CloudInit | Self::Systemd | Self::Shell | Self::Aks | Self::ZramGenerator => false,
        }
    }

    /// What its form was checked with.
    #[must_use]
    pub const fn checked(self) -> Checked {
        match self {
            Self::Karpenter => Checked::By("Karpenter's schema, and a first boot in a virtual machine"),
            Self::EksNodeadm => Checked::By("a first boot in a virtual machine with a stand-in for nodeadm"),
            Self::CloudInit => Checked::By("cloud-init schema"),
            Self::Systemd => Checked::By("systemd-analyze verify"),
            Self::Shell => Checked::By("shellcheck, and apply, check and undo in a virtual machine"),
            Self::Aks => Checked::By("the types of Azure's SDK"),
            Self::Gke => Checked::By("the types of Google's client library, swapConfig alone"),
            Self::ZramGenerator => Checked::By("zram-generator 1.1.2"),
            Self::Kubeadm => Checked::Compared("kubeadm's types (cmd/kubeadm/app/apis/kubeadm/v1beta4)"),
            Self::K3s => {
                Checked::Compared("k3s's kubelet.conf.d (pkg/agent/config) and the script of `shell`")
            }
            Self::Talos => Checked::Compared("Talos' types (pkg/machinery/config/types)"),
            Self::Bottlerocket => Checked::Compared("Bottlerocket's settings models (KubernetesSettingsV1)"),
        }
    }
}

/// Renders.
#[must_use]
pub fn render(target: Target, wanted: &NodeSwap, node: RenderNode) -> Rendered {
    if let Some(why) = refusal::why(wanted, node) {
        return Rendered { text: None, remarks: vec![why] };
    }
    let mut rendered = match target {
        Target::Karpenter => karpenter::render(wanted, node),
        Target::EksNodeadm => eks_nodeadm::render(wanted, node),
        Target::Kubeadm => kubeadm::render(wanted, node),
        Target::CloudInit => cloud_init::render(wanted, node),
        Target::Systemd => systemd::render(wanted, node),
        Target::Shell => shell::render(wanted, node),
        Target::Talos => talos::render(wanted, node),
        Target::Aks => aks::render(wanted, node),
        Target::Gke => gke::render(wanted, node),
        Target::Bottlerocket => bottlerocket::render(wanted, node),
        Target::K3s => k3s::render(wanted, node),
        Target::ZramGenerator => zram_generator::render(wanted, node),
    };
    if let (Some(_), Checked::Compared(types)) = (&rendered.text, target.checked()) {
        rendered.remarks.push(format!(
            "Unverified by a tool: its keys were compared with {types}; nothing of `{}` has read this text.",
            target.name()
        ));
    }
    rendered
}
