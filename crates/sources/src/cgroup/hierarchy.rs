//! Where the memory hierarchy of a machine is mounted, and why it is not.

use crate::host_root::{HostRoot, RootKind};
use kernel::hierarchy::{CgroupVersion, Hierarchy, MemoryHierarchy, NoMemoryController};
use kernel::mountinfo;
use model::reading::Reading;
use rustix::fs::FsWord;
use std::path::PathBuf;

/// `CGROUP2_SUPER_MAGIC` and `CGROUP_SUPER_MAGIC` of `statfs(2)`.
const CGROUP2_MAGIC: FsWord = 0x6367_7270;
const CGROUP1_MAGIC: FsWord = 0x0027_e0eb;

/// The memory hierarchy that was found.
#[derive(Clone, Debug)]
pub struct FoundHierarchy {
    /// All mounts and the layout.
    pub hierarchy: Hierarchy,
    /// Where the memory controller is, or the reason in words.
    pub memory: Result<MemoryMount, String>,
}

/// Where the memory controller's files are.
#[derive(Clone, Debug)]
pub struct MemoryMount {
    /// As the kernel tells it.
    pub hierarchy: MemoryHierarchy,
    /// The folder to read, below the machine's root.
    pub folder: PathBuf,
}

/// Finds the memory hierarchy by mountinfo, and asks `statfs` whether it is really there. Docker's version says nothing about it.
#[must_use]
pub fn find(root: &HostRoot) -> FoundHierarchy {
    let entries = match mount_entries(root) {
        Reading::Value(entries) => entries,
        Reading::Absent => {
            let path = root.path("/proc/self/mountinfo");
            return not_found(format!("{}: no such file; is proc mounted?", path.display()));
        }
        Reading::Failed(why) => return not_found(why.to_string()),
    };
    let first = Hierarchy::find(&entries, None);
    let controllers =
        first.v2_mount_point().map(|mount_point| root.text(&format!("{mount_point}/cgroup.controllers")));
    let controllers = controllers.as_ref().and_then(Reading::value);
    let hierarchy = Hierarchy::find(&entries, controllers.map(String::as_str));
    let memory = match &hierarchy.memory {
        Ok(memory) => confirmed(root, memory.clone()),
        Err(reason) => Err(in_words(*reason).to_owned()),
    };
    FoundHierarchy { hierarchy, memory }
}

/// The own mounts for the own machine. A mounted root (`/host`) shows the machine's mounts under process 1; its
/// `self` would be this process in this process's mount namespace.
fn mount_entries(root: &HostRoot) -> Reading<Vec<mountinfo::MountEntry>> {
    let of = |process: &str| root.parsed(&format!("/proc/{process}/mountinfo"), mountinfo::parse);
    if root.is_own() { of("self") } else { of("1").or_if_absent(|| of("self")) }
}

fn not_found(why: String) -> FoundHierarchy {
    let memory = Err(NoMemoryController::NoCgroupMount);
    FoundHierarchy { hierarchy: Hierarchy { layout: None, mounts: Vec::new(), memory }, memory: Err(why) }
}

fn confirmed(root: &HostRoot, hierarchy: MemoryHierarchy) -> Result<MemoryMount, String> {
    let folder = root.path(&hierarchy.mount_point);
    if root.kind() == RootKind::Live {
        let (expected, name) = match hierarchy.version {
            CgroupVersion::V1 => (CGROUP1_MAGIC, "cgroup v1"),
            CgroupVersion::V2 => (CGROUP2_MAGIC, "cgroup v2"),
        };
        match rustix::fs::statfs(&folder) {
            Ok(fs) if fs.f_type == expected => {}
            Ok(fs) => {
                let found = fs.f_type;
                let place = folder.display();
                return Err(format!("{place}: expected a {name} file system, found one of type {found:#x}"));
            }
            Err(error) => {
                let error = std::io::Error::from(error);
                return Err(format!("{}: {}", folder.display(), crate::host_root::reason(&error)));
            }
        }
    }
    Ok(MemoryMount { hierarchy, folder })
}

const fn in_words(reason: NoMemoryController) -> &'static str {
    match reason {
        NoMemoryController::NoCgroupMount => {
            "/proc/self/mountinfo: no cgroup file system is mounted; mount one with `mount -t cgroup2 none /sys/fs/cgroup`"
        }
        NoMemoryController::NoMemoryMount => {
            "no mounted cgroup hierarchy has the memory controller; look for cgroup_disable=memory in /proc/cmdline"
        }
        NoMemoryController::NotInControllers => {
            "cgroup v2 is mounted without the memory controller; look for a v1 memory hierarchy that is not mounted (/proc/cgroups tells) or cgroup_disable=memory in /proc/cmdline"
        }
        NoMemoryController::ControllersUnknown => {
            "cgroup v2 is mounted, but its cgroup.controllers cannot be read"
        }
    }
}
