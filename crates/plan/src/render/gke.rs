//! A node system configuration of GKE (container.googleapis.com v1, LinuxNodeConfig.SwapConfig).

use crate::render::{RenderNode, Rendered, node_files, size};
use crate::swap_size;
use model::node_swap::{Backing, NodeSwap, SwapSize, SystemSwap};
use model::outcome::node::SwapBehavior;

/// The first version with swap, on Standard node pools (1.34.1-gke.1341000).
const SWAP: u16 = 34;

/// The configuration.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = remarks(wanted);
    if node.kubernetes.0 < SWAP {
        remarks.push(format!("GKE has swap from 1.{SWAP}.1-gke.1341000 on, not in 1.{}.", node.kubernetes.0));
        return Rendered { text: None, remarks };
    }
    let first = wanted.areas.iter().find_map(|area| profile(&area.backing, node));
    let Some(profile) = first else {
        remarks.push("GKE swaps to its boot disk or a local SSD: none of the areas can be expressed. A share of the memory needs --node-memory.".to_owned());
        return Rendered { text: None, remarks };
    };
    let text =
        format!("linuxConfig:\n{}  swapConfig:\n    enabled: true\n{profile}", sysctls(wanted, &mut remarks));
    remarks.push("On the boot disk swap may take half of the disk at most. GKE encrypts swap with a key that nobody keeps.".to_owned());
    remarks.push("`gcloud container node-pools create … --system-config-from-file=swap.yaml`, Standard clusters alone.".to_owned());
    Rendered { text: Some(text), remarks }
}

/// The tunables that GKE takes; `vm.page-cluster` is none of them (LinuxNodeConfig.sysctls).
fn sysctls(wanted: &NodeSwap, remarks: &mut Vec<String>) -> String {
    let all = node_files::sysctls(wanted);
    let lines: Vec<String> = all
        .iter()
        .filter(|(key, _)| *key != "vm.page-cluster")
        .map(|(key, value)| format!("    {key}: '{value}'\n"))
        .collect();
    if lines.len() < all.len() {
        remarks.push("GKE does not take vm.page-cluster: it is left out.".to_owned());
    }
    if lines.is_empty() { String::new() } else { format!("  sysctl:\n{}", lines.concat()) }
}

fn profile(backing: &Backing, node: RenderNode) -> Option<String> {
    let (name, wanted) = match backing {
        Backing::File { size, path: _ } => ("bootDiskProfile", *size),
        Backing::InstanceStore { size, mount_point: _, file: _, fallback: _ } => {
            ("ephemeralLocalSsdProfile", *size)
        }
        Backing::Partition { .. } | Backing::Zram { .. } => return None,
    };
    let size = match wanted {
        SwapSize::OfDisk(share) => format!("swapSizePercent: {:.0}", share * 100.0),
        SwapSize::Fixed(_) | SwapSize::OfMemory(_) => {
            format!("swapSizeGib: {}", size::gibibytes(swap_size::bytes(wanted, node.memory, None)?))
        }
    };
    Some(format!("    {name}:\n      {size}\n"))
}

fn remarks(wanted: &NodeSwap) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(kubelet) = &wanted.kubelet {
        match kubelet.behavior {
            SwapBehavior::NoSwap => remarks.push(
                "GKE gives Burstable pods swap whenever swap is on: NoSwap cannot be expressed.".to_owned(),
            ),
            SwapBehavior::LimitedSwap | SwapBehavior::UnlimitedSwap => {}
        }
        if kubelet.eviction.is_some() {
            remarks.push("The hard eviction threshold is GKE's own: it is left out.".to_owned());
        }
    }
    if wanted.areas.len() > 1 {
        remarks.push("GKE has one place for swap: the first of the areas that it can express.".to_owned());
    }
    if wanted
        .areas
        .iter()
        .any(|area| matches!(area.backing, Backing::InstanceStore { fallback: Some(_), .. }))
    {
        remarks.push(
            "There is no fallback: the pool must have local SSDs for pods' ephemeral storage.".to_owned(),
        );
    }
    if wanted.zswap.is_some() {
        remarks.push("GKE has no field for zswap.".to_owned());
    }
    if wanted.system == SystemSwap::KeptAway {
        remarks.push("GKE cannot keep system.slice from swapping.".to_owned());
    }
    remarks
}
