//! What a document is: which program reads it.

/// Which program reads a document, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// An object of the Kubernetes API, or a kind from a custom resource definition that is not read further.
    Kubernetes {
        /// `apiVersion`.
        api_version: String,
        /// `kind`.
        kind: String,
    },
    /// A Compose file.
    Compose,
    /// A `KubeletConfiguration`, whole or a drop-in, also where a NodeConfig, an EC2NodeClass or a ConfigMap holds one.
    KubeletConfiguration,
    /// A document of kubeadm: `InitConfiguration`, `ClusterConfiguration`, `JoinConfiguration`.
    Kubeadm {
        /// `kind`.
        kind: String,
    },
    /// nodeadm's `NodeConfig` of `node.eks.aws/v1alpha1`.
    NodeConfig,
    /// Karpenter's `EC2NodeClass`.
    Ec2NodeClass,
    /// Talos' machine configuration, or a patch of one: `machine` and `cluster`, without a kind.
    TalosMachine,
    /// GKE's node system configuration, as `gcloud --system-config-from-file` takes it.
    GkeNodeSystem,
    /// Docker's `daemon.json`.
    DockerDaemon,
    /// Highwater's own `MemoryPolicy`.
    MemoryPolicy,
    /// A systemd unit or a drop-in of one.
    SystemdUnit,
    /// MIME user data: its parts are documents of their own. Its settings are its headers, in sections named after the part's number,
    /// and its boundaries as they are written, each as the value of a `boundary` in the section that it begins; the closing one in `end`.
    MimeUserData,
    /// A shell script; with settings, an environment file or one of sysctl.
    Shell,
}
