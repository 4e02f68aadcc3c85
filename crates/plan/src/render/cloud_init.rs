//! A `#cloud-config` that writes the files and starts the unit (cloud-init's modules write_files and runcmd).

use crate::render::{RenderNode, Rendered, kubelet, node_files, systemd};
use model::node_swap::NodeSwap;

/// The configuration.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut text = "#cloud-config\nwrite_files:\n".to_owned();
    for file in systemd::files(wanted, node) {
        text.push_str(&format!(
            "  - path: {}\n    permissions: '{}'\n    content: |\n{}",
            file.path,
            file.mode,
            kubelet::block(&file.text, 6)
        ));
    }
    text.push_str("runcmd:\n  - [systemctl, daemon-reload]\n");
    if !node_files::sysctls(wanted).is_empty() {
        text.push_str(&format!("  - [sysctl, -q, -p, {}]\n", node_files::SYSCTL));
    }
    text.push_str(&format!("  - [systemctl, enable, --now, {}]\n", node_files::UNIT));
    let mut remarks = systemd::remarks(wanted, node);
    remarks
        .push("cloud-init runs this at the first boot of an instance; later boots have the unit.".to_owned());
    Rendered { text: Some(text), remarks }
}
