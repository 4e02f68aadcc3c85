//! A script for a node of k3s, whose kubelet runs inside the unit of k3s itself.

use crate::render::node_files::{self, K3S, NodeFile, here_documents};
use crate::render::{RenderNode, Rendered, kubelet};
use model::node_swap::{KubeletWanted, NodeSwap};
use model::outcome::node::SwapBehavior;

/// A kubelet that is told nothing but to bear swap.
pub const NO_SWAP: KubeletWanted = KubeletWanted { behavior: SwapBehavior::NoSwap, eviction: None };

/// Since this version k3s gives the kubelet a folder of configuration (docs.k3s.io, release notes of 1.32).
const CONFIG_FOLDER: u16 = 32;

/// The script.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut wanted = wanted.clone();
    let mut remarks = kubelet::remarks(&wanted, node);
    wanted.kubelet.get_or_insert(NO_SWAP);
    let mut files = node_files::all(&wanted, K3S);
    files.extend(configuration(&wanted, node));
    remarks.push("k3s starts its kubelet with --fail-swap-on=false by itself.".to_owned());
    remarks.push("Run the script before k3s is installed, or restart k3s after it: `systemctl restart k3s`, or k3s-agent.".to_owned());
    let sysctl = if node_files::sysctls(&wanted).is_empty() {
        String::new()
    } else {
        format!("sysctl -q -p {}\n", node_files::SYSCTL)
    };
    let text = format!(
        "#!/bin/sh\n# Puts the swap of this node of k3s in place. A second run changes nothing.\nset -eu\n{}\n\
         systemctl daemon-reload\n{sysctl}systemctl enable {unit}\nsystemctl restart {unit}\n",
        here_documents(&files),
        unit = node_files::UNIT
    );
    Rendered { text: Some(text), remarks }
}

fn configuration(wanted: &NodeSwap, node: RenderNode) -> Vec<NodeFile> {
    let text = kubelet::configuration(wanted, node);
    let file = |path: &str, text: String| NodeFile { path: path.to_owned(), mode: "0644", text };
    if node.kubernetes.0 >= CONFIG_FOLDER {
        return vec![file("/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/90-highwater-swap.conf", text)];
    }
    let path = "/etc/rancher/k3s/kubelet-swap.yaml";
    let argument = format!("kubelet-arg+:\n  - config={path}\n");
    vec![file(path, text), file("/etc/rancher/k3s/config.yaml.d/90-highwater-swap.yaml", argument)]
}
