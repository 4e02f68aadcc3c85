//! Memory, swap, reclaim, daemons and the kernel of a node.

use super::{entry, title};
use crate::outcome::broken;
use crate::text::{Line, Tone};
use crate::units::{self, bytes, bytes_or_absent};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::node::{Daemon, Encryption, Node, SwapAreaInUse, SwapBacking};
use model::node_check::NodeCheck;
use model::outcome::eviction::{EvictionLine, FirstToAct};
use model::reading::Reading;

/// Name, kernel, cgroups, memory.
pub fn heading(node: &Node, width: usize) -> Vec<Line> {
    let host = &node.host;
    let name = host.hostname.value().map_or("this machine", String::as_str);
    let version = match &host.cgroup_version {
        Reading::Value(CgroupVersion::V1) => "cgroup v1",
        Reading::Value(CgroupVersion::V2) => "cgroup v2",
        Reading::Absent | Reading::Failed(_) => "no memory cgroups",
    };
    let mut facts = vec![format!("Linux {}", host.kernel_release.value().map_or("?", String::as_str))];
    facts.push(match &node.systemd {
        Reading::Value(version) => format!("systemd {version}"),
        Reading::Absent => "no systemd".to_owned(),
        Reading::Failed(_) => "systemd".to_owned(),
    });
    facts.push(version.to_owned());
    facts.push(format!(
        "memory {} available of {}",
        bytes_or_absent(&host.memory_available()),
        bytes_or_absent(&host.memory_total())
    ));
    let text = format!("{name}  {}", facts.join(" · "));
    let mut lines: Vec<Line> = broken(&text, width, 0).into_iter().map(Line::plain).collect();
    for missing in &node.missing {
        let text = format!("Not seen: {} ({})", missing.what, missing.why);
        lines.extend(broken(&text, width, 0).into_iter().map(|line| Line::of(Tone::Warning, line)));
    }
    lines
}

/// What pages can go to, and how eagerly.
pub fn swap(node: &Node, width: usize) -> Vec<Line> {
    let mut lines = vec![title("Swap")];
    match &node.swap_areas {
        Reading::Value(areas) if areas.is_empty() => {
            lines.extend(entry("none", "/proc/swaps names no device and no file", width));
        }
        Reading::Value(areas) => {
            for area in areas {
                lines.extend(entry(&area.swap.path, &area_in_words(node, area), width));
            }
        }
        Reading::Absent => lines.extend(entry("not known", "there is no /proc/swaps", width)),
        Reading::Failed(why) => lines.extend(entry("not known", why, width)),
    }
    lines.extend(entry("zswap", &zswap(node), width));
    let setting = |name: &str| {
        let value = node.settings.get(name).and_then(Reading::value);
        value.map_or_else(|| units::ABSENT.to_owned(), Clone::clone)
    };
    let text =
        format!("swappiness {}, page-cluster {}", setting("vm.swappiness"), setting("vm.page-cluster"));
    lines.extend(entry("vm settings", &text, width));
    lines
}

fn area_in_words(node: &Node, area: &SwapAreaInUse) -> String {
    let kind = match &area.backing {
        SwapBacking::File { mount_point, filesystem } => format!("a file on {filesystem} ({mount_point})"),
        SwapBacking::Device { name } => format!("the device {name}"),
        SwapBacking::Zram { name } => zram(node, name),
    };
    let encryption = match (&area.backing, &area.encryption) {
        (SwapBacking::Zram { .. }, _) => String::new(),
        (_, Reading::Value(Encryption::Encrypted)) => ", encrypted".to_owned(),
        (_, Reading::Value(Encryption::Plain)) => ", not encrypted".to_owned(),
        (_, Reading::Absent | Reading::Failed(_)) => ", encryption not known".to_owned(),
    };
    format!(
        "{}, {} used, priority {}, {kind}{encryption}",
        bytes(area.swap.size),
        bytes(area.swap.used),
        area.swap.priority
    )
}

fn zram(node: &Node, name: &str) -> String {
    let device = node.host.zram.iter().find(|device| device.name == name);
    match device.and_then(|device| device.stat.value()) {
        Some(stat) => {
            format!("compressed memory: {} take {}", bytes(stat.orig_data_size), bytes(stat.mem_used_total))
        }
        None => "compressed memory".to_owned(),
    }
}

fn zswap(node: &Node) -> String {
    match &node.host.zswap {
        Reading::Value(zswap) if zswap.is_enabled => {
            let percent = zswap
                .max_pool_percent
                .get()
                .map_or_else(|| units::ABSENT.to_owned(), |percent| percent.to_string());
            let compressor = zswap.compressor.value().map_or(units::ABSENT, String::as_str);
            format!("on: at most {percent} % of the memory, {compressor}")
        }
        Reading::Value(_) => "off".to_owned(),
        Reading::Absent => "this kernel has none".to_owned(),
        Reading::Failed(why) => format!("not known: {why}"),
    }
}

