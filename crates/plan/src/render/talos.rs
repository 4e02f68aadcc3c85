//! Documents of a Talos machine configuration: SwapVolumeConfig, ZswapConfig and a patch of `machine` (Talos 1.11 and later).

use crate::render::{RenderNode, Rendered, kubelet, node_files, size};
use crate::swap_size;
use model::node_swap::{Backing, NodeSwap, SwapSize};

/// The documents.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut remarks = kubelet::remarks(wanted, node);
    let mut documents = vec![machine(wanted, node)];
    documents.extend(volumes(wanted, node, &mut remarks));
    if let Some(zswap) = wanted.zswap.as_ref().filter(|zswap| zswap.is_enabled) {
        let share = zswap.max_pool_percent.unwrap_or(20);
        documents.push(format!(
            "apiVersion: v1alpha1\nkind: ZswapConfig\nmaxPoolPercent: {share}\nshrinkerEnabled: true\n"
        ));
        if let Some(compressor) = &zswap.compressor {
            remarks.push(format!("Talos has no choice of zswap's compressor: `{compressor}` is left out."));
        }
    }
    if wanted.areas.iter().any(|area| matches!(area.backing, Backing::File { .. })) {
        remarks.push(
            "The system disk has room for a swap partition only where EPHEMERAL has a maxSize (VolumeConfig).".to_owned(),
        );
    }
    remarks.push("Swap is a partition here, encrypted with a key made from the node's identity; Talos makes no swap files.".to_owned());
    remarks.push("Apply it as a patch: `talosctl patch machineconfig --patch @swap.yaml`.".to_owned());
    if documents.len() == 1 {
        remarks.push("Talos can express none of the areas that are wanted.".to_owned());
        return Rendered { text: None, remarks };
    }
    Rendered { text: Some(documents.join("---\n")), remarks }
}

fn machine(wanted: &NodeSwap, node: RenderNode) -> String {
    let mut text = "machine:\n  kubelet:\n    extraConfig:\n".to_owned();
    // Talos sets failSwapOn to false by itself (`newKubeletConfiguration`).
    let fields: Vec<String> =
        kubelet::fields(wanted, node).into_iter().filter(|line| line != "failSwapOn: false").collect();
    text.push_str(&kubelet::indented(&fields, 6));
    let sysctls = node_files::sysctls(wanted);
    if !sysctls.is_empty() {
        text.push_str("  sysctls:\n");
        text.extend(sysctls.iter().map(|(key, value)| format!("    {key}: \"{value}\"\n")));
    }
    text
}

fn volumes(wanted: &NodeSwap, node: RenderNode, remarks: &mut Vec<String>) -> Vec<String> {
    let mut volumes = Vec::new();
    for area in &wanted.areas {
        if let Backing::Zram { .. } = area.backing {
            remarks.push(
                "Talos sets up no zram: that area is left out. zswap is its compressed memory.".to_owned(),
            );
            continue;
        }
        if area.priority.is_some() {
            remarks.push("SwapVolumeConfig has no priority: it is left out.".to_owned());
        }
        let number = volumes.len() + 1;
        if let Some(volume) = volume(&area.backing, node, number, remarks) {
            volumes.push(volume);
        }
    }
    volumes
}

fn volume(backing: &Backing, node: RenderNode, number: usize, remarks: &mut Vec<String>) -> Option<String> {
    let (disk, size) = match backing {
        Backing::File { size, path: _ } => ("system_disk".to_owned(), *size),
        Backing::InstanceStore { size, fallback, mount_point: _, file: _ } => {
            remarks.push("The instance store is taken for the NVMe disk that is not the system's: adapt `match` to your machines.".to_owned());
            if fallback.is_some() {
                remarks.push(
                    "SwapVolumeConfig has no fallback: a machine without such a disk gets no swap."
                        .to_owned(),
                );
            }
            ("disk.transport == \"nvme\" && !system_disk".to_owned(), *size)
        }
        Backing::Partition { device } => {
            remarks.push(format!("Talos makes its own partition on {device}; it fills the disk."));
            return Some(document(
                number,
                &format!("disk.dev_path == \"{device}\""),
                "    grow: true\n    minSize: 1GiB\n",
            ));
        }
        Backing::Zram { .. } => return None,
    };
    let bytes = swap_size::bytes(size, node.memory, None);
    let Some(bytes) = bytes else {
        remarks.push(match size {
            SwapSize::OfMemory(_) => {
                "A share of the memory needs --node-memory here: the area is left out.".to_owned()
            }
            SwapSize::OfDisk(_) | SwapSize::Fixed(_) => {
                "A share of a disk cannot be expressed: the area is left out.".to_owned()
            }
        });
        return None;
    };
    let size = size::mebibytes(bytes);
    Some(document(number, &disk, &format!("    minSize: {size}MiB\n    maxSize: {size}MiB\n")))
}

fn document(number: usize, disk: &str, sizes: &str) -> String {
    format!(
        "apiVersion: v1alpha1\nkind: SwapVolumeConfig\nname: swap{number}\nprovisioning:\n  diskSelector:\n    match: '{disk}'\n{}\
         encryption:\n  provider: luks2\n  keys:\n    - slot: 0\n      nodeID: {{}}\n",
        sizes.replace("    ", "  ")
    )
}
