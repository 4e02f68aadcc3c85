//! Configuration for `kubeadm init` and `kubeadm join` (kubernetes/cmd/kubeadm, `kubeadm.k8s.io`).

use crate::render::{RenderNode, Rendered, kubelet};
use model::node_swap::NodeSwap;

/// The first version with `kubeadm.k8s.io/v1beta4`.
const V1BETA4: u16 = 31;

/// Where `kubeadm join` finds patches.
const PATCHES: &str = "/etc/kubernetes/patches";

/// The documents. init takes the KubeletConfiguration for the whole cluster; join takes the cluster's, and this node's patch over it.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let version = node.kubernetes.0;
    let api = if version >= V1BETA4 { "v1beta4" } else { "v1beta3" };
    let text = format!(
        "apiVersion: kubeadm.k8s.io/{api}\nkind: ClusterConfiguration\nkubernetesVersion: v1.{version}.0\n---\n\
         apiVersion: kubeadm.k8s.io/{api}\nkind: JoinConfiguration\ndiscovery:\n  file:\n    \
         kubeConfigPath: /etc/kubernetes/discovery.conf\npatches:\n  directory: {PATCHES}\n---\n{}",
        kubelet::configuration(wanted, node)
    );
    let mut remarks = kubelet::remarks(wanted, node);
    remarks.extend([
        "kubeadm tells the kubelet; it makes no swap and sets no tunables: `--for systemd`, `cloud-init` or `shell` with the same flags \
         do that, before kubeadm runs."
            .to_owned(),
        "`kubeadm init --config` reads ClusterConfiguration and KubeletConfiguration: the latter holds for every node that joins."
            .to_owned(),
        format!(
            "`kubeadm join --config` reads JoinConfiguration. On a node that alone shall swap, write the KubeletConfiguration to \
             {PATCHES}/kubeletconfiguration+strategic.yaml; without that file leave `patches` out."
        ),
        "discovery.file is one of kubeadm's ways; put your own in. kubernetesVersion names the first release of its line."
            .to_owned(),
        "kubeadm's check `Swap` only warns: --ignore-preflight-errors=Swap is not needed.".to_owned(),
    ]);
    Rendered { text: Some(text), remarks }
}
