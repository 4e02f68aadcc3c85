//! A wish as the NodeSwap file that says it.

use super::{
    Area, Discard, FileArea, InstanceStoreArea, Kind, Kubelet, NodeSwapFile, PartitionArea, Reclaim, Spec,
    SwapBehavior, Tuning, ZramArea, Zswap,
};
use crate::placed::Placed;
use crate::policy::{ApiVersion, Metadata};
use kernel::bytes::Bytes;
use model::node_swap::{Backing, KubeletWanted, NodeSwap, ReclaimStart, SwapArea, SwapSize, SystemSwap};
use std::collections::BTreeMap;

/// The file of a wish.
#[must_use]
pub fn file(wish: &NodeSwap) -> NodeSwapFile {
    let NodeSwap { name, areas, zswap, tuning, kubelet, system } = wish;
    NodeSwapFile {
        api_version: ApiVersion::V1Alpha1,
        kind: Kind::NodeSwap,
        metadata: Metadata { name: name.clone(), labels: BTreeMap::new(), annotations: BTreeMap::new() },
        spec: Spec {
            areas: areas.iter().map(|one| Placed::nowhere(area(one))).collect(),
            zswap: zswap.as_ref().map(|zswap| Zswap {
                enabled: zswap.is_enabled,
                max_pool_percent: zswap.max_pool_percent.map(|percent| Placed::nowhere(percent.into())),
                compressor: zswap.compressor.clone().map(Placed::nowhere),
            }),
            tuning: (*tuning != model::node_swap::Tuning::default()).then(|| tuning_of(tuning)),
            kubelet: kubelet.as_ref().map(kubelet_of),
            protect_system: match system {
                SystemSwap::Left => None,
                SystemSwap::KeptAway => Some(true),
            },
        },
    }
}

fn area(area: &SwapArea) -> Area {
    let SwapArea { backing, priority, discard } = area;
    let plain = Area {
        priority: priority.map(|priority| Placed::nowhere(priority.into())),
        discard: match discard {
            model::plan::Discard::Never => None,
            model::plan::Discard::Once => Some(Discard::Once),
            model::plan::Discard::Pages => Some(Discard::Pages),
        },
        ..Area::default()
    };
    match backing.clone() {
        Backing::File { path, size } => {
            Area { file: Some(FileArea { path: Placed::nowhere(path), size: size_of(size) }), ..plain }
        }
        Backing::Partition { device } => {
            Area { partition: Some(PartitionArea { device: Placed::nowhere(device) }), ..plain }
        }
        Backing::Zram { size, algorithm } => {
            let zram = ZramArea { size: size_of(size), algorithm: algorithm.map(Placed::nowhere) };
            Area { zram: Some(zram), ..plain }
        }
        Backing::InstanceStore { mount_point, file, size, fallback } => {
            let instance_store = InstanceStoreArea {
                mount_point: Some(Placed::nowhere(mount_point)),
                file: Some(Placed::nowhere(file)),
                size: size_of(size),
                fallback: fallback.map(Placed::nowhere),
            };
            Area { instance_store: Some(instance_store), ..plain }
        }
    }
}

fn size_of(size: SwapSize) -> Placed<String> {
    Placed::nowhere(size.to_string())
}

fn amount(bytes: Bytes) -> Placed<String> {
    size_of(SwapSize::Fixed(bytes))
}

fn number(value: u64) -> Placed<i64> {
    Placed::nowhere(i64::try_from(value).unwrap_or(i64::MAX))
}

fn tuning_of(tuning: &model::node_swap::Tuning) -> Tuning {
    let model::node_swap::Tuning { swappiness, page_cluster, reclaim } = tuning;
    let plain = Tuning {
        swappiness: swappiness.map(number),
        page_cluster: page_cluster.map(number),
        ..Tuning::default()
    };
    match reclaim {
        ReclaimStart::Left => plain,
        ReclaimStart::AboveEviction => {
            Tuning { reclaim: Some(Placed::nowhere(Reclaim::AboveEviction)), ..plain }
        }
        ReclaimStart::MinFree(bytes) => Tuning { min_free: Some(amount(*bytes)), ..plain },
        ReclaimStart::WatermarkScaleFactor(factor) => {
            Tuning { watermark_scale_factor: Some(number(*factor)), ..plain }
        }
    }
}

fn kubelet_of(kubelet: &KubeletWanted) -> Kubelet {
    Kubelet {
        swap_behavior: match kubelet.behavior {
            model::outcome::node::SwapBehavior::NoSwap => SwapBehavior::NoSwap,
            // Nobody can wish for UnlimitedSwap: the kubelet knows it no more.
            model::outcome::node::SwapBehavior::LimitedSwap
            | model::outcome::node::SwapBehavior::UnlimitedSwap => SwapBehavior::LimitedSwap,
        },
        eviction: kubelet.eviction.map(amount),
    }
}
