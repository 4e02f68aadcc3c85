//! The kubelet's settings in force, who told them, and what they mean for pods.

use super::machine::daemon;
use super::{entry, title};
use crate::text::Line;
use crate::units::bytes;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::node::Node;
use model::node_check::{Completeness, EvictionThreshold, KubeletInForce, NodeCheck};
use model::outcome::node::{Assumption, NodeSetup, Origin, SwapBehavior};

/// The block; nothing without a kubelet.
pub fn kubelet(node: &Node, check: &NodeCheck, width: usize) -> Vec<Line> {
    let (Some(settings), Some(found)) = (&check.kubelet, node.kubelet.value()) else { return Vec::new() };
    let is_assumed = check.setup.assumed.iter().any(|one| matches!(one, Assumption::KubernetesVersion(_)));
    let version = match found.version.value() {
        _ if is_assumed => format!("version not known: 1.{} is assumed", check.setup.kubernetes.0),
        Some(version) => format!("version {version}"),
        None => format!("version 1.{}", check.setup.kubernetes.0),
    };
    let process = found.process.value().map_or_else(|| "does not run".to_owned(), daemon);
    let mut lines = vec![title("Kubelet")];
    lines.extend(entry("process", &format!("{process}; {version}"), width));
    let told = |value: &str, origin: &Origin| match (origin, settings.completeness) {
        (Origin::Default, Completeness::Partial) => {
            "not known: not all of its configuration could be read".to_owned()
        }
        (Origin::Default | Origin::Flag(_) | Origin::File { .. } | Origin::ImpliedBy(_), _) => {
            format!("{value}  ({})", who(origin))
        }
    };
    for (name, text) in [
        ("failSwapOn", told(word(settings.fail_swap_on.value), &settings.fail_swap_on.origin)),
        ("swapBehavior", told(behavior(settings), &settings.behavior.origin)),
        ("evicts below", told(&threshold(settings), &settings.eviction.origin)),
        ("cgroupDriver", told(&settings.cgroup_driver.value, &settings.cgroup_driver.origin)),
    ] {
        lines.extend(entry(name, &text, width));
    }
    let pods = match settings.known(&settings.behavior) {
        Some(_) => pods(&check.setup),
        None => "may or may not swap: the behaviour is not known".to_owned(),
    };
    lines.extend(entry("so pods", &pods, width));
    lines
}

const fn word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn behavior(settings: &KubeletInForce) -> &str {
    match settings.behavior.value.as_str() {
        "" => "not set",
        told => told,
    }
}

fn threshold(settings: &KubeletInForce) -> String {
    match settings.eviction.value {
        Some(EvictionThreshold::At(amount)) => format!("{} of available memory", bytes(amount)),
        Some(EvictionThreshold::Ratio(ratio)) => format!("{:.0} % of the memory", ratio * 100.0),
        None => "never for memory".to_owned(),
    }
}

/// Who told a setting.
pub fn who(origin: &Origin) -> String {
    match origin {
        Origin::Flag(flag) => (*flag).to_owned(),
        Origin::File { name, .. } if name == "/configz" => "/configz".to_owned(),
        Origin::File { name, line } => format!("{name}:{line}"),
        Origin::Default => "default".to_owned(),
        Origin::ImpliedBy(flag) => format!("{flag} implies it"),
    }
}

/// What becomes of pods of each class.
fn pods(setup: &NodeSetup) -> String {
    match (setup.behavior, setup.cgroup) {
        _ if !setup.swap_controller => "may all swap without limit: the kernel cannot limit swap".to_owned(),
        _ if setup.swap == Some(Bytes::ZERO) => "do not swap: there is no swap".to_owned(),
        (SwapBehavior::NoSwap, _) => "of every class do not swap".to_owned(),
        (SwapBehavior::UnlimitedSwap, CgroupVersion::V2) => "of every class swap without limit".to_owned(),
        (SwapBehavior::LimitedSwap | SwapBehavior::UnlimitedSwap, CgroupVersion::V1) => {
            "do not swap: it needs cgroup v2".to_owned()
        }
        (SwapBehavior::LimitedSwap, CgroupVersion::V2) => limited(setup),
    }
}

fn limited(setup: &NodeSetup) -> String {
    let share = setup.memory.zip(setup.swap).and_then(|(memory, swap)| share_of_gib(memory, swap));
    let share = share.map_or_else(
        || "a share of the swap".to_owned(),
        |share| format!("{} of swap for each GiB of its request", bytes(share)),
    );
    format!(
        "that are Guaranteed, BestEffort or critical do not swap; a container of a Burstable pod gets {share}, none when its request \
         equals its limit or is missing"
    )
}

/// What a request of 1 GiB is given: swap / memory (KEP-2400).
fn share_of_gib(memory: Bytes, swap: Bytes) -> Option<Bytes> {
    let ratio = swap.ratio_of(memory)?;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let share = (ratio * Bytes::from_mib(1024).0 as f64) as u64;
    Some(Bytes(share))
}
