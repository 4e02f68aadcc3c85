//! What the operator wants of a node's swap: the noun behind `kind: NodeSwap` and the flags of `highwater node`.

use crate::outcome::node::SwapBehavior;
use crate::plan::Discard;
use crate::quantity::Quantity;
use kernel::bytes::Bytes;
use std::str::FromStr;

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

/// Less than this is no swap area worth a file: `mkswap` itself wants ten pages.
const SIZE_MIN: Bytes = Bytes::from_mib(1);

/// More than ten times the memory is a slip of the finger.
const MEMORY_SHARE_MAX: f64 = 10.0;

/// Text that is no size of swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotASwapSize {
    /// What was typed.
    pub found: String,
}

impl std::fmt::Display for NotASwapSize {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found = self.found.escape_debug();
        write!(
            out,
            "expected a size of at least 1Mi such as `8Gi`, a share of the memory up to 1000% such as `50%`, or a share of the \
             disk up to 100% such as `25%disk`, found `{found}`"
        )
    }
}

impl std::error::Error for NotASwapSize {}

impl FromStr for SwapSize {
    type Err = NotASwapSize;

    fn from_str(text: &str) -> Result<Self, NotASwapSize> {
        let (amount, is_of_disk) = match text.trim().strip_suffix("disk") {
            Some(amount) => (amount, true),
            None => (text.trim(), false),
        };
        let size = match (amount.parse(), is_of_disk) {
            (Ok(Quantity::Bytes(bytes)), false) if bytes >= SIZE_MIN => Some(Self::Fixed(bytes)),
            (Ok(Quantity::Ratio(share)), false) if share > 0.0 && share <= MEMORY_SHARE_MAX => {
                Some(Self::OfMemory(share))
            }
            (Ok(Quantity::Ratio(share)), true) if share > 0.0 && share <= 1.0 => Some(Self::OfDisk(share)),
            (Ok(Quantity::Bytes(_) | Quantity::Ratio(_)) | Err(_), _) => None,
        };
        size.ok_or_else(|| NotASwapSize { found: text.to_owned() })
    }
}

impl std::fmt::Display for SwapSize {
    /// As it can be read again: `8Gi`, `50%`, `25%disk`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(bytes) => {
                let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
                let whole = units.iter().find(|(_, shift)| bytes.0 > 0 && bytes.0.is_multiple_of(1 << shift));
                match whole {
                    Some((unit, shift)) => write!(out, "{}{unit}", bytes.0 >> shift),
                    None => write!(out, "{}", bytes.0),
                }
            }
            Self::OfMemory(share) => write!(out, "{}%", percent(*share)),
            Self::OfDisk(share) => write!(out, "{}%disk", percent(*share)),
        }
    }
}

/// Without the noise of binary fractions: `7`, not `7.000000000000001`.
fn percent(share: f64) -> f64 {
    (share * 100.0 * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::SwapSize;
    use kernel::bytes::Bytes;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        let cases = [
            ("8Gi", SwapSize::Fixed(Bytes(8 << 30))),
            ("1536Mi", SwapSize::Fixed(Bytes(1536 << 20))),
            ("50%", SwapSize::OfMemory(0.5)),
            ("7%", SwapSize::OfMemory(0.07)),
            ("25%disk", SwapSize::OfDisk(0.25)),
        ];
        for (text, size) in cases {
            assert_eq!(text.parse(), Ok(size), "{text}");
            assert_eq!(size.to_string(), text);
        }
    }

    #[test]
    fn an_exponent_is_read_as_kubernetes_reads_it() {
        for (text, bytes) in
            [("5e9", 5_000_000_000), ("1E9", 1_000_000_000), ("1E", 1_000_000_000_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(SwapSize::Fixed(Bytes(bytes))), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "", "1e", "1e5", "1e9disk", "1e9%", "0", "4Ki", "0%", "-1Gi", "1001%", "101%disk", "8Gidisk",
            "disk", "8GB", "all",
        ] {
            assert!(text.parse::<SwapSize>().is_err(), "{text}");
        }
    }
}
