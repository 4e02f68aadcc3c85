//! The machine: its memory, swap, pressure and what is known of its kernel.

use crate::reading::Reading;
use kernel::bytes::Bytes;
use kernel::hierarchy::{CgroupVersion, Layout};
use kernel::meminfo::Meminfo;
use kernel::pressure::Pressure;
use kernel::swaps::SwapDevice;
use kernel::vmstat::Vmstat;
use kernel::zoneinfo::ReclaimLine;
use kernel::zram::MmStat;
use std::time::Duration;

/// The machine at one moment.
#[derive(Clone, Debug)]
pub struct Host {
    /// `/proc/sys/kernel/hostname`.
    pub hostname: Reading<String>,
    /// `/proc/sys/kernel/osrelease`.
    pub kernel_release: Reading<String>,
    /// Which cgroup version the memory controller is on.
    pub cgroup_version: Reading<CgroupVersion>,
    /// Unified, hybrid or legacy.
    pub layout: Reading<Layout>,
    /// `/proc/meminfo`.
    pub meminfo: Reading<Meminfo>,
    /// `/proc/vmstat`.
    pub vmstat: Reading<Vmstat>,
    /// `/proc/swaps`.
    pub swaps: Reading<Vec<SwapDevice>>,
    /// `/proc/pressure/memory`.
    pub pressure: Reading<Pressure>,
    /// `/proc/zoneinfo`, summed over all zones, in pages.
    pub reclaim_line: Reading<ReclaimLine>,
    /// `/sys/block/zram*/mm_stat`.
    pub zram: Vec<ZramDevice>,
    /// `/sys/module/zswap/parameters`.
    pub zswap: Reading<Zswap>,
    /// `/proc/sys/vm/swappiness`.
    pub swappiness: Reading<u64>,
}

/// One zram device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZramDevice {
    /// `zram0`.
    pub name: String,
    /// `mm_stat`: what is stored and what it takes.
    pub stat: Reading<MmStat>,
    /// `disksize`: how much it offers.
    pub disksize: Reading<Bytes>,
}

/// `/sys/module/zswap/parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zswap {
    /// Whether pages are compressed on their way to swap.
    pub is_enabled: bool,
    /// The share of memory the pool may take, in percent.
    pub max_pool_percent: Reading<u8>,
    /// The compressor's name.
    pub compressor: Reading<String>,
}

/// What Highwater itself costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCost {
    /// CPU time since it started.
    pub cpu_time: Duration,
    /// Resident memory.
    pub resident: Bytes,
}

impl Host {
    /// A machine of which nothing is known but where the memory controller is.
    #[must_use]
    pub const fn unknown(cgroup_version: CgroupVersion) -> Self {
        Self {
            hostname: Reading::Absent,
            kernel_release: Reading::Absent,
            cgroup_version: Reading::Value(cgroup_version),
            layout: Reading::Absent,
            meminfo: Reading::Absent,
            vmstat: Reading::Absent,
            swaps: Reading::Absent,
            pressure: Reading::Absent,
            reclaim_line: Reading::Absent,
            zram: Vec::new(),
            zswap: Reading::Absent,
            swappiness: Reading::Absent,
        }
    }

    /// `MemTotal`: no cgroup can use more, whatever its limit says.
    #[must_use]
    pub fn memory_total(&self) -> Reading<Bytes> {
        self.meminfo.as_ref().and_then(|meminfo| meminfo.mem_total.into())
    }

    /// `SwapTotal`.
    #[must_use]
    pub fn swap_total(&self) -> Reading<Bytes> {
        self.meminfo.as_ref().and_then(|meminfo| meminfo.swap_total.into())
    }

    /// `SwapFree`.
    #[must_use]
    pub fn swap_free(&self) -> Reading<Bytes> {
        self.meminfo.as_ref().and_then(|meminfo| meminfo.swap_free.into())
    }

    /// `MemAvailable` (3.14): what can be had without swapping, by the kernel's own estimate.
    #[must_use]
    pub fn memory_available(&self) -> Reading<Bytes> {
        self.meminfo.as_ref().and_then(|meminfo| meminfo.mem_available.into())
    }
}
