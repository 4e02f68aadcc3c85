//! A node, as far as it decides about swap: what was seen of its disks, its kubelet, its runtime and its kernel.

use crate::host::Host;
use crate::reading::Reading;
use kernel::bytes::Bytes;
use kernel::swaps::SwapDevice;
use kernel::zoneinfo::Zone;
use std::collections::BTreeMap;

/// A node at one moment.
#[derive(Clone, Debug)]
pub struct Node {
    /// Memory, swap, zram, zswap, cgroup version.
    pub host: Host,
    /// The kernel's page.
    pub page: Bytes,
    /// The zones of memory with their watermarks.
    pub zones: Reading<Vec<Zone>>,
    /// Controllers of the root cgroup, in the kernel's words.
    pub controllers: Reading<Vec<String>>,
    /// Kernel settings by their sysctl name, `vm.swappiness`, as the kernel prints them.
    pub settings: BTreeMap<String, Reading<String>>,
    /// What is mounted, with sizes.
    pub filesystems: Reading<Vec<Filesystem>>,
    /// Disks and partitions.
    pub block_devices: Reading<Vec<BlockDevice>>,
    /// Swap in use, with what it lies on.
    pub swap_areas: Reading<Vec<SwapAreaInUse>>,
    /// The kubelet; absent when there is neither a process nor a unit of it.
    pub kubelet: Reading<KubeletFound>,
    /// Container runtimes that run.
    pub runtimes: Vec<Daemon>,
    /// Programs that kill for memory by rules of their own: `systemd-oomd`, `earlyoom`, `oomd`, `nohang`.
    pub killers: Vec<Daemon>,
    /// systemd's version; absent when another program is process 1.
    pub systemd: Reading<String>,
    /// What this kernel can do.
    pub features: KernelFeatures,
    /// Docker's engine; absent when there is none.
    pub docker: Reading<DockerEngine>,
    /// Files that a plan may change or that set what it sets: unit files and drop-ins, `/etc/sysctl.d`, `/etc/fstab`.
    pub files: Vec<TextFile>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Its absolute path on the machine.
    pub path: String,
    /// Its text.
    pub text: Reading<String>,
    /// Its permissions.
    pub mode: u32,
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filesystem {
    /// Where.
    pub mount_point: String,
    /// `ext4`, `xfs`, `btrfs`, `overlay`, `tmpfs`, `nfs4`.
    pub kind: String,
    /// Its device or any word.
    pub source: String,
    /// Device number.
    pub device: (u32, u32),
    /// Mount options and file system options, comma-separated.
    pub options: String,
    /// How large it is.
    pub size: Reading<Bytes>,
    /// What a user with privileges may still write.
    pub available: Reading<Bytes>,
}

/// A disk or partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDevice {
    /// `nvme0n1p1`, `dm-0`.
    pub name: String,
    /// Device number.
    pub device: (u32, u32),
    /// Its size.
    pub size: Reading<Bytes>,
    /// Whether it turns.
    pub is_rotational: Reading<bool>,
    /// Whether it takes `discard`.
    pub takes_discard: Reading<bool>,
    /// The disk that a partition lies on.
    pub disk: Option<String>,
    /// The device-mapper's identity: `CRYPT-PLAIN-cryptswap`.
    pub mapper_uuid: Reading<String>,
    /// Devices that are made of this one.
    pub holders: Vec<String>,
    /// What it begins with; failed without the right to look.
    pub content: Reading<DeviceContent>,
}

/// What a device begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceContent {
    /// Zeros.
    Blank,
    /// A swap signature.
    Swap,
    /// A file system or another known signature.
    Known(String),
    /// Bytes that nobody here knows.
    Unknown,
}

/// Swap in use, and what it lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapAreaInUse {
    /// The line of `/proc/swaps`.
    pub swap: SwapDevice,
    /// What holds the pages.
    pub backing: SwapBacking,
    /// Whether what it holds can be read from the disk.
    pub encryption: Reading<Encryption>,
}

/// What holds swapped pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapBacking {
    /// A file on this mount point, of this type.
    File {
        /// Where its file system is mounted.
        mount_point: String,
        /// `ext4`.
        filesystem: String,
    },
    /// A partition or disk.
    Device {
        /// Its name.
        name: String,
    },
    /// Compressed memory.
    Zram {
        /// Its name.
        name: String,
    },
}

/// Whether something on a disk is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// By dm-crypt, at some level below.
    Encrypted,
    /// In plain; memory is not on a disk and counts as this too.
    Plain,
}

/// A program that runs all the time, and where it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// `containerd`.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// Its cgroup, from `/proc/PID/cgroup`.
    pub cgroup: Reading<String>,
    /// `memory.swap.max` of the nearest level that has one, in bytes; nothing for `max`.
    pub swap_max: Reading<Option<Bytes>>,
}

/// The kubelet, as it runs or would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeletFound {
    /// Its process; absent when it does not run.
    pub process: Reading<Daemon>,
    /// Its command line.
    pub flags: Reading<Vec<String>>,
    /// Its configuration file, then its drop-ins, in the order in which they are merged.
    pub config: Vec<TextFile>,
    /// The configuration in force as `/configz` tells it, JSON.
    pub configz: Reading<String>,
}

/// What this kernel can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelFeatures {
    /// tmpfs takes `noswap` (6.4): secrets in memory-backed volumes stay out of swap.
    pub tmpfs_noswap: Reading<bool>,
    /// `memory.reclaim` (5.19).
    pub memory_reclaim: Reading<bool>,
    /// `memory.peak` (5.19).
    pub memory_peak: Reading<bool>,
    /// `memory.swap.max`, or v1's `memory.memsw.limit_in_bytes`.
    pub swap_limit: Reading<bool>,
    /// `/proc/pressure`.
    pub pressure: Reading<bool>,
    /// zram, loaded or loadable.
    pub zram: Reading<bool>,
    /// zswap.
    pub zswap: Reading<bool>,
}

/// Docker's engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerEngine {
    /// `ServerVersion`.
    pub version: String,
    /// `CgroupDriver`: `systemd` or `cgroupfs`.
    pub cgroup_driver: String,
    /// `CgroupVersion`.
    pub cgroup_version: Reading<String>,
    /// `Driver`: `overlay2`.
    pub storage_driver: String,
}
