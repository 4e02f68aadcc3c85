//! A node, as far as it decides about swap: what was seen of its disks, its kubelet, its runtime and its kernel.

use crate::host::Host;
use crate::reading::Reading;
use crate::snapshot::Missing;
use kernel::bytes::Bytes;
use kernel::swaps::SwapDevice;
use kernel::zoneinfo::Zone;
use std::collections::BTreeMap;
use std::time::Duration;

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
    /// Symbolic links by which systemd starts units, and units that generators made: below `/etc/systemd/system` and
    /// `/run/systemd/generator`.
    pub links: Vec<UnitLink>,
    /// `/proc/cmdline`.
    pub command_line: Reading<String>,
    /// What could not be seen, and why.
    pub missing: Vec<Missing>,
}

/// A symbolic link among systemd's units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLink {
    /// Its absolute path: `/etc/systemd/system/swap.target.wants/swapfile.swap`.
    pub path: String,
    /// What it holds, as it is written.
    pub target: String,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Its absolute path on the machine.
    pub path: String,
    /// Its text.
    pub text: Reading<String>,
    /// Its permissions, as `0o644`; zero when they could not be asked for.
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
    /// What a user without privileges may still write: the kubelet's `nodefs.available`. Root may have more.
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
    /// The device-mapper's name: `cryptswap`, as in `/dev/mapper/cryptswap`.
    pub mapper_name: Reading<String>,
    /// Devices that this one is made of.
    pub made_of: Vec<String>,
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
    /// Permissions of the file or device, as `0o600`.
    pub mode: Reading<u32>,
    /// When it was switched on, since boot, from the kernel's log; absent when the log does not reach back.
    pub switched_on: Reading<Duration>,
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
    /// The lowest `memory.swap.max` of its cgroup and those above it: what binds. Nothing where all say `max`; absent on v1.
    pub swap_max: Reading<Option<Bytes>>,
    /// When it started, since boot.
    pub started: Reading<Duration>,
    /// `VmSwap`: how much of it is in swap now.
    pub swapped: Reading<Bytes>,
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
    /// Its version, `1.34.1`, where the machine tells.
    pub version: Reading<String>,
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
    /// `DockerRootDir`.
    pub data_root: String,
    /// `SwapLimit`: whether `--memory-swap` has an effect.
    pub swap_limit: Reading<bool>,
}
