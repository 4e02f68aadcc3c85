//! The ladder of ceilings from a cgroup to the machine.

use judge::assess::assess;
use judge::ladder::ladder;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::V2;
use kernel::limit::Limit;
use model::assessment::{Binding, Binds, Rung};
use model::cgroup::CgroupIndex;
use model::reading::Reading;
use proptest::prelude::{prop, prop_assert_eq, proptest};
use testkit::imagined::{Imagined, at_mib, mib, swaps};

fn rungs(machine: &Imagined, index: CgroupIndex) -> Vec<Rung> {
    ladder(&machine.snapshot, &assess(&machine.snapshot, index).unwrap())
}

fn binding(rungs: &[Rung], of: impl Fn(&Rung) -> Binds) -> Vec<Binding> {
    rungs.iter().filter(|rung| of(rung) == Binds::Yes).map(|rung| rung.level).collect()
}

#[test]
fn every_level_is_a_rung_and_the_machine_is_the_last() {
    let mut machine = Imagined::new(V2);
    let shop = machine.cgroup("/shop", |cgroup| {
        cgroup.memory.limit = at_mib(96);
        cgroup.memory.usage = mib(50);
    });
    let web = machine.cgroup("/shop/web", |cgroup| {
        cgroup.memory.limit = at_mib(128);
        swaps(cgroup, 0, at_mib(32));
    });
    let rungs = rungs(&machine, web);
    let levels: Vec<Binding> = rungs.iter().map(|rung| rung.level).collect();
    // The root of the hierarchy has no limit, so it is no rung.
    assert_eq!(levels, [Binding::Cgroup(web), Binding::Cgroup(shop), Binding::Host]);
    assert_eq!(binding(&rungs, |rung| rung.binds_memory), [Binding::Cgroup(shop)]);
    assert_eq!(binding(&rungs, |rung| rung.binds_swap), [Binding::Cgroup(web)]);
    assert_eq!((&rungs[1].usage, &rungs[1].limit), (&mib(50), &at_mib(96)));
    // What the machine has, and what of it cannot be had any more.
    assert_eq!((&rungs[2].limit, &rungs[2].usage), (&at_mib(8192), &mib(2048)));
}

#[test]
fn the_root_that_a_container_sees_is_a_rung() {
    let mut machine = Imagined::new(V2);
    if let Some(root) = machine.snapshot.cgroups.first_mut() {
        root.memory.limit = at_mib(64);
    }
    let levels: Vec<Binding> = rungs(&machine, CgroupIndex(0)).iter().map(|rung| rung.level).collect();
    assert_eq!(levels, [Binding::Cgroup(CgroupIndex(0)), Binding::Host]);
}

#[test]
fn where_a_level_cannot_be_read_nothing_is_said_to_bind() {
    let mut machine = Imagined::new(V2);
    machine.cgroup("/shop", |cgroup| cgroup.memory.limit = Reading::failed("garbage"));
    let web = machine.cgroup("/shop/web", |cgroup| cgroup.memory.limit = at_mib(128));
    let rungs = rungs(&machine, web);
    assert_eq!(binding(&rungs, |rung| rung.binds_memory), []);
    assert_eq!(rungs[1].limit, Reading::failed("garbage"));
}

proptest! {
    #[test]
    fn exactly_one_rung_binds(limits in prop::collection::vec(1_u64..9000, 1..6)) {
        let mut machine = Imagined::new(V2);
        let mut path = String::new();
        let mut innermost = CgroupIndex(0);
        for limit in &limits {
            path.push_str("/level");
            innermost = machine.cgroup(&path, |cgroup| cgroup.memory.limit = at_mib(*limit));
        }
        let rungs = rungs(&machine, innermost);
        let binding = binding(&rungs, |rung| rung.binds_memory);
        prop_assert_eq!(binding.len(), 1);
        let lowest = rungs.iter().filter_map(|rung| rung.limit.get().and_then(Limit::bytes)).min();
        let bound = rungs.iter().find(|rung| rung.level == binding[0]).and_then(|rung| rung.limit.get());
        prop_assert_eq!(bound.and_then(Limit::bytes).map(|Bytes(bytes)| bytes), lowest.map(|bytes| bytes.0));
    }
}
