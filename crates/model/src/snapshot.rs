//! The whole machine at one moment, and what could not be seen.

use crate::cgroup::{Cgroup, CgroupIndex};
use crate::host::Host;
use std::time::Duration;

/// A moment of wall-clock time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

/// The whole machine at one moment. Nothing downstream reads again.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Time since boot, for rates: the wall clock may jump.
    pub uptime: Duration,
    /// The machine.
    pub host: Host,
    /// Every cgroup of the memory hierarchy; a parent stands before its children.
    pub cgroups: Vec<Cgroup>,
    /// What could not be seen, and what that means.
    pub missing: Vec<Missing>,
}

/// A witness that could not be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing on screen: "names, images and declared limits".
    pub what: String,
    /// Why, with the path.
    pub why: String,
}

impl Snapshot {
    /// The cgroup at `index`, unless it comes from another snapshot.
    #[must_use]
    pub fn cgroup(&self, index: CgroupIndex) -> Option<&Cgroup> {
        self.cgroups.get(index.0)
    }

    /// The cgroup itself and then every cgroup above it, up to the root that can be seen.
    pub fn lineage(&self, index: CgroupIndex) -> impl Iterator<Item = (CgroupIndex, &Cgroup)> {
        // A parent stands before its children, so the walk ends even if a list were damaged.
        let above = |(index, cgroup): &(CgroupIndex, &Cgroup)| {
            let parent = cgroup.parent.filter(|parent| parent < index)?;
            self.cgroup(parent).map(|cgroup| (parent, cgroup))
        };
        std::iter::successors(self.cgroup(index).map(|cgroup| (index, cgroup)), above)
    }
}
