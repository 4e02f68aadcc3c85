//! `kubeletConfig` and `linuxOSConfig` of a node pool of AKS (Microsoft.ContainerService, agentPools).

use crate::render::{RenderNode, Rendered, size};
use model::node_swap::{NodeSwap, ReclaimStart, SystemSwap};
use model::outcome::node::SwapBehavior;

/// The two objects.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = remarks(wanted);
    let Some(total) = size::on_disks(wanted, node).filter(|total| total.0 > 0) else {
        remarks.push(
            "AKS makes one swap file of a fixed size: give the size, or --node-memory for a share of the memory.".to_owned(),
        );
        return Rendered { text: None, remarks };
    };
    let sysctls = wanted.tuning.swappiness.map_or_else(String::new, |value| {
        format!(",\n    \"sysctls\": {{\n      \"vmSwappiness\": {value}\n    }}")
    });
    let text = format!(
        "{{\n  \"kubeletConfig\": {{\n    \"failSwapOn\": false\n  }},\n  \"linuxOSConfig\": {{\n    \"swapFileSizeMB\": {}{sysctls}\n  }}\n}}\n",
        size::mebibytes(total)
    );
    remarks.push(
        "These are properties of an agent pool in ARM and Bicep. The CLI takes each object as a file, when the pool is made: \
         `jq .kubeletConfig swap.json > kubelet.json; jq .linuxOSConfig swap.json > linux.json; az aks nodepool add … \
         --kubelet-config kubelet.json --linux-os-config linux.json`."
            .to_owned(),
    );
    Rendered { text: Some(text), remarks }
}

fn remarks(wanted: &NodeSwap) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(kubelet) = &wanted.kubelet {
        match kubelet.behavior {
            SwapBehavior::LimitedSwap | SwapBehavior::UnlimitedSwap => remarks.push(
                "AKS takes no memorySwap.swapBehavior (Azure/AKS#4352): pods stay without swap, only what runs outside of them swaps."
                    .to_owned(),
            ),
            SwapBehavior::NoSwap => {}
        }
        if kubelet.eviction.is_some() {
            remarks.push("AKS takes no eviction threshold: it is left out.".to_owned());
        }
    }
    if wanted.areas.len() > 1 {
        remarks.push(
            "AKS makes one swap file: the areas on disks are added up, zram and partitions are left out."
                .to_owned(),
        );
    }
    if size::uses_instance_store(wanted) {
        remarks
            .push("AKS puts its swap file on the temporary disk where there is one, by itself.".to_owned());
    }
    if wanted.zswap.is_some() {
        remarks.push("AKS has no field for zswap.".to_owned());
    }
    if wanted.tuning.page_cluster.is_some() || wanted.tuning.reclaim != ReclaimStart::Left {
        remarks.push(
            "Of the tunables AKS takes vm.swappiness alone; page-cluster and watermarks are left out."
                .to_owned(),
        );
    }
    if wanted.system == SystemSwap::KeptAway {
        remarks.push("AKS cannot keep system.slice from swapping.".to_owned());
    }
    remarks
}
