//! The machine as JSON.

use crate::object::Object;
use kernel::hierarchy::{CgroupVersion, Layout};
use kernel::pressure::{Pressure, PressureLine};
use kernel::swaps::SwapKind;
use model::host::Host;
use model::reading::Reading;
use model::snapshot::Missing;
use serde_json::Value;

/// The `host` object of every document.
#[must_use]
pub fn host(host: &Host) -> Value {
    Object::new()
        .reading("hostname", host.hostname.clone())
        .reading("kernel_release", host.kernel_release.clone())
        .reading_or(
            "cgroup_version",
            host.cgroup_version.clone().map(version),
            "no memory controller was found; see `missing`",
        )
        .reading("cgroup_layout", host.layout.clone().map(layout))
        .bytes("memory_total_bytes", &host.memory_total())
        .bytes("memory_available_bytes", &host.memory_available())
        .bytes("swap_total_bytes", &host.swap_total())
        .bytes("swap_free_bytes", &host.swap_free())
        .reading("swappiness", host.swappiness.clone())
        .known("swap_devices", swap_devices(host))
        .known("zram", zram(host))
        .known("pressure", pressure(&host.pressure))
        .finish()
}

/// 1 or 2.
#[must_use]
pub const fn version(version: CgroupVersion) -> u64 {
    match version {
        CgroupVersion::V1 => 1,
        CgroupVersion::V2 => 2,
    }
}

const fn layout(layout: Layout) -> &'static str {
    match layout {
        Layout::Unified => "unified",
        Layout::Hybrid => "hybrid",
        Layout::Legacy => "legacy",
    }
}

fn swap_devices(host: &Host) -> Value {
    let device = |device: &kernel::swaps::SwapDevice| {
        let kind = match &device.kind {
            SwapKind::Partition => "partition",
            SwapKind::File => "file",
            SwapKind::Other(kind) => kind.as_str(),
        };
        Object::new()
            .known("path", device.path.as_str())
            .known("kind", kind)
            .known("size_bytes", device.size.0)
            .known("used_bytes", device.used.0)
            .known("priority", device.priority)
            .finish()
    };
    host.swaps.value().map_or(Value::Null, |devices| devices.iter().map(device).collect())
}

fn zram(host: &Host) -> Value {
    let device = |device: &model::host::ZramDevice| {
        let figure = |of: fn(&kernel::zram::MmStat) -> u64| device.stat.as_ref().map(of);
        Object::new()
            .known("name", device.name.as_str())
            .bytes("disksize_bytes", &device.disksize)
            .reading("stored_bytes", figure(|stat| stat.orig_data_size.0))
            .reading("compressed_bytes", figure(|stat| stat.compr_data_size.0))
            .reading("memory_used_bytes", figure(|stat| stat.mem_used_total.0))
            .finish()
    };
    host.zram.iter().map(device).collect()
}

/// Pressure as ratios and seconds, or null and why.
#[must_use]
pub fn pressure(pressure: &Reading<Pressure>) -> Value {
    let line = |line: &PressureLine| {
        Object::new()
            .known("avg10_ratio", line.avg10.ratio())
            .known("avg60_ratio", line.avg60.ratio())
            .known("avg300_ratio", line.avg300.ratio())
            .known("total_seconds", line.total.as_secs_f64())
            .finish()
    };
    let some = pressure.as_ref().map(|pressure| line(&pressure.some));
    let full = pressure.as_ref().and_then(|pressure| pressure.full.as_ref().map(&line).into());
    Object::new()
        .reading_or("some", some, "cgroup v1 and kernels without psi=1 do not measure memory pressure")
        .reading_or("full", full, "cgroup v1 and kernels without psi=1 do not measure memory pressure")
        .finish()
}

/// What could not be seen.
#[must_use]
pub fn missing(missing: &[Missing]) -> Value {
    let entry = |missing: &Missing| {
        Object::new().known("what", missing.what.as_str()).known("why", missing.why.as_str()).finish()
    };
    missing.iter().map(entry).collect()
}
