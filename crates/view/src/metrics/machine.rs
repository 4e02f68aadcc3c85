//! Metrics of the machine, as node_exporter and the kubelet name them, or in names of our own.
//!
//! node_exporter's `node_memory_SwapTotal_bytes` and its like are not repeated: `promtool check metrics` refuses their capitals.

use super::page::{Family, Kind, Page, Value, labels};
use kernel::bytes::Bytes;
use kernel::pressure::PressureLine;
use model::host::Host;
use model::reading::Reading;

/// What the machine has.
pub fn families(page: &mut Page, host: &Host) {
    let meminfo = host.meminfo.value();
    let amounts = [
        (
            "highwater_node_memory_total_bytes",
            "Memory the machine has.",
            meminfo.and_then(|info| info.mem_total),
        ),
        (
            "highwater_node_memory_available_bytes",
            "Memory that can be had without swapping, as the kernel estimates it.",
            meminfo.and_then(|info| info.mem_available),
        ),
        (
            "highwater_node_swap_total_bytes",
            "Swap the machine has.",
            meminfo.and_then(|info| info.swap_total),
        ),
        ("highwater_node_swap_free_bytes", "Swap that is free.", meminfo.and_then(|info| info.swap_free)),
        (
            "highwater_node_swap_cached_bytes",
            "Memory that is in swap too.",
            meminfo.and_then(|info| info.swap_cached),
        ),
        ("node_swap_usage_bytes", "Swap that is used.", swap_used(host)),
    ];
    for (name, help, amount) in amounts {
        let sample = amount.map(|amount| ("", Value::Whole(amount.0)));
        page.family(Family { name, kind: Kind::Gauge, help }, sample);
    }
    counters(page, host);
    pressure(page, host);
    swap_devices(page, host);
}

fn swap_used(host: &Host) -> Option<Bytes> {
    let (total, free) = host.swap_total().zip(host.swap_free()).get()?;
    Some(total.saturating_sub(free))
}

fn counters(page: &mut Page, host: &Host) {
    let vmstat = host.vmstat.value();
    // node_exporter gives them without a type too.
    for (name, key, help) in [
        ("node_vmstat_pswpin", "pswpin", "Pages that came back from swap."),
        ("node_vmstat_pswpout", "pswpout", "Pages that went to swap."),
        ("node_vmstat_oom_kill", "oom_kill", "Processes that were killed for memory."),
    ] {
        let sample = vmstat.and_then(|vmstat| vmstat.get(key)).map(|value| ("", Value::Whole(value)));
        page.family(Family { name, kind: Kind::Untyped, help }, sample);
    }
}

fn pressure(page: &mut Page, host: &Host) {
    let seconds = |line: &PressureLine| ("", Value::Real(line.total.as_secs_f64()));
    let pressure = match &host.pressure {
        Reading::Value(pressure) => Some(pressure),
        Reading::Absent | Reading::Failed(_) => None,
    };
    let waiting = Family {
        name: "node_pressure_memory_waiting_seconds_total",
        kind: Kind::Counter,
        help: "Time in which at least one task of the machine waited for memory.",
    };
    page.family(waiting, pressure.map(|pressure| seconds(&pressure.some)));
    let stalled = Family {
        name: "node_pressure_memory_stalled_seconds_total",
        kind: Kind::Counter,
        help: "Time in which every task of the machine waited for memory.",
    };
    page.family(stalled, pressure.and_then(|pressure| pressure.full.as_ref()).map(seconds));
}

fn swap_devices(page: &mut Page, host: &Host) {
    let devices = host.swaps.value().map(Vec::as_slice).unwrap_or_default();
    let named: Vec<String> = devices.iter().map(|device| labels(&[("device", &device.path)])).collect();
    let all = || named.iter().map(String::as_str).zip(devices);
    let family = |name, help| Family { name, kind: Kind::Gauge, help };
    page.family(
        family("node_swap_size_bytes", "The size of a swap device."),
        all().map(|(labels, device)| (labels, Value::Whole(device.size.0))),
    );
    page.family(
        family("node_swap_used_bytes", "What a swap device holds."),
        all().map(|(labels, device)| (labels, Value::Whole(device.used.0))),
    );
    page.family(
        family("node_swap_priority", "The priority of a swap device; the largest is used first."),
        all().map(|(labels, device)| (labels, Value::Real(f64::from(device.priority)))),
    );
}
