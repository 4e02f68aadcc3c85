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
        Self(declared(snapshot).map(|cgroup| (cgroup.id, limits(cgroup))).collect())
    }

    /// Why what was heard of these is not enough for a look.
    #[must_use]
    pub fn news_in(&self, snapshot: &Snapshot) -> Option<Cause> {
        let mut cause = None;
        for cgroup in declared(snapshot) {
            match self.0.get(&cgroup.id) {
                None => return Some(Cause::Arrival),
                Some(known) if *known != limits(cgroup) => cause = Some(Cause::Limits),
                Some(_) => {}
            }
        }
        cause
    }
}

fn declared(snapshot: &Snapshot) -> impl Iterator<Item = &Cgroup> {
    snapshot.cgroups.iter().filter(|cgroup| cgroup.container.is_some() || cgroup.unit.value().is_some())
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
        let empty = machine.snapshot.clone();
        let index = machine.cgroup("/system.slice/docker-web.scope", |cgroup| {
            declares(cgroup, Limit::At(Bytes::from_mib(100)), Limit::Unlimited, None);
            cgroup.memory.limit = at_mib(100);
        });
        let first = Seen::of(&machine.snapshot);
        assert_eq!(nobody.news_in(&machine.snapshot), Some(Cause::Arrival));
        machine.snapshot.cgroups[index.0].memory.usage = testkit::imagined::mib(50);
        assert_eq!(first.news_in(&machine.snapshot), None);
        machine.snapshot.cgroups[index.0].memory.limit = at_mib(200);
        assert_eq!(first.news_in(&machine.snapshot), Some(Cause::Limits));
        assert_eq!(first.news_in(&empty), None);
    }
}
