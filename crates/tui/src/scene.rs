//! What a frame is drawn from: one snapshot, what is thought of it, and what Highwater itself costs.

use kernel::bytes::Bytes;
use kernel::cgroup_path::Identity;
use model::assessment::Assessment;
use model::cgroup::{Cgroup, CgroupId, CgroupIndex};
use model::snapshot::Snapshot;
use view::columns::Row;

/// What a frame is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The machine at one moment.
    pub snapshot: &'a Snapshot,
    /// What its cgroups' figures mean, one for each cgroup in the same order.
    pub assessments: &'a [Assessment],
    /// The cgroup that needs somebody first.
    pub worst: Option<CgroupIndex>,
    /// What Highwater itself costs.
    pub cost: Option<Cost>,
}

/// What Highwater itself costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The share of one core it used since the scan before, 0 to 1; `None` after the first scan.
    pub cpu_ratio: Option<f64>,
    /// Resident memory.
    pub resident: Bytes,
    /// Cgroup files it keeps open.
    pub descriptors: usize,
    /// Kernel memory that those pin.
    pub pinned: Bytes,
}

impl<'a> Scene<'a> {
    /// The cgroup and what is thought of it.
    #[must_use]
    pub fn row(&self, index: CgroupIndex) -> Option<Row<'a>> {
        let cgroup = self.snapshot.cgroup(index)?;
        let assessment = self.assessments.get(index.0).filter(|assessment| assessment.cgroup == index)?;
        Some(Row { snapshot: self.snapshot, cgroup, assessment })
    }

    /// Where a cgroup stands in this snapshot.
    #[must_use]
    pub fn index_of(&self, id: CgroupId) -> Option<CgroupIndex> {
        self.snapshot.cgroups.iter().position(|cgroup| cgroup.id == id).map(CgroupIndex)
    }

    /// Whether there is any container.
    #[must_use]
    pub fn has_containers(&self) -> bool {
        self.snapshot.cgroups.iter().any(is_container)
    }
}

/// Whether a cgroup is a container, whole.
#[must_use]
pub const fn is_container(cgroup: &Cgroup) -> bool {
    matches!(cgroup.identity, Identity::Container(_))
}
