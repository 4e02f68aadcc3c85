//! Flags that describe the node on which a manifest is imagined to run.

use clap::{Args, ValueEnum};
use judge::node_setup::AskedNode;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::lint::KubernetesVersion;
use model::outcome::node::{ReservationPolicy, SwapBehavior};
use model::quantity::Quantity;

/// Versions whose rules are known.
const KUBERNETES: std::ops::RangeInclusive<u16> = 22..=37;

/// The node.
#[derive(Args)]
#[command(next_help_heading = "The node")]
pub struct NodeFlags {
    /// The node's memory: MemTotal
    #[arg(long, value_name = "AMOUNT", value_parser = node_memory)]
    node_memory: Option<Bytes>,
    /// The node's swap: SwapTotal; on cgroup v2 it implies LimitedSwap unless something says otherwise
    #[arg(long, value_name = "AMOUNT", value_parser = node_swap)]
    node_swap: Option<Bytes>,
    /// The kubelet's memorySwap.swapBehavior
    #[arg(long, value_enum, value_name = "BEHAVIOR")]
    swap_behavior: Option<Behavior>,
    /// The node's control groups; v2 when not given
    #[arg(long, value_enum, value_name = "VERSION")]
    cgroup: Option<Cgroup>,
    /// The kubelet's version, from 1.22 to 1.37; 1.34 when not given
    #[arg(long, value_name = "VERSION", value_parser = version)]
    kubernetes_version: Option<KubernetesVersion>,
    /// The kubelet's memoryThrottlingFactor; turns MemoryQoS on
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    memory_throttling_factor: Option<f64>,
    /// The kubelet's memoryReservationPolicy; turns MemoryQoS on
    #[arg(long, value_enum, value_name = "POLICY")]
    memory_reservation_policy: Option<Reservation>,
}

/// `memorySwap.swapBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Behavior {
    /// Containers do not swap; the default since 1.30
    #[value(name = "NoSwap")]
    Never,
    /// Containers of Burstable pods get a share
    #[value(name = "LimitedSwap")]
    Limited,
    /// Containers swap without limit; removed in 1.30
    #[value(name = "UnlimitedSwap")]
    Unlimited,
}

/// Control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Cgroup {
    /// cgroup v1
    V1,
    /// cgroup v2
    V2,
}

/// `memoryReservationPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reservation {
    /// Nothing is protected
    #[value(name = "None")]
    None,
    /// Guaranteed gets memory.min, Burstable memory.low
    #[value(name = "TieredReservation")]
    TieredReservation,
}

impl NodeFlags {
    /// What was asked for.
    pub fn asked(&self) -> AskedNode {
        AskedNode {
            kubernetes: self.kubernetes_version,
            cgroup: self.cgroup.map(|cgroup| match cgroup {
                Cgroup::V1 => CgroupVersion::V1,
                Cgroup::V2 => CgroupVersion::V2,
            }),
            memory: self.node_memory,
            swap: self.node_swap,
            behavior: self.swap_behavior.map(|behavior| match behavior {
                Behavior::Never => SwapBehavior::NoSwap,
                Behavior::Limited => SwapBehavior::LimitedSwap,
                Behavior::Unlimited => SwapBehavior::UnlimitedSwap,
            }),
            throttling_factor: self.memory_throttling_factor,
            reservation: self.memory_reservation_policy.map(|policy| match policy {
                Reservation::None => ReservationPolicy::None,
                Reservation::TieredReservation => ReservationPolicy::TieredReservation,
            }),
        }
    }
}

/// An amount of memory as a flag gives it.
///
/// # Errors
/// It is no amount; with the words that say so.
pub fn amount(text: &str) -> Result<Bytes, String> {
    match text.parse::<Quantity>() {
        Ok(Quantity::Bytes(bytes)) => Ok(bytes),
        Ok(Quantity::Ratio(_)) | Err(_) => {
            Err(format!("expected an amount such as `16Gi`, `64G` or a byte count, found `{text}`"))
        }
    }
}

/// No node has less memory; below it a unit was forgotten.
const NODE_MEMORY_MIN: Bytes = Bytes::from_mib(64);

/// Less swap than this is none, or a unit was forgotten.
const NODE_SWAP_MIN: Bytes = Bytes::from_mib(1);

/// The memory of a node as a flag gives it.
///
/// # Errors
/// It is no amount, or no node has so little; with the words that say so.
pub fn node_memory(text: &str) -> Result<Bytes, String> {
    let memory = amount(text)?;
    if memory < NODE_MEMORY_MIN {
        return Err(format!(
            "expected the memory of a node such as `16Gi`, found `{text}`: {} bytes",
            memory.0
        ));
    }
    Ok(memory)
}

/// The swap of a node as a flag gives it; 0 is none.
///
/// # Errors
/// It is no amount, or too little to be swap; with the words that say so.
pub fn node_swap(text: &str) -> Result<Bytes, String> {
    let swap = amount(text)?;
    if swap > Bytes::ZERO && swap < NODE_SWAP_MIN {
        return Err(format!(
            "expected the swap of a node such as `8Gi`, or 0, found `{text}`: {} bytes",
            swap.0
        ));
    }
    Ok(swap)
}

/// The version in `1.34`, `v1.34.1` or `1.34.1-eks`.
///
/// # Errors
/// When its rules are not known.
pub fn version(text: &str) -> Result<KubernetesVersion, String> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let minor = match (parts.next(), parts.next().and_then(|minor| minor.parse().ok())) {
        (Some("1"), Some(minor)) if KUBERNETES.contains(&minor) => Some(minor),
        (Some(_) | None, Some(_) | None) => None,
    };
    minor.map(KubernetesVersion).ok_or_else(|| {
        format!("expected a version from 1.{} to 1.{}, found `{text}`", KUBERNETES.start(), KUBERNETES.end())
    })
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| *factor > 0.0 && *factor <= 1.0);
    factor.ok_or_else(|| format!("expected a number above 0 and up to 1, found `{text}`"))
}
