//! The machine's own figures, from `/proc` and `/sys`.

use crate::host_root::HostRoot;
use kernel::scalar;
use kernel::{meminfo, pressure, swaps, vmstat, zoneinfo, zram, zswap};
use model::host::{Host, ZramDevice, Zswap};
use model::reading::Reading;
use std::time::Duration;

/// Reads everything about the machine except its cgroups, whose layout the caller fills in.
#[must_use]
pub fn host(root: &HostRoot) -> Host {
    Host {
        hostname: name(root, "/proc/sys/kernel/hostname"),
        kernel_release: name(root, "/proc/sys/kernel/osrelease"),
        cgroup_version: Reading::Absent,
        layout: Reading::Absent,
        meminfo: root.parsed("/proc/meminfo", meminfo::Meminfo::parse),
        vmstat: root.parsed("/proc/vmstat", vmstat::Vmstat::parse),
        swaps: root.parsed("/proc/swaps", swaps::parse),
        pressure: root.parsed("/proc/pressure/memory", pressure::Pressure::parse),
        reclaim_line: root
            .parsed("/proc/zoneinfo", zoneinfo::parse)
            .map(|zones| zoneinfo::reclaim_line(&zones)),
        zram: zram_devices(root),
        zswap: zswap_parameters(root),
        swappiness: root.parsed("/proc/sys/vm/swappiness", scalar::parse_count),
    }
}

/// Reads again what moves by itself: memory, swap, counters, pressure.
pub fn refresh(root: &HostRoot, host: &mut Host) {
    host.meminfo = root.parsed("/proc/meminfo", meminfo::Meminfo::parse);
    host.vmstat = root.parsed("/proc/vmstat", vmstat::Vmstat::parse);
    host.swaps = root.parsed("/proc/swaps", swaps::parse);
    host.pressure = root.parsed("/proc/pressure/memory", pressure::Pressure::parse);
}

/// The machine's own count of processes killed for memory since it was booted.
#[must_use]
pub fn kills(root: &HostRoot) -> Option<u64> {
    root.parsed("/proc/vmstat", vmstat::Vmstat::parse).value().and_then(|vmstat| vmstat.get("oom_kill"))
}

fn zram_devices(root: &HostRoot) -> Vec<ZramDevice> {
    let devices = root.names("/sys/block").into_iter().filter(|name| name.starts_with("zram"));
    devices
        .map(|name| {
            let stat = root.parsed(&format!("/sys/block/{name}/mm_stat"), zram::MmStat::parse);
            let disksize = root.parsed(&format!("/sys/block/{name}/disksize"), scalar::parse_bytes);
            ZramDevice { name, stat, disksize }
        })
        .collect()
}

fn zswap_parameters(root: &HostRoot) -> Reading<Zswap> {
    let folder = "/sys/module/zswap/parameters";
    root.parsed(&format!("{folder}/enabled"), zswap::parse_enabled).map(|is_enabled| Zswap {
        is_enabled,
        max_pool_percent: root.parsed(&format!("{folder}/max_pool_percent"), zswap::parse_percent),
        compressor: name(root, &format!("{folder}/compressor")),
    })
}

/// A file that holds one name.
fn name(root: &HostRoot, path: &str) -> Reading<String> {
    root.parsed(path, |text| zswap::parse_name(text).map(str::to_owned))
}

/// Time since boot. A recorded machine's clock stands still.
#[must_use]
pub fn uptime(root: &HostRoot) -> Duration {
    if root.is_own() {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        return Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0));
    }
    let text = root.text("/proc/uptime");
    let seconds = text.value().and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default()
}

/// What this process costs: its own CPU time and memory, for its own screen.
#[must_use]
pub fn own_cost() -> Reading<model::host::OwnCost> {
    let own = HostRoot::new(std::path::Path::new("/"));
    let resident = own
        .parsed("/proc/self/status", kernel::process::ProcessStatus::parse)
        .and_then(|status| status.vm_rss.into());
    let times = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(times.tv_sec).unwrap_or(0);
    let cpu_time = Duration::new(seconds, u32::try_from(times.tv_nsec).unwrap_or(0));
    resident.map(|resident| model::host::OwnCost { cpu_time, resident })
}

/// The wall clock, in milliseconds since 1970.
#[must_use]
pub fn wall_clock() -> model::snapshot::Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since_1970.map(|since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).unwrap_or(0);
    model::snapshot::Timestamp(millis)
}
