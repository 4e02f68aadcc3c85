//! Which cgroup hierarchy the memory controller is on: v1, v2, or neither and why.

use crate::mountinfo::MountEntry;

/// The generation of a cgroup hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CgroupVersion {
    /// A hierarchy per controller.
    V1,
    /// One hierarchy for all.
    V2,
}

/// How a host mounts cgroups, in systemd's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// cgroup v2 alone; v1 hierarchies without a controller beside it do not count.
    Unified,
    /// Controllers on v1, and v2 mounted beside them.
    Hybrid,
    /// cgroup v1 alone.
    Legacy,
}

/// One visible cgroup mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupMount {
    /// Its generation.
    pub version: CgroupVersion,
    /// Where it is mounted.
    pub mount_point: String,
    /// The cgroup that is seen at the mount point: `/` normally, `/../..` seen from inside a cgroup namespace.
    pub root: String,
    /// Controllers of a v1 hierarchy, `name=systemd` and its like among them; empty on v2.
    pub controllers: Vec<String>,
}

/// The hierarchy that holds the memory controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryHierarchy {
    /// Which files to expect.
    pub version: CgroupVersion,
    /// Where it is mounted.
    pub mount_point: String,
    /// The cgroup that is seen at the mount point.
    pub root: String,
}

/// Why no memory controller was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoMemoryController {
    /// No cgroup file system is mounted where this process can see it.
    NoCgroupMount,
    /// Only v1 hierarchies are mounted and none has `memory` (`cgroup_disable=memory`, or nobody mounted it).
    NoMemoryMount,
    /// cgroup v2 is mounted and `memory` is not in its `cgroup.controllers`.
    NotInControllers,
    /// cgroup v2 is mounted and its `cgroup.controllers` was not given.
    ControllersUnknown,
}

/// All cgroup mounts and what follows from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// The kind of layout; `None` without any cgroup mount.
    pub layout: Option<Layout>,
    /// Every visible cgroup mount in file order.
    pub mounts: Vec<CgroupMount>,
    /// Where memory is accounted, or why that is unknown.
    pub memory: Result<MemoryHierarchy, NoMemoryController>,
}

impl Hierarchy {
    /// Finds the memory controller. `root_controllers` is the text of `cgroup.controllers` at the v2 mount point
    /// ([`Hierarchy::v2_mount_point`]); v1 mounts tell by themselves.
    #[must_use]
    pub fn find(entries: &[MountEntry], root_controllers: Option<&str>) -> Self {
        let mounts: Vec<CgroupMount> = entries
            .iter()
            .enumerate()
            .filter(|(at, entry)| is_cgroup(entry) && is_visible(entries, *at))
            .map(|(_, entry)| cgroup_mount(entry))
            .collect();
        let memory = find_memory(&mounts, root_controllers);
        Self { layout: layout(&mounts), mounts, memory }
    }

    /// Where cgroup v2 is mounted, be memory on it or not: the place to read `cgroup.controllers`.
    #[must_use]
    pub fn v2_mount_point(&self) -> Option<&str> {
        widest(self.mounts.iter().filter(|mount| mount.version == CgroupVersion::V2))
            .map(|mount| mount.mount_point.as_str())
    }
}

impl MemoryHierarchy {
    /// The directory of a cgroup whose path was read from `/proc/PID/cgroup` by a process with this mount;
    /// `None` when the cgroup lies outside what is mounted.
    #[must_use]
    pub fn directory(&self, cgroup_path: &str) -> Option<String> {
        let mut inner = components(cgroup_path);
        for outer in components(&self.root) {
            if inner.next() != Some(outer) {
                return None;
            }
        }
        let mut directory = self.mount_point.trim_end_matches('/').to_owned();
        for component in inner {
            if component == ".." {
                return None;
            }
            directory.push('/');
            directory.push_str(component);
        }
        Some(if directory.is_empty() { "/".to_owned() } else { directory })
    }
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|component| !component.is_empty())
}

fn is_cgroup(entry: &MountEntry) -> bool {
    matches!(entry.fs_type.as_str(), "cgroup" | "cgroup2")
}

/// Options of a v1 mount that are no controllers (`cgroup1_show_options` in the kernel's kernel/cgroup/cgroup-v1.c).
fn is_option(word: &str) -> bool {
    matches!(
        word,
        "rw" | "ro"
            | "seclabel"
            | "noprefix"
            | "xattr"
            | "cpuset_v2_mode"
            | "favordynmods"
            | "clone_children"
    ) || word.starts_with("release_agent=")
        || word.is_empty()
}

fn cgroup_mount(entry: &MountEntry) -> CgroupMount {
    let (version, controllers) = match entry.fs_type.as_str() {
        "cgroup2" => (CgroupVersion::V2, Vec::new()),
        _ => {
            let words = entry.super_options.split(',').filter(|word| !is_option(word));
            (CgroupVersion::V1, words.map(str::to_owned).collect())
        }
    };
    CgroupMount { version, mount_point: entry.mount_point.clone(), root: entry.root.clone(), controllers }
}

