//! Settings of Bottlerocket (bottlerocket-settings-sdk 0.11, Bottlerocket 1.42 and later).

use crate::render::{RenderNode, Rendered, node_files};
use model::node_swap::{Backing, NodeSwap, SwapSize, SystemSwap};

/// The settings.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = remarks(wanted);
    let mut text = String::new();
    if let Some(kubelet) = &wanted.kubelet {
        let behavior = kubelet.behavior.name();
        text.push_str(&format!("[settings.kubernetes]\nmemory-swap-behavior = \"{behavior}\"\n"));
        if let Some(eviction) = kubelet.eviction {
            text.push_str(&format!(
                "\n[settings.kubernetes.eviction-hard]\n\"memory.available\" = \"{}\"\n",
                SwapSize::Fixed(eviction)
            ));
        }
        remarks.push(format!(
            "Settings of Bottlerocket 1.42 and later; this wish is for Kubernetes 1.{}.",
            node.kubernetes.0
        ));
    }
    let sysctls = node_files::sysctls(wanted);
    if !sysctls.is_empty() {
        text.push_str("\n[settings.kernel.sysctl]\n");
        text.extend(sysctls.iter().map(|(key, value)| format!("\"{key}\" = \"{value}\"\n")));
    }
    if text.is_empty() {
        remarks.push("Nothing of the wish is a setting of Bottlerocket.".to_owned());
        return Rendered { text: None, remarks };
    }
    Rendered { text: Some(text.trim_start().to_owned()), remarks }
}

fn remarks(wanted: &NodeSwap) -> Vec<String> {
    let mut remarks = Vec::new();
    let is_expressed = |backing: &Backing| matches!(backing, Backing::Zram { .. });
    if wanted.areas.iter().any(|area| !is_expressed(&area.backing)) {
        remarks.push(
            "Bottlerocket has no setting for a swap file or a swap partition: those areas are left out."
                .to_owned(),
        );
    }
    remarks.push(
        "Its swap is a zram of 1 GiB that its variants with prepare-swap.service make; no setting changes the size \
         (bottlerocket#4903). A share of it is what containers get."
            .to_owned(),
    );
    if wanted.zswap.is_some() {
        remarks.push("There is no setting for zswap.".to_owned());
    }
    if wanted.system == SystemSwap::KeptAway {
        remarks.push("There is no setting that keeps the host's services from swapping.".to_owned());
    }
    remarks
}
