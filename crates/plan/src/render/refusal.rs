//! Why a wish cannot be rendered for anybody.

use crate::render::RenderNode;
use model::node_swap::{Backing, NodeSwap};
use model::outcome::node::SwapBehavior;

/// `UnlimitedSwap` is gone since (KEP-2400, beta 2).
const NO_UNLIMITED_SWAP: u16 = 30;

/// The gate `NodeSwap` came with it (KEP-2400, alpha).
const NODE_SWAP: u16 = 22;

/// Why not, if so.
#[must_use]
pub fn why(wanted: &NodeSwap, node: RenderNode) -> Option<String> {
    let version = node.kubernetes.0;
    if let Some(word) = words(wanted).into_iter().find(|word| !is_plain(word)) {
        return Some(format!(
            "`{}` cannot be written into scripts and units safely: expected letters, digits and the signs / . _ - + @ :",
            word.escape_debug()
        ));
    }
    let kubelet = wanted.kubelet.as_ref()?;
    if version < NODE_SWAP {
        return Some(format!("The kubelet 1.{version} knows no swap: 1.{NODE_SWAP} is the first that does."));
    }
    if kubelet.behavior == SwapBehavior::UnlimitedSwap && version >= NO_UNLIMITED_SWAP {
        return Some(format!(
            "The kubelet 1.{version} does not start with UnlimitedSwap, which 1.{NO_UNLIMITED_SWAP} removed: use LimitedSwap."
        ));
    }
    None
}

/// Every word of the wish that goes into a script, a unit or a document as it is.
fn words(wanted: &NodeSwap) -> Vec<&str> {
    let mut words = Vec::new();
    for area in &wanted.areas {
        match &area.backing {
            Backing::File { path, size: _ } => words.push(path.as_str()),
            Backing::Partition { device } => words.push(device),
            Backing::Zram { size: _, algorithm } => words.extend(algorithm.as_deref()),
            Backing::InstanceStore { mount_point, file, size: _, fallback } => {
                words.extend([mount_point.as_str(), file]);
                words.extend(fallback.as_deref());
            }
        }
    }
    words.extend(wanted.zswap.as_ref().and_then(|zswap| zswap.compressor.as_deref()));
    words
}

/// Whether a word means the same in a shell, in a unit, in YAML and to awk, and is no option.
fn is_plain(word: &str) -> bool {
    let is_safe = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b':')
    };
    !word.is_empty() && !word.starts_with('-') && word.bytes().all(is_safe)
}
