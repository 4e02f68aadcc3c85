//! Sizes in the units of scripts and providers.

use crate::render::RenderNode;
use crate::swap_size;
use kernel::bytes::Bytes;
use model::node_swap::{Backing, NodeSwap, SwapSize};

/// The size as the script of `render::script` takes it: MiB, or a share that it computes at boot.
#[must_use]
pub fn for_script(size: SwapSize) -> String {
    match size {
        SwapSize::Fixed(bytes) => mebibytes(bytes).to_string(),
        SwapSize::OfMemory(share) => format!("memory:{share}"),
        SwapSize::OfDisk(share) => format!("disk:{share}"),
    }
}

/// Whole MiB.
#[must_use]
pub const fn mebibytes(bytes: Bytes) -> u64 {
    bytes.0 >> 20
}

/// Whole GiB, rounded up.
#[must_use]
pub const fn gibibytes(bytes: Bytes) -> u64 {
    bytes.0.div_ceil(1 << 30)
}

/// All that the disks shall hold together; nothing when a part is a share of something unknown.
#[must_use]
pub fn on_disks(wanted: &NodeSwap, node: RenderNode) -> Option<Bytes> {
    wanted.areas.iter().filter_map(|area| disk_size(&area.backing)).try_fold(Bytes::ZERO, |sum, size| {
        Some(sum.saturating_add(swap_size::bytes(size, node.memory, None)?))
    })
}

/// The size of what lies on the root disk, or falls back to it.
#[must_use]
pub fn on_root(wanted: &NodeSwap, node: RenderNode) -> Option<Bytes> {
    wanted
        .areas
        .iter()
        .filter_map(|area| match &area.backing {
            Backing::File { size, path: _ }
            | Backing::InstanceStore { size, fallback: Some(_), mount_point: _, file: _ } => Some(*size),
            Backing::InstanceStore { fallback: None, .. }
            | Backing::Partition { .. }
            | Backing::Zram { .. } => None,
        })
        .try_fold(Bytes::ZERO, |sum, size| {
            Some(sum.saturating_add(swap_size::bytes(size, node.memory, None)?))
        })
}

/// The size of swap that lies on a disk.
#[must_use]
pub const fn disk_size(backing: &Backing) -> Option<SwapSize> {
    match backing {
        Backing::File { size, path: _ }
        | Backing::InstanceStore { size, mount_point: _, file: _, fallback: _ } => Some(*size),
        Backing::Partition { .. } | Backing::Zram { .. } => None,
    }
}

/// Whether every page goes to compressed memory or to the node's own fast disks.
#[must_use]
pub fn uses_instance_store(wanted: &NodeSwap) -> bool {
    wanted.areas.iter().any(|area| matches!(area.backing, Backing::InstanceStore { .. }))
}
