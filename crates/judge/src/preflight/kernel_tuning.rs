//! Read-ahead of swap, and settings that the next boot changes.
//!
//! Written in the kernel's Documentation/admin-guide/sysctl/vm.rst (`page-cluster`: 2^n pages are read at once, 3 by default) and
//! sysctl.d(5).

use super::sysctl::persisted;
use super::{Subject, is_zram};
use model::lint::LintSeverity;
use model::node::{SwapAreaInUse, SwapBacking};
use model::node_check::NodeFinding;

/// Settings about swap with the value that the kernel gives them at boot; nothing where it computes one.
const BOOT_VALUES: [(&str, Option<&str>); 5] = [
    ("vm.swappiness", Some("60")),
    ("vm.page-cluster", Some("3")),
    ("vm.watermark_scale_factor", Some("10")),
    ("vm.min_free_kbytes", None),
    ("vm.vfs_cache_pressure", Some("100")),
];

/// Finds them.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    read_ahead(subject, findings);
    if subject.areas().is_empty() {
        return;
    }
    for (name, boot_value) in BOOT_VALUES {
        let Some(now) = subject.node.settings.get(name).and_then(|value| value.value()) else { continue };
        let file = persisted(subject.node, name);
        let message = match (&file, boot_value) {
            (Some(file), _) if file.value != *now => {
                format!("{name} is {now} now, and {} sets {} at the next boot.", file.path, file.value)
            }
            (None, Some(boot_value)) if boot_value != now => {
                format!(
                    "{name} is {now} now, and no file of /etc/sysctl.d sets it: the next boot brings {boot_value}."
                )
            }
            (Some(_) | None, _) => continue,
        };
        findings.push(
            NodeFinding::new("sysctl-not-persistent", LintSeverity::Warning, message)
                .fix(format!("write `{name} = VALUE` into a file of /etc/sysctl.d that comes last, or set the value of the file now"))
                .command("sysctl --system"),
        );
    }
}

fn read_ahead(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(cluster) = subject.setting("vm.page-cluster").filter(|cluster| *cluster > 0) else { return };
    let areas = subject.areas();
    if areas.is_empty() || !areas.iter().all(|area| is_zram(area) || has_no_seek(subject, area)) {
        return;
    }
    let pages = 1_u64 << cluster.min(63);
    let message = format!(
        "vm.page-cluster is {cluster}: each page that is needed from swap brings {} others with it, which pays only on disks that turn.",
        pages - 1
    );
    findings.push(
        NodeFinding::new("swap-read-ahead", LintSeverity::Info, message)
            .fix("set vm.page-cluster to 0 for zram and NVMe")
            .command("highwater node plan --page-cluster 0"),
    );
}

fn has_no_seek(subject: &Subject<'_>, area: &SwapAreaInUse) -> bool {
    let devices = subject.node.block_devices.value().map(Vec::as_slice).unwrap_or_default();
    let name = match &area.backing {
        SwapBacking::Device { name } | SwapBacking::Zram { name } => name,
        SwapBacking::File { .. } => return false,
    };
    devices.iter().any(|device| device.name == *name && device.is_rotational.get() == Some(false))
}
