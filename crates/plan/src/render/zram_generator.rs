//! `/etc/systemd/zram-generator.conf` (systemd/zram-generator, man/zram-generator.conf.md).

use crate::render::{RenderNode, Rendered, kubelet, size};
use model::node_swap::{Backing, NodeSwap, SwapSize};

/// The file.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = Vec::new();
    let mut sections = Vec::new();
    for area in &wanted.areas {
        let Backing::Zram { size, algorithm } = &area.backing else { continue };
        let mut lines =
            vec![format!("[zram{}]", sections.len()), format!("zram-size = {}", expression(*size))];
        lines.extend(algorithm.as_ref().map(|name| format!("compression-algorithm = {name}")));
        lines.extend(area.priority.map(|priority| format!("swap-priority = {priority}")));
        sections.push(kubelet::indented(&lines, 0));
    }
    if sections.len() < wanted.areas.len() {
        remarks.push("zram-generator makes zram alone: the other areas are left out.".to_owned());
    }
    if wanted.kubelet.is_some()
        || wanted.zswap.is_some()
        || wanted.tuning != model::node_swap::Tuning::default()
    {
        remarks.push(
            "Kubelet, zswap and tunables are not its business: `--for systemd` has files for them."
                .to_owned(),
        );
        remarks.extend(kubelet::remarks(wanted, node));
    }
    if sections.is_empty() {
        remarks.push("There is no zram among the areas: --zram SIZE adds one.".to_owned());
        return Rendered { text: None, remarks };
    }
    remarks.push("It stands in /etc/systemd/zram-generator.conf; the device comes at the next boot, before swap.target.".to_owned());
    Rendered { text: Some(sections.join("\n")), remarks }
}

/// `ram` is the machine's memory in MB, which here are MiB.
fn expression(size: SwapSize) -> String {
    match size {
        SwapSize::Fixed(bytes) => size::mebibytes(bytes).to_string(),
        SwapSize::OfMemory(share) => format!("ram * {share}"),
        SwapSize::OfDisk(_) => "0".to_owned(),
    }
}
