//! `kind: NodeSwap` of `highwater.dev/v1alpha1`: the file that says how a node's swap shall be.

pub mod convert;
pub mod written;

use crate::placed::Placed;
use crate::policy::{ApiVersion, Metadata};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the swap of a node shall be: where pages go, the kernel's tunables, and what the kubelet is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "NodeSwap")]
pub struct NodeSwapFile {
    /// Always `highwater.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// Always `NodeSwap`.
    pub kind: Kind,
    /// The name, and what else Kubernetes keeps with an object.
    pub metadata: Metadata,
    /// The wish.
    pub spec: Spec,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// The swap of a node.
    NodeSwap,
}

/// The wish. What is left out is left as it is on the node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Where pages go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Placed<Area>>,
    /// Compressed memory in front of the areas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zswap: Option<Zswap>,
    /// The kernel's tunables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
    /// What the kubelet is told. Left out on a machine without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubelet: Option<Kubelet>,
    /// Whether swap is kept away from the slices in which the kubelet and the runtime really live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_system: Option<bool>,
}

/// One place for swapped pages. Exactly one of `file`, `partition`, `zram` and `instanceStore` is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Area {
    /// A file on a file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileArea>,
    /// A whole block device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<PartitionArea>,
    /// Compressed memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zram: Option<ZramArea>,
    /// A file on the machine's own fast disks, which may be absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_store: Option<InstanceStoreArea>,
    /// Larger is used first. Left out: the kernel's own order, after all that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 32767))]
    pub priority: Option<Placed<i64>>,
    /// Whether freed blocks are told to the device. Left out: `Never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discard: Option<Discard>,
}

/// A file on a file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileArea {
    /// Its absolute path.
    pub path: Placed<String>,
    /// How large: `8Gi`, `50%` of the memory, `25%disk` of the file system.
    pub size: Placed<String>,
}

/// A whole block device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionArea {
    /// Its path below `/dev`.
    pub device: Placed<String>,
}

/// Compressed memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZramArea {
    /// How much it offers before compression: `4Gi`, or `50%` of the memory.
    pub size: Placed<String>,
    /// `zstd`, `lz4`, `lzo-rle`. Left out: the kernel's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Placed<String>>,
}

/// A file on the machine's own fast disks, which may be absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceStoreArea {
    /// Where the disks are mounted when there are any. Left out: `/mnt/k8s-disks/0`, where nodeadm mounts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount_point: Option<Placed<String>>,
    /// The file's name below it. Left out: `swapfile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Placed<String>>,
    /// How large: `8Gi`, `50%` of the memory, `25%disk` of the file system.
    pub size: Placed<String>,
    /// The file to take where there are no such disks. Left out: no swap on such a machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Placed<String>>,
}

/// Whether freed blocks are told to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Discard {
    /// Never.
    Never,
    /// The whole area, when it is switched on.
    Once,
    /// Freed pages, as they are freed.
    Pages,
}

/// Compressed memory in front of the areas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Zswap {
    /// Whether pages are compressed on their way to swap.
    pub enabled: bool,
    /// The share of memory that the pool may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_pool_percent: Option<Placed<i64>>,
    /// `zstd`, `lz4`, `lzo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compressor: Option<Placed<String>>,
}

/// The kernel's tunables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tuning {
    /// `vm.swappiness`; kernels before 5.8 end at 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 200))]
    pub swappiness: Option<Placed<i64>>,
    /// `vm.page-cluster`: swap is read in 2^n pages; 0 is right for zram and NVMe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub page_cluster: Option<Placed<i64>>,
    /// Where the kernel begins to reclaim. Left out: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<Placed<Reclaim>>,
    /// `vm.min_free_kbytes` as an amount, such as `256Mi`, instead of `reclaim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_free: Option<Placed<String>>,
    /// `vm.watermark_scale_factor` in ten-thousandths of a zone, instead of `reclaim`; kernels before 5.18 end at 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3000))]
    pub watermark_scale_factor: Option<Placed<i64>>,
}

/// Where the kernel begins to reclaim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Reclaim {
    /// As it is.
    Left,
    /// Computed, so that the kernel swaps before the kubelet evicts.
    AboveEviction,
}

/// What the kubelet is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubelet {
    /// `memorySwap.swapBehavior`.
    pub swap_behavior: SwapBehavior,
    /// `evictionHard["memory.available"]` as an amount, such as `100Mi`. Left out: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eviction: Option<Placed<String>>,
}

/// `memorySwap.swapBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum SwapBehavior {
    /// Pods do not swap; the node's own services may.
    NoSwap,
    /// Containers of Burstable pods swap in proportion to their request.
    LimitedSwap,
}

/// The JSON schema of the file, without references, as a custom resource definition needs it.
#[must_use]
pub fn schema() -> serde_json::Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<NodeSwapFile>().to_value()
}