/// Where the kernel begins to reclaim, against the line at which the kubelet evicts.
pub fn reclaim(node: &Node, check: &NodeCheck, width: usize) -> Vec<Line> {
    let mut lines = vec![title("Reclaim")];
    let in_bytes = |pages: u64| bytes(Bytes(pages.saturating_mul(node.page.0)));
    let text = match &node.host.reclaim_line {
        Reading::Value(line) => format!(
            "begins below {} of free memory, ends at {} (zoneinfo)",
            in_bytes(line.low),
            in_bytes(line.high)
        ),
        Reading::Absent => "not known: there is no /proc/zoneinfo".to_owned(),
        Reading::Failed(why) => format!("not known: {why}"),
    };
    lines.extend(entry("the kernel", &text, width));
    if let Some(line) = &check.eviction {
        lines.extend(entry("the kubelet", &eviction(line), width));
    }
    let pressure = match node.host.pressure.value() {
        Some(pressure) => {
            format!("tasks wait for memory {} of the time", units::percent(pressure.some.avg10.ratio()))
        }
        None => "not measured: v1, or a kernel without psi=1".to_owned(),
    };
    lines.extend(entry("pressure", &pressure, width));
    lines
}

fn eviction(line: &EvictionLine) -> String {
    let first = match line.first {
        FirstToAct::Kernel => "the kernel swaps first",
        FirstToAct::Race => "it depends on how fast the kernel swaps",
        FirstToAct::Kubelet => "the kubelet acts first, swap or not",
    };
    format!("evicts below {} of available memory: {first}", bytes(line.eviction))
}

/// Runtimes, killers, Docker.
pub fn around(node: &Node, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for runtime in &node.runtimes {
        lines.extend(entry(&runtime.name, &daemon(runtime), width));
    }
    if let Some(docker) = node.docker.value() {
        let text = format!(
            "{}, cgroup driver {}, storage {} in {}",
            docker.version, docker.cgroup_driver, docker.storage_driver, docker.data_root
        );
        lines.extend(entry("Docker", &text, width));
    }
    for killer in &node.killers {
        lines.extend(entry(
            &killer.name,
            &format!("kills for memory by rules of its own, process {}", killer.pid),
            width,
        ));
    }
    if !lines.is_empty() {
        lines.insert(0, title("Runtimes and killers"));
    }
    lines
}

/// Where a daemon lives and whether it may swap.
pub fn daemon(daemon: &Daemon) -> String {
    let cgroup = match &daemon.cgroup {
        Reading::Value(cgroup) => format!("in {cgroup}"),
        Reading::Absent | Reading::Failed(_) => "cgroup not known".to_owned(),
    };
    let may = match &daemon.swap_max {
        Reading::Value(None) => ", may swap".to_owned(),
        Reading::Value(Some(Bytes::ZERO)) => ", kept out of swap".to_owned(),
        Reading::Value(Some(limit)) => format!(", may swap {}", bytes(*limit)),
        Reading::Absent | Reading::Failed(_) => String::new(),
    };
    let now = match daemon.swapped {
        Reading::Value(swapped) if swapped > Bytes::ZERO => format!(", {} of it in swap", bytes(swapped)),
        Reading::Value(_) | Reading::Absent | Reading::Failed(_) => String::new(),
    };
    format!("process {} {cgroup}{may}{now}", daemon.pid)
}

/// What this kernel can do.
pub fn kernel(node: &Node, width: usize) -> Vec<Line> {
    let features = &node.features;
    let named = [
        ("tmpfs noswap", &features.tmpfs_noswap),
        ("swap limits", &features.swap_limit),
        ("memory.reclaim", &features.memory_reclaim),
        ("memory.peak", &features.memory_peak),
        ("pressure (PSI)", &features.pressure),
        ("zram", &features.zram),
        ("zswap", &features.zswap),
    ];
    let with = |wanted: &Reading<bool>| {
        let is_it = |(_, found): &&(&str, &Reading<bool>)| match (*found, wanted) {
            (Reading::Value(found), Reading::Value(wanted)) => found == wanted,
            (Reading::Absent | Reading::Failed(_), Reading::Absent | Reading::Failed(_)) => true,
            (Reading::Value(_) | Reading::Absent | Reading::Failed(_), _) => false,
        };
        named.iter().filter(is_it).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![title("This kernel")];
    for (name, wanted) in
        [("has", Reading::Value(true)), ("has not", Reading::Value(false)), ("not known", Reading::Absent)]
    {
        let text = with(&wanted);
        if !text.is_empty() {
            lines.extend(entry(name, &text, width));
        }
    }
    lines
}
