//! The files that make a node set up its swap before its kubelet starts: the same for every target that can write files.
//!
//! A unit that is only enabled joins no boot that is already under way, and an order without `Wants=` waits for nobody. So the
//! kubelet's own unit pulls the swap in, whenever it is started (systemd.unit(5)); on EKS nodeadm starts it after cloud-init, when
//! the instance store is mounted (awslabs/amazon-eks-ami, `nodeadm-run.service`).

use crate::render::{kubelet, script};
use kernel::bytes::Bytes;
use model::node_swap::{Backing, NodeSwap, ReclaimStart, SystemSwap};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFile {
    /// Its absolute path.
    pub path: String,
    /// Its permissions, as `chmod` takes them.
    pub mode: &'static str,
    /// Its text.
    pub text: String,
}

/// What differs between the systems on which the files stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct System {
    /// The units that run a kubelet.
    pub kubelet_units: &'static [&'static str],
    /// The slice in which the kubelet and the runtime live.
    pub slice: &'static str,
}

/// EKS's AL2023 keeps kubelet and containerd in a slice of their own (awslabs/amazon-eks-ami, `kubelet.service`).
pub const EKS: System = System { kubelet_units: &["kubelet.service"], slice: "runtime.slice" };

/// Any other system with a kubelet of its own.
pub const GENERAL: System = System { kubelet_units: &["kubelet.service"], slice: "system.slice" };

/// k3s runs the kubelet inside itself, on servers and on agents.
pub const K3S: System =
    System { kubelet_units: &["k3s.service", "k3s-agent.service"], slice: "system.slice" };

/// The unit that sets up the swap.
pub const UNIT: &str = "highwater-swap.service";

/// Where the tunables stand.
pub const SYSCTL: &str = "/etc/sysctl.d/90-highwater-swap.conf";

/// All of them, in an order in which they may be written.
#[must_use]
pub fn all(wanted: &NodeSwap, system: System) -> Vec<NodeFile> {
    let mut files =
        vec![NodeFile { path: script::PATH.to_owned(), mode: "0755", text: script::text(wanted) }];
    files.push(plain(format!("/etc/systemd/system/{UNIT}"), unit(wanted)));
    if wanted.kubelet.is_some() {
        files.extend(system.kubelet_units.iter().map(|unit| {
            let text = format!("[Unit]\nWants={UNIT}\nAfter={UNIT}\n");
            plain(format!("/etc/systemd/system/{unit}.d/10-highwater-swap.conf"), text)
        }));
    }
    match wanted.system {
        SystemSwap::KeptAway => files.push(plain(
            format!("/etc/systemd/system/{}.d/10-highwater-swap.conf", system.slice),
            "[Slice]\nMemorySwapMax=0\n".to_owned(),
        )),
        SystemSwap::Left => {}
    }
    let sysctls = sysctls(wanted);
    if !sysctls.is_empty() {
        let text = sysctls.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        files.push(plain(SYSCTL.to_owned(), text));
    }
    files
}

/// Kernel tunables and their values.
#[must_use]
pub fn sysctls(wanted: &NodeSwap) -> Vec<(&'static str, u64)> {
    let kibibytes = |bytes: Bytes| bytes.0 >> 10;
    let reclaim = match wanted.tuning.reclaim {
        ReclaimStart::Left => None,
        // kswapd wakes below the low watermark, a quarter above the minimum: with the minimum at the eviction line the kernel
        // swaps before the kubelet evicts (mm/page_alloc.c, `__setup_per_zone_wmarks`).
        ReclaimStart::AboveEviction => Some(("vm.min_free_kbytes", kibibytes(kubelet::eviction(wanted)))),
        ReclaimStart::MinFree(bytes) => Some(("vm.min_free_kbytes", kibibytes(bytes))),
        ReclaimStart::WatermarkScaleFactor(factor) => Some(("vm.watermark_scale_factor", factor)),
    };
    let swappiness = wanted.tuning.swappiness.map(|value| ("vm.swappiness", value));
    let page_cluster = wanted.tuning.page_cluster.map(|value| ("vm.page-cluster", value));
    swappiness.into_iter().chain(page_cluster).chain(reclaim).collect()
}

fn plain(path: String, text: String) -> NodeFile {
    NodeFile { path, mode: "0644", text }
}

fn unit(wanted: &NodeSwap) -> String {
    let mounts: Vec<String> = wanted
        .areas
        .iter()
        .filter_map(|area| match &area.backing {
            Backing::InstanceStore { mount_point, .. } => Some(mount_unit(mount_point)),
            Backing::File { .. } | Backing::Partition { .. } | Backing::Zram { .. } => None,
        })
        .collect();
    let after = if mounts.is_empty() { String::new() } else { format!("After={}\n", mounts.join(" ")) };
    format!(
        "[Unit]\nDescription=Swap of this node\n{after}\n\
         [Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=15min\nExecStart={} on\n\n\
         [Install]\nWantedBy=multi-user.target\n",
        script::PATH
    )
}

/// The unit of a mount point: `/mnt/k8s-disks/0` is `mnt-k8s\x2ddisks-0.mount` (systemd.unit(5), "String escaping").
#[must_use]
pub fn mount_unit(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return "-.mount".to_owned();
    }
    let whole = parts.join("/");
    let escaped = whole.bytes().enumerate().map(|(at, byte)| match byte {
        b'/' => "-".to_owned(),
        b'.' if at == 0 => "\\x2e".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'_' | b'.' => char::from(byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    });
    escaped.collect::<String>() + ".mount"
}

/// Commands that write files: here-documents, with their folders and permissions.
#[must_use]
pub fn here_documents(files: &[NodeFile]) -> String {
    let mut folders: Vec<&str> =
        files.iter().filter_map(|file| file.path.rsplit_once('/').map(|(folder, _)| folder)).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut text = format!("mkdir -p {}\n", folders.join(" "));
    for file in files {
        text.push_str(&format!(
            "\ncat >{path} <<'END_OF_FILE'\n{body}END_OF_FILE\nchmod {mode} {path}\n",
            path = file.path,
            body = file.text,
            mode = file.mode
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::mount_unit;

    #[test]
    fn a_mount_point_names_its_unit_as_systemd_escape_does() {
        for (path, unit) in [
            ("/mnt/k8s-disks/0", "mnt-k8s\\x2ddisks-0.mount"),
            ("/mnt/.hidden//a_b:c.d/", "mnt-.hidden-a_b:c.d.mount"),
            ("/.first+1", "\\x2efirst\\x2b1.mount"),
            ("/", "-.mount"),
        ] {
            assert_eq!(mount_unit(path), unit, "{path}");
        }
    }
}
