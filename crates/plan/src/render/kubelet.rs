//! What the kubelet is told about swap, as lines of YAML, for each version.
//!
//! Fields are those of kubelet.config.k8s.io/v1beta1; versions are KEP-2400's. The gate `NodeSwap` is on since 1.30 and locked since
//! 1.34: later versions are told nothing of it.

use crate::render::RenderNode;
use kernel::bytes::Bytes;
use model::node_swap::{KubeletWanted, NodeSwap, ReclaimStart, SwapSize};
use model::outcome::node::SwapBehavior;

/// The kubelet's default of `evictionHard["memory.available"]`.
const EVICTION_DEFAULT: Bytes = Bytes::from_mib(100);

/// The first version whose gate is on, and which knows `NoSwap`.
const GATE_ON: u16 = 30;

/// The first version that computes shares on cgroup v2, with swap in its figures.
const SHARES: u16 = 28;

/// More than this, in percent of the memory, is memory that nobody uses.
const KEPT_FREE_PERCENT_MAX: u64 = 15;

/// The other signals with their defaults: with one signal set, the kubelet drops the defaults of all others (`mergeDefaultEvictionSettings`
/// is false by default).
const OTHER_SIGNALS: [&str; 4] = [
    "  nodefs.available: 10%",
    "  nodefs.inodesFree: 5%",
    "  imagefs.available: 15%",
    "  imagefs.inodesFree: 5%",
];

/// At how much available memory the kubelet evicts.
#[must_use]
pub fn eviction(wanted: &NodeSwap) -> Bytes {
    wanted.kubelet.as_ref().and_then(|kubelet| kubelet.eviction).unwrap_or(EVICTION_DEFAULT)
}

/// The fields.
#[must_use]
pub fn fields(wanted: &NodeSwap, node: RenderNode) -> Vec<String> {
    let mut lines = vec!["failSwapOn: false".to_owned()];
    let Some(kubelet) = &wanted.kubelet else { return lines };
    if let Some(behavior) = behavior(kubelet, node) {
        lines.extend(["memorySwap:".to_owned(), format!("  swapBehavior: {behavior}")]);
    }
    if node.kubernetes.0 < GATE_ON {
        lines.extend(["featureGates:".to_owned(), "  NodeSwap: true".to_owned()]);
    }
    if let Some(eviction) = kubelet.eviction {
        lines.extend([
            "evictionHard:".to_owned(),
            format!("  memory.available: {}", SwapSize::Fixed(eviction)),
        ]);
        lines.extend(OTHER_SIGNALS.map(str::to_owned));
    }
    lines
}

/// A whole KubeletConfiguration.
#[must_use]
pub fn configuration(wanted: &NodeSwap, node: RenderNode) -> String {
    let head = ["apiVersion: kubelet.config.k8s.io/v1beta1", "kind: KubeletConfiguration"].map(str::to_owned);
    indented(&[head.to_vec(), fields(wanted, node)].concat(), 0)
}

/// Lines below each other, so many blanks to the right.
#[must_use]
pub fn indented(lines: &[String], blanks: usize) -> String {
    lines.iter().map(|line| format!("{:blanks$}{line}\n", "")).collect()
}

/// A text so many blanks to the right; empty lines stay empty.
#[must_use]
pub fn block(text: &str, blanks: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:blanks$}{line}\n", "") };
    text.lines().map(line).collect()
}

/// `memorySwap.swapBehavior`, where this version knows the word.
fn behavior(kubelet: &KubeletWanted, node: RenderNode) -> Option<&'static str> {
    match kubelet.behavior {
        SwapBehavior::NoSwap => (node.kubernetes.0 >= GATE_ON).then_some("NoSwap"),
        SwapBehavior::LimitedSwap => Some("LimitedSwap"),
        SwapBehavior::UnlimitedSwap => Some("UnlimitedSwap"),
    }
}

/// What is worth saying of the kubelet.
#[must_use]
pub fn remarks(wanted: &NodeSwap, node: RenderNode) -> Vec<String> {
    let version = node.kubernetes.0;
    let Some(kubelet) = &wanted.kubelet else {
        return vec![
            "Nothing is said of the kubelet's behaviour, so containers do not swap: --swap-behavior LimitedSwap changes that."
                .to_owned(),
        ];
    };
    let mut remarks = Vec::new();
    match kubelet.behavior {
        SwapBehavior::NoSwap if version < GATE_ON => remarks.push(format!(
            "The kubelet 1.{version} does not know NoSwap, so its own default holds: containers may swap."
        )),
        SwapBehavior::NoSwap => remarks.push(
            "With NoSwap no container swaps: only what runs outside of pods does.".to_owned(),
        ),
        SwapBehavior::LimitedSwap if version < SHARES => remarks.push(format!(
            "The kubelet 1.{version} gives no shares of swap: LimitedSwap leaves a container no swap beyond its memory limit."
        )),
        SwapBehavior::LimitedSwap | SwapBehavior::UnlimitedSwap => {}
    }
    if let ReclaimStart::AboveEviction = wanted.tuning.reclaim {
        remarks.push(reclaim(wanted, node));
    }
    if version < GATE_ON {
        remarks.push(format!("The gate NodeSwap is off by default in 1.{version}; it is switched on here. From 1.30 it must go."));
    }
    remarks
}

/// How the line was found, and whether it costs too much.
fn reclaim(wanted: &NodeSwap, node: RenderNode) -> String {
    let eviction = eviction(wanted);
    let is_much = node.memory.is_some_and(|memory| eviction.0 > memory.0 / 100 * KEPT_FREE_PERCENT_MAX);
    let costs = if is_much {
        format!(" That is more than {KEPT_FREE_PERCENT_MAX}% of the memory, kept free.")
    } else {
        String::new()
    };
    format!(
        "vm.min_free_kbytes is the eviction threshold of {}, so that kswapd wakes a quarter above it on every machine; \
         `highwater node plan` on a node computes it from the zones.{costs}",
        SwapSize::Fixed(eviction)
    )
}
