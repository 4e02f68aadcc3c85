//! Units and the files beside them, each below a comment with its path, as `systemctl cat` shows them.

use crate::render::node_files::{self, GENERAL, NodeFile};
use crate::render::{RenderNode, Rendered, kubelet};
use model::node_swap::NodeSwap;

/// The kubelet's folder of configuration, and the drop-in that names it.
const KUBELET_FOLDER: &str = "/etc/kubernetes/kubelet.conf.d";

/// The folder needs no variable since this version (KEP-3983).
const CONFIG_DIR: u16 = 30;

/// The files.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let text: Vec<String> =
        files(wanted, node).iter().map(|file| format!("# {}\n{}", file.path, file.text)).collect();
    let mut remarks = remarks(wanted, node);
    remarks.push(format!(
        "Write each file where its first line says, {} with mode 0755; then `systemctl daemon-reload && systemctl enable --now {}`.",
        crate::render::script::PATH,
        node_files::UNIT
    ));
    Rendered { text: Some(text.join("\n")), remarks }
}

/// The files of any system that is nobody's in particular, with the kubelet's configuration.
#[must_use]
pub fn files(wanted: &NodeSwap, node: RenderNode) -> Vec<NodeFile> {
    let mut files = node_files::all(wanted, GENERAL);
    if wanted.kubelet.is_none() {
        return files;
    }
    let alpha =
        if node.kubernetes.0 < CONFIG_DIR { "Environment=KUBELET_CONFIG_DROPIN_DIR_ALPHA=on\n" } else { "" };
    files.push(NodeFile {
        path: format!("{KUBELET_FOLDER}/90-highwater-swap.conf"),
        mode: "0644",
        text: kubelet::configuration(wanted, node),
    });
    files.push(NodeFile {
        path: "/etc/systemd/system/kubelet.service.d/20-highwater-swap-config.conf".to_owned(),
        mode: "0644",
        text: format!("[Service]\n{alpha}Environment=KUBELET_EXTRA_ARGS=--config-dir={KUBELET_FOLDER}\n"),
    });
    files
}

/// What is said wherever these files are used.
#[must_use]
pub fn remarks(wanted: &NodeSwap, node: RenderNode) -> Vec<String> {
    if wanted.kubelet.is_none() {
        return Vec::new();
    }
    let mut remarks = kubelet::remarks(wanted, node);
    remarks.push(
        "The kubelet hears of its folder by KUBELET_EXTRA_ARGS, as kubeadm's packages have it; a line in /etc/default/kubelet or \
         /etc/sysconfig/kubelet that sets the variable too wins. Other kubelets: give them --config-dir yourself."
            .to_owned(),
    );
    remarks.push("A kubelet that runs already sees swap only after `systemctl restart kubelet`.".to_owned());
    remarks
}