fn layout(mounts: &[CgroupMount]) -> Option<Layout> {
    let v2 = mounts.iter().any(|mount| mount.version == CgroupVersion::V2);
    let v1_controllers =
        mounts.iter().flat_map(|mount| &mount.controllers).any(|controller| !controller.starts_with("name="));
    match (v2, v1_controllers) {
        (true, true) => Some(Layout::Hybrid),
        (true, false) => Some(Layout::Unified),
        (false, _) => (!mounts.is_empty()).then_some(Layout::Legacy),
    }
}

fn find_memory(
    mounts: &[CgroupMount],
    root_controllers: Option<&str>,
) -> Result<MemoryHierarchy, NoMemoryController> {
    let is_v1_memory =
        |mount: &&CgroupMount| mount.controllers.iter().any(|controller| controller == "memory");
    if let Some(mount) = widest(mounts.iter().filter(is_v1_memory)) {
        return Ok(memory_hierarchy(mount));
    }
    let Some(mount) = widest(mounts.iter().filter(|mount| mount.version == CgroupVersion::V2)) else {
        let reason = if mounts.is_empty() {
            NoMemoryController::NoCgroupMount
        } else {
            NoMemoryController::NoMemoryMount
        };
        return Err(reason);
    };
    match root_controllers {
        None => Err(NoMemoryController::ControllersUnknown),
        Some(controllers) if controllers.split_ascii_whitespace().any(|name| name == "memory") => {
            Ok(memory_hierarchy(mount))
        }
        Some(_) => Err(NoMemoryController::NotInControllers),
    }
}

fn memory_hierarchy(mount: &CgroupMount) -> MemoryHierarchy {
    MemoryHierarchy {
        version: mount.version,
        mount_point: mount.mount_point.clone(),
        root: mount.root.clone(),
    }
}

/// Of several mounts of one hierarchy the one that shows most: the root furthest up, then the place every tool expects.
fn widest<'a>(mounts: impl Iterator<Item = &'a CgroupMount>) -> Option<&'a CgroupMount> {
    mounts.min_by_key(|mount| {
        let (mut above, mut below) = (0_usize, 0_usize);
        for component in components(&mount.root) {
            *if component == ".." { &mut above } else { &mut below } += 1;
        }
        (std::cmp::Reverse(above), below, !mount.mount_point.starts_with("/sys/fs/cgroup"))
    })
}

/// Whether a path lookup still ends at this mount. Mounts on the same place stand on one another, and a mount on a directory
/// above hides all that is not its own descendant.
fn is_visible(entries: &[MountEntry], at: usize) -> bool {
    let Some(entry) = entries.get(at) else { return false };
    let ancestors = ancestors(entries, entry);
    !entries.iter().enumerate().any(|(other_at, other)| {
        if other_at == at || ancestors.contains(&other.id) || !covers(&other.mount_point, &entry.mount_point)
        {
            return false;
        }
        other.mount_point != entry.mount_point
            || other_at > at
            || self::ancestors(entries, other).contains(&entry.id)
    })
}

fn ancestors(entries: &[MountEntry], entry: &MountEntry) -> Vec<u32> {
    let mut ids = Vec::new();
    let mut next = entry.parent;
    while next != entry.id && !ids.contains(&next) {
        ids.push(next);
        let Some(parent) = entries.iter().find(|candidate| candidate.id == next) else { break };
        next = parent.parent;
    }
    ids
}

