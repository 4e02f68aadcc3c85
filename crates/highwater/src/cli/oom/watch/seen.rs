//! Whom an engine or systemd was asked about, and whether that is still true: what was declared changes with the limits.

use kernel::limit::Limit;
use model::cgroup::{Cgroup, CgroupId, Swap};
use model::snapshot::Snapshot;
use std::collections::HashMap;

/// Containers and units, and the limits that they had.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen(HashMap<CgroupId, [Option<Limit>; 3]>);

/// Why to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody came.
    Arrival,
    /// Somebody's limits were changed: `docker update`, `systemctl set-property`.
    Limits,
}

impl Seen {
    /// Those of a look.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let is_declared = |cgroup: &&Cgroup| cgroup.container.is_some() || cgroup.unit.value().is_some();
        let declared = snapshot.cgroups.iter().filter(is_declared);
        Self(declared.map(|cgroup| (cgroup.id, limits(cgroup))).collect())
    }

    /// Why what was heard before of others is not enough for these.
    #[must_use]
    pub fn news_since(&self, before: &Self) -> Option<Cause> {
        let mut cause = None;
        for (id, limits) in &self.0 {
            match before.0.get(id) {
                None => return Some(Cause::Arrival),
                Some(known) if known != limits => cause = Some(Cause::Limits),
                Some(_) => {}
            }
        }
        cause
    }
}

fn limits(cgroup: &Cgroup) -> [Option<Limit>; 3] {
    let swap = match &cgroup.swap {
        Swap::V2(swap) => swap.limit.get().map(|limit| limit.0),
        Swap::V1(swap) => swap.combined_limit.get().map(|limit| limit.0),
    };
    [cgroup.memory.limit.get(), swap, cgroup.memory.low.get()]
}

#[cfg(test)]
mod tests {
    use super::{Cause, Seen};
    use kernel::bytes::Bytes;
    use kernel::hierarchy::CgroupVersion;
    use kernel::limit::Limit;
    use testkit::imagined::{Imagined, at_mib, declares};

    #[test]
    fn an_arrival_and_another_limit_are_reasons_and_another_usage_is_none() {
        let mut machine = Imagined::new(CgroupVersion::V2);
        let nobody = Seen::of(&machine.snapshot);
        let index = machine.cgroup("/system.slice/docker-web.scope", |cgroup| {
            declares(cgroup, Limit::At(Bytes::from_mib(100)), Limit::Unlimited, None);
            cgroup.memory.limit = at_mib(100);
        });
        let first = Seen::of(&machine.snapshot);
        assert_eq!(first.news_since(&nobody), Some(Cause::Arrival));
        machine.snapshot.cgroups[index.0].memory.usage = testkit::imagined::mib(50);
        assert_eq!(Seen::of(&machine.snapshot).news_since(&first), None);
        machine.snapshot.cgroups[index.0].memory.limit = at_mib(200);
        assert_eq!(Seen::of(&machine.snapshot).news_since(&first), Some(Cause::Limits));
        assert_eq!(nobody.news_since(&first), None);
    }
}
