//! What the operator wants of a node's swap: the noun behind `kind: NodeSwap` and the flags of `highwater node`.

use crate::outcome::node::SwapBehavior;
use crate::plan::Discard;
use kernel::bytes::Bytes;

/// The swap of a node, as it is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSwap {
    /// Its name, in screens.
    pub name: String,
    /// Where pages go.
    pub areas: Vec<SwapArea>,
    /// Compressed memory in front of the areas; nothing leaves it as it is.
    pub zswap: Option<ZswapWanted>,
    /// The kernel's tunables.
    pub tuning: Tuning,
    /// What the kubelet is told; nothing on a machine without one.
    pub kubelet: Option<KubeletWanted>,
    /// Whether the slices of the kubelet and the runtime may swap.
    pub system: SystemSwap,
}

/// One place for swapped pages.
#[derive(Clone, Debug, PartialEq)]
pub struct SwapArea {
    /// What holds the pages.
    pub backing: Backing,
    /// Larger is used first; nothing leaves it to the kernel.
    pub priority: Option<i16>,
    /// Whether freed blocks are told to the device.
    pub discard: Discard,
}

/// What holds swapped pages.
#[derive(Clone, Debug, PartialEq)]
pub enum Backing {
    /// A file on a file system.
    File {
        /// Its absolute path.
        path: String,
        /// How large.
        size: SwapSize,
    },
    /// A whole block device.
    Partition {
        /// Its path below `/dev`.
        device: String,
    },
    /// Compressed memory.
    Zram {
        /// How much it offers, before compression.
        size: SwapSize,
        /// `zstd`, `lz4`, `lzo-rle`; nothing leaves the kernel's choice.
        algorithm: Option<String>,
    },
    /// A file on the machine's own fast disks, which may be absent: then on the root file system.
    InstanceStore {
        /// Where the disks are mounted when there are any: `/mnt/k8s-disks/0`.
        mount_point: String,
        /// The file's name below it.
        file: String,
        /// How large.
        size: SwapSize,
        /// The file to take instead; nothing means no swap on such a machine.
        fallback: Option<String>,
    },
}

/// How large swap shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SwapSize {
    /// So much.
    Fixed(Bytes),
    /// A share of `MemTotal`, 0.5 for half.
    OfMemory(f64),
    /// A share of the file system's size.
    OfDisk(f64),
}

/// `/sys/module/zswap/parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZswapWanted {
    /// Whether pages are compressed on their way to swap.
    pub is_enabled: bool,
    /// The share of memory that the pool may take, in percent.
    pub max_pool_percent: Option<u8>,
    /// `zstd`, `lz4`, `lzo`.
    pub compressor: Option<String>,
}

/// Kernel tunables; what is nothing is left as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tuning {
    /// `vm.swappiness`, 0 to 200.
    pub swappiness: Option<u64>,
    /// `vm.page-cluster`: swap is read in 2^n pages.
    pub page_cluster: Option<u64>,
    /// Where the kernel begins to reclaim.
    pub reclaim: ReclaimStart,
}

/// Where the kernel begins to reclaim, against the line at which the kubelet evicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReclaimStart {
    /// Left as it is.
    #[default]
    Left,
    /// Computed, so that the kernel swaps before the kubelet evicts.
    AboveEviction,
    /// `vm.min_free_kbytes`.
    MinFree(Bytes),
    /// `vm.watermark_scale_factor`, in ten-thousandths of a zone.
    WatermarkScaleFactor(u64),
}

/// What the kubelet is told.
#[derive(Clone, Debug, PartialEq)]
pub struct KubeletWanted {
    /// `memorySwap.swapBehavior`.
    pub behavior: SwapBehavior,
    /// `evictionHard["memory.available"]`; nothing leaves it as it is.
    pub eviction: Option<Bytes>,
}

/// Whether the slices of the kubelet and the runtime may swap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SystemSwap {
    /// Nobody sets anything.
    #[default]
    Left,
    /// `MemorySwapMax=0` on the slices in which they really live.
    KeptAway,
}
