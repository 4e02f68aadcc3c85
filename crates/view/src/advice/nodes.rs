//! What the advised containers ask of the nodes they run on, in sentences.

use crate::units::{bytes, count, duration};
use kernel::bytes::Bytes;
use model::recommendation::AskedOfNodes;
use std::time::Duration;

/// The swap that is needed at once, what is promised, and the watermarks.
#[must_use]
pub fn sentences(asked: &AskedOfNodes) -> Vec<String> {
    let AskedOfNodes { node_memory, node_swap, swap_needed, swap_promised, .. } = *asked;
    let enough = if swap_needed <= node_swap { "is enough" } else { "is too little" };
    let overcommit = asked.overcommit.map_or_else(
        || "the node has none".to_owned(),
        |overcommit| format!("{overcommit:.1} times what the node has, which is fine as peaks seldom meet"),
    );
    let overcommit = if swap_promised <= node_swap { "the node has it".to_owned() } else { overcommit };
    vec![
        format!(
            "Nodes of {}: the requests fill {}, packed one after the other, as where each runs is not known.",
            bytes(node_memory),
            count(asked.nodes, "node")
        ),
        format!(
            "Node swap: {} at once is needed (all but a thousandth of the time, and 30 %): {} {enough}. The limits promise {}: {overcommit}.",
            if swap_needed == Bytes::ZERO { "none".to_owned() } else { bytes(swap_needed) },
            bytes(node_swap),
            bytes(swap_promised)
        ),
        format!(
            "Watermarks: vm.min_free_kbytes={} and vm.watermark_scale_factor={}, so that the kernel reclaims before the kubelet evicts \
             below {}. Memory grew by up to {} in a second, seen every {}; a disk that takes {} in a second is assumed.",
            asked.min_free_kib,
            asked.scale_factor,
            bytes(asked.eviction_hard),
            bytes(asked.growth_per_second),
            duration(Duration::from_secs(asked.interval_seconds)),
            bytes(asked.swap_write_per_second)
        ),
        "Set both: highwater node plan --help".to_owned(),
    ]
}
