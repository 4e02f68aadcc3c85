//! What this kernel can do, and whether systemd runs the machine.

use crate::cgroup::hierarchy::{FoundHierarchy, MemoryMount};
use crate::host_root::{HostRoot, RootKind};
use kernel::hierarchy::CgroupVersion;
use model::host::Host;
use model::node::KernelFeatures;
use model::reading::Reading;

/// Where libraries of systemd's own are; their name tells its version: `libsystemd-shared-257.so`.
const SYSTEMD_LIBRARIES: [&str; 5] = [
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/lib64/systemd",
    "/usr/lib/x86_64-linux-gnu/systemd",
    "/usr/lib/aarch64-linux-gnu/systemd",
];

/// The version of systemd, when it is process 1, or would be in an image that is not running.
#[must_use]
pub fn systemd(root: &HostRoot) -> Reading<String> {
    let is_running = match root.text("/proc/1/comm") {
        Reading::Value(name) => name.trim_end() == "systemd",
        // sd_booted(3) asks for this folder.
        Reading::Absent | Reading::Failed(_) => root.path("/run/systemd/system").is_dir(),
    };
    let is_image = root.kind() == RootKind::Recorded && root.path("/usr/lib/systemd/systemd").exists();
    if !is_running && !is_image {
        return Reading::Absent;
    }
    let names = SYSTEMD_LIBRARIES.iter().flat_map(|folder| root.names(folder));
    let version = names.into_iter().find_map(|name| {
        let rest = name.strip_prefix("libsystemd-shared-")?;
        Some(rest.strip_suffix(".so")?.to_owned())
    });
    version.map_or_else(
        || {
            Reading::failed(
                "systemd runs; its version was not found: no libsystemd-shared-VERSION.so in its folders",
            )
        },
        Reading::Value,
    )
}

/// What the kernel can do, by its files where they tell and by its release where they do not.
#[must_use]
pub fn features(root: &HostRoot, found: &FoundHierarchy, host: &Host) -> KernelFeatures {
    let memory = found.memory.as_ref().ok();
    let release = host.kernel_release.clone();
    let since = |major: u32, minor: u32| {
        release.clone().and_then(|release| match version(&release) {
            Some(version) => Reading::Value(version >= (major, minor)),
            None => Reading::failed(format!(
                "/proc/sys/kernel/osrelease: expected MAJOR.MINOR, found `{release}`"
            )),
        })
    };
    let file = |name: &str, since: Reading<bool>| v2_file(root, memory, name, since);
    KernelFeatures {
        // The kubelet goes by the release too: TmpfsNoswapSupportKernelVersion in pkg/util/kernel/constants.go.
        tmpfs_noswap: since(6, 4),
        memory_reclaim: file("memory.reclaim", since(5, 19)),
        memory_peak: file("memory.peak", since(5, 19)),
        swap_limit: swap_limit(root, memory),
        pressure: Reading::Value(root.path("/proc/pressure/memory").exists()),
        zram: zram(root, host),
        zswap: Reading::Value(root.path("/sys/module/zswap").is_dir()),
    }
}

/// `6.12.90+deb13-amd64` is (6, 12).
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// v1 has none of these files. A recording may lack a file that cannot be read, so there the release tells.
fn v2_file(root: &HostRoot, memory: Option<&MemoryMount>, name: &str, since: Reading<bool>) -> Reading<bool> {
    let Some(memory) = memory else { return Reading::Absent };
    if memory.hierarchy.version == CgroupVersion::V1 {
        return Reading::Value(false);
    }
    let Some(folder) = a_cgroup(root, &memory.hierarchy.mount_point) else { return since };
    let is_there = root.path(&format!("{folder}/{name}")).exists();
    if is_there || root.kind() == RootKind::Live { Reading::Value(is_there) } else { since }
}

fn swap_limit(root: &HostRoot, memory: Option<&MemoryMount>) -> Reading<bool> {
    let Some(memory) = memory else { return Reading::Absent };
    let mount_point = &memory.hierarchy.mount_point;
    match memory.hierarchy.version {
        CgroupVersion::V1 => {
            Reading::Value(root.path(&format!("{mount_point}/memory.memsw.limit_in_bytes")).exists())
        }
        CgroupVersion::V2 => match a_cgroup(root, mount_point) {
            Some(folder) => Reading::Value(root.path(&format!("{folder}/memory.swap.max")).exists()),
            None => {
                Reading::failed(format!("{mount_point}: no cgroup below the root has the memory controller"))
            }
        },
    }
}

/// Any cgroup but the root, whose files are fewer.
fn a_cgroup(root: &HostRoot, mount_point: &str) -> Option<String> {
    let folders = root.names(mount_point).into_iter().map(|name| format!("{mount_point}/{name}"));
    folders.into_iter().find(|folder| root.path(&format!("{folder}/memory.max")).exists())
}

/// Loaded, or among the modules that can be; without their lists nobody knows.
fn zram(root: &HostRoot, host: &Host) -> Reading<bool> {
    if !host.zram.is_empty() || root.path("/sys/module/zram").is_dir() {
        return Reading::Value(true);
    }
    let Some(release) = host.kernel_release.value() else { return Reading::Absent };
    let mut is_any = false;
    for folder in ["/lib/modules", "/usr/lib/modules"] {
        for list in ["modules.dep", "modules.builtin"] {
            let Reading::Value(text) = root.text(&format!("{folder}/{release}/{list}")) else { continue };
            if text.lines().any(is_zram) {
                return Reading::Value(true);
            }
            is_any = true;
        }
    }
    if is_any { Reading::Value(false) } else { Reading::Absent }
}

/// A line of `modules.dep` (a path, a colon, what it needs) or `modules.builtin` (a path); the folder may be the list's own.
fn is_zram(line: &str) -> bool {
    let path = line.split(':').next().unwrap_or_default();
    path.rsplit('/').next().is_some_and(|name| name == "zram.ko" || name.starts_with("zram.ko."))
}

#[cfg(test)]
mod tests {
    use super::{is_zram, version};

    #[test]
    fn zram_is_found_packed_built_in_and_beside_the_list() {
        for line in [
            "kernel/drivers/block/zram/zram.ko.xz: kernel/mm/zsmalloc.ko.xz",
            "kernel/drivers/block/zram/zram.ko",
            "zram.ko: zsmalloc.ko",
        ] {
            assert!(is_zram(line), "{line}");
        }
        assert!(!is_zram("kernel/a/other.ko: kernel/drivers/block/zram/zram.ko"));
    }

    #[test]
    fn releases_of_every_distribution_have_two_numbers() {
        for (release, expected) in [
            ("6.12.90+deb13.1-amd64", Some((6, 12))),
            ("5.4", Some((5, 4))),
            ("4.18.0-553.el8", Some((4, 18))),
            ("unknown", None),
        ] {
            assert_eq!(version(release), expected, "{release}");
        }
    }
}