/// Whether `outer` is `inner` or a directory above it.
fn covers(outer: &str, inner: &str) -> bool {
    match inner.strip_prefix(outer.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{CgroupVersion, Hierarchy, Layout, MemoryHierarchy, NoMemoryController};
    use crate::mountinfo::parse;

    const ROOT: &str = "1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / /sys rw - sysfs sysfs rw\n";
    const V2: &str = "3 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "3 2 0:3 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        4 3 0:4 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        5 3 0:5 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,xattr,cpu,cpuacct\n\
        6 3 0:6 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd\n";
    const BESIDE: &str = "7 3 0:7 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    fn find(mounts: &str, controllers: Option<&str>) -> Hierarchy {
        Hierarchy::find(&parse(&format!("{ROOT}{mounts}")).unwrap(), controllers)
    }

    fn memory_at(hierarchy: &Hierarchy) -> (CgroupVersion, &str) {
        let memory = hierarchy.memory.as_ref().unwrap();
        (memory.version, memory.mount_point.as_str())
    }

    #[test]
    fn a_unified_host_has_memory_when_its_controllers_say_so() {
        let hierarchy = find(V2, Some("cpuset cpu io memory pids\n"));
        assert_eq!(hierarchy.layout, Some(Layout::Unified));
        assert_eq!(memory_at(&hierarchy), (CgroupVersion::V2, "/sys/fs/cgroup"));
        assert_eq!(find(V2, Some("cpu memory_hot\n")).memory, Err(NoMemoryController::NotInControllers));
        assert_eq!(find(V2, Some("")).memory, Err(NoMemoryController::NotInControllers));
        assert_eq!(find(V2, None).memory, Err(NoMemoryController::ControllersUnknown));
    }

    #[test]
    fn a_hybrid_host_accounts_memory_on_v1() {
        let hierarchy = find(&format!("{V1}{BESIDE}"), Some(""));
        assert_eq!(hierarchy.layout, Some(Layout::Hybrid));
        assert_eq!(memory_at(&hierarchy), (CgroupVersion::V1, "/sys/fs/cgroup/memory"));
        assert_eq!(hierarchy.v2_mount_point(), Some("/sys/fs/cgroup/unified"));
        assert_eq!(hierarchy.mounts.len(), 4);
        assert_eq!(hierarchy.mounts[1].controllers, ["cpu", "cpuacct"]);
        assert_eq!(hierarchy.mounts[2].controllers, ["name=systemd"]);
    }

    #[test]
    fn a_legacy_host_is_v1_alone_and_may_lack_memory() {
        assert_eq!(find(V1, None).layout, Some(Layout::Legacy));
        let hierarchy = find(&V1.replace("rw,memory", "rw,freezer"), None);
        assert_eq!(hierarchy.memory, Err(NoMemoryController::NoMemoryMount));
    }

    #[test]
    fn a_named_hierarchy_alone_does_not_make_a_host_hybrid() {
        let named = "8 1 0:8 / /mnt/systemd rw - cgroup cgroup rw,name=systemd\n";
        assert_eq!(find(&format!("{V2}{named}"), Some("memory")).layout, Some(Layout::Unified));
    }

    #[test]
    fn without_cgroup_mounts_there_is_a_reason() {
        let hierarchy = find("", Some("memory"));
        assert_eq!(hierarchy.layout, None);
        assert_eq!(hierarchy.memory, Err(NoMemoryController::NoCgroupMount));
        assert_eq!(hierarchy.v2_mount_point(), None);
        assert_eq!(Hierarchy::find(&[], None).memory, Err(NoMemoryController::NoCgroupMount));
    }

    #[test]
    fn a_later_mount_on_the_same_place_or_above_hides() {
        let over = "9 3 0:9 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
        assert_eq!(
            find(&format!("{V2}{over}"), Some("memory")).memory,
            Err(NoMemoryController::NoCgroupMount)
        );
        let above = "9 2 0:9 / /sys/fs rw - tmpfs tmpfs rw\n";
        assert_eq!(find(&format!("{V1}{above}"), None).mounts, []);
        let again = "9 3 0:3 / /sys/fs/cgroup rw - cgroup2 again rw\n";
        assert_eq!(find(&format!("{V2}{again}"), Some("memory")).mounts.len(), 1);
        let beside = "9 2 0:9 / /sys/fs/cgroup2 rw - tmpfs tmpfs rw\n";
        assert_eq!(find(&format!("{V2}{beside}"), Some("memory")).mounts.len(), 1);
    }

    #[test]
    fn mounts_in_a_circle_do_no_harm() {
        let circle = "5 6 0:3 / /a rw - cgroup2 x rw\n6 5 0:3 / /b rw - cgroup2 x rw\n";
        assert_eq!(Hierarchy::find(&parse(circle).unwrap(), Some("memory")).mounts.len(), 2);
    }

    #[test]
    fn of_two_views_the_wider_one_is_taken() {
        let host = "8 1 0:3 /../../.. /host/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let hierarchy = find(&format!("{V2}{host}"), Some("memory"));
        assert_eq!(memory_at(&hierarchy), (CgroupVersion::V2, "/host/sys/fs/cgroup"));
        let part = "8 1 0:4 /docker/x /part rw - cgroup cgroup rw,memory\n";
        assert_eq!(
            memory_at(&find(&format!("{part}{V1}"), None)),
            (CgroupVersion::V1, "/sys/fs/cgroup/memory")
        );
    }

    #[test]
    fn a_cgroup_path_becomes_a_directory_of_the_mount() {
        let at = |root: &str, path: &str| {
            let mount_point = "/sys/fs/cgroup".to_owned();
            MemoryHierarchy { version: CgroupVersion::V2, mount_point, root: root.to_owned() }.directory(path)
        };
        assert_eq!(at("/", "/a/b").as_deref(), Some("/sys/fs/cgroup/a/b"));
        assert_eq!(at("/", "/").as_deref(), Some("/sys/fs/cgroup"));
        assert_eq!(at("/../..", "/../../a").as_deref(), Some("/sys/fs/cgroup/a"));
        assert_eq!(at("/docker/x", "/docker/x/y").as_deref(), Some("/sys/fs/cgroup/y"));
        for (root, path) in
            [("/", "/../a"), ("/docker/x", "/docker/xy"), ("/../..", "/"), ("/../..", "/../../../a")]
        {
            assert_eq!(at(root, path), None, "{root} {path}");
        }
    }
}
