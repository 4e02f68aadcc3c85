//! The facts as the planner asks for them, and which it asked for in vain.

use crate::node::Facts;
use kernel::bytes::Bytes;
use model::lint::KubernetesVersion;
use model::node::{Filesystem, Node, SwapAreaInUse};
use model::path_found::PathFound;
use model::reading::Reading;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The facts, with a note of every path that was asked for and not looked at.
pub struct Look<'a> {
    facts: Facts<'a>,
    unseen: RefCell<BTreeSet<String>>,
}

/// What Linux prints of a version: `6.1` of `6.1.0-25-amd64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelVersion(pub u32, pub u32);

impl<'a> Look<'a> {
    pub const fn new(facts: Facts<'a>) -> Self {
        Self { facts, unseen: RefCell::new(BTreeSet::new()) }
    }

    pub const fn node(&self) -> &'a Node {
        self.facts.node
    }

    /// The kubelet's version: as it was told, else as it was seen.
    pub fn kubernetes(&self) -> Option<KubernetesVersion> {
        let seen = || {
            let version = self.node().kubelet.value()?.version.value()?;
            let mut numbers = version.trim_start_matches('v').split('.');
            numbers.next().filter(|major| *major == "1")?;
            numbers.next()?.parse().ok().map(KubernetesVersion)
        };
        self.facts.kubernetes.or_else(seen)
    }

    /// What lies at a path. One that nobody looked at counts as absent and is noted.
    pub fn path(&self, path: &str) -> Reading<PathFound> {
        match self.facts.paths.get(path) {
            Some(found) => found.clone(),
            None => {
                self.unseen.borrow_mut().insert(path.to_owned());
                Reading::Absent
            }
        }
    }

    /// The text at a path; anything else than text is a failure.
    pub fn text(&self, path: &str) -> Reading<String> {
        self.path(path).and_then(|found| match found {
            PathFound::Text(content) => Reading::Value(content.text),
            PathFound::Blocks { .. } => {
                Reading::failed(format!("{path}: expected text, found something else"))
            }
            PathFound::Link(target) => {
                Reading::failed(format!("{path}: expected a file, found a symbolic link to {target}"))
            }
            PathFound::Folder(_) => Reading::failed(format!("{path}: expected a file, found a folder")),
            PathFound::Other(kind) => Reading::failed(format!("{path}: expected a file, found {kind}")),
        })
    }

    /// The names in a folder; none when it is not there.
    pub fn names(&self, path: &str) -> Vec<String> {
        match self.path(path) {
            Reading::Value(PathFound::Folder(names)) => names,
            Reading::Value(_) | Reading::Absent | Reading::Failed(_) => Vec::new(),
        }
    }

    /// Every path that was asked for in vain.
    pub fn unseen(&self) -> Vec<String> {
        self.unseen.borrow().iter().cloned().collect()
    }

    /// Whether units do the work. Where it cannot be told the plan is refused anyway.
    pub const fn has_systemd(&self) -> bool {
        !matches!(self.facts.node.systemd, Reading::Absent)
    }

    pub fn kernel(&self) -> Option<KernelVersion> {
        let release = self.node().host.kernel_release.value()?;
        let mut numbers = release.trim().split(|symbol: char| !symbol.is_ascii_digit());
        Some(KernelVersion(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }

    /// Whether the kernel is at least this one; an unknown one is not.
    pub fn kernel_from(&self, major: u32, minor: u32) -> bool {
        self.kernel().is_some_and(|kernel| kernel >= KernelVersion(major, minor))
    }

    /// The kernel in words.
    pub fn kernel_words(&self) -> String {
        match &self.node().host.kernel_release {
            Reading::Value(release) => format!("kernel {}", release.trim()),
            Reading::Absent | Reading::Failed(_) => "a kernel of unknown version".to_owned(),
        }
    }

    pub fn memory(&self) -> Option<Bytes> {
        self.node().host.memory_total().get()
    }

    /// The swap in use at a path, as `/proc/swaps` names it.
    pub fn active(&self, path: &str) -> Option<&'a SwapAreaInUse> {
        let areas = self.node().swap_areas.value()?;
        areas.iter().find(|area| area.swap.path == path && !area.swap.deleted)
    }

    /// The file system that holds a path: the longest mount point above it, the last mounted of equal ones.
    pub fn filesystem_of(&self, path: &str) -> Option<&'a Filesystem> {
        let all = self.node().filesystems.value()?;
        all.iter()
            .filter(|filesystem| is_below(path, &filesystem.mount_point))
            .max_by_key(|filesystem| filesystem.mount_point.len())
    }

    /// Whether something is mounted exactly here.
    pub fn mounted_at(&self, mount_point: &str) -> bool {
        let all = self.node().filesystems.value();
        all.is_some_and(|all| all.iter().any(|filesystem| filesystem.mount_point == mount_point))
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
