//! How much is left before an OOM kill.

use judge::headroom::headroom;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{V1, V2};
use kernel::limit::Limit;
use model::assessment::{Binding, Headroom};
use model::cgroup::{Cgroup, CgroupIndex};
use model::reading::Reading;
use proptest::prelude::{prop_assert, proptest};
use testkit::imagined::{Imagined, at_mib, limits_v1, mib, stat_mib, swaps};

const NONE: Reading<Limit> = Reading::Value(Limit::Unlimited);

fn left(memory: u64, with_swap: u64, binding: Binding) -> Reading<Headroom> {
    let (memory, with_swap) = (Bytes::from_mib(memory), Bytes::from_mib(with_swap));
    Reading::Value(Headroom { with_swap, memory, binding })
}

/// Memory that only swap could free.
fn holds(cgroup: &mut Cgroup, anon: u64) {
    cgroup.memory.usage = mib(anon);
    cgroup.stat = stat_mib(V2, &[("anon", anon), ("inactive_anon", anon)]);
}

#[test]
fn page_cache_does_not_count_against_the_limit() {
    let mut machine = Imagined::new(V2);
    let web = machine.cgroup("/web", |cgroup| {
        cgroup.memory.limit = at_mib(100);
        cgroup.memory.usage = mib(100);
        cgroup.stat = stat_mib(V2, &[("anon", 30), ("file", 70), ("inactive_file", 70)]);
        swaps(cgroup, 0, at_mib(0));
    });
    assert_eq!(headroom(&machine.snapshot, web), left(70, 70, Binding::Cgroup(web)));
}

#[test]
fn a_sibling_eats_what_the_parent_leaves() {
    let mut machine = Imagined::new(V2);
    let shop = machine.cgroup("/shop", |cgroup| {
        cgroup.memory.limit = at_mib(100);
        holds(cgroup, 90);
        swaps(cgroup, 0, at_mib(0));
    });
    let web = machine.cgroup("/shop/web", |cgroup| {
        cgroup.memory.limit = at_mib(80);
        holds(cgroup, 10);
    });
    machine.cgroup("/shop/db", |cgroup| holds(cgroup, 80));
    assert_eq!(headroom(&machine.snapshot, web), left(10, 10, Binding::Cgroup(shop)));
}

#[test]
fn a_limit_out_of_sight_leaves_no_more_than_itself() {
    let mut machine = Imagined::new(V1);
    if let Some(root) = machine.snapshot.cgroups.first_mut() {
        limits_v1(root, NONE, NONE);
        let figures = [("rss", 30), ("inactive_anon", 30), ("hierarchical_memory_limit", 100)];
        root.stat = stat_mib(V1, &figures);
        root.memory.usage = mib(30);
    }
    let headroom = headroom(&machine.snapshot, CgroupIndex(0)).get().unwrap();
    assert_eq!((headroom.memory, headroom.binding), (Bytes::from_mib(70), Binding::OutOfSight));
}

#[test]
fn the_machine_can_have_less_left_than_any_limit() {
    let mut machine = Imagined::new(V2);
    let web = machine.cgroup("/web", |cgroup| cgroup.memory.limit = at_mib(7000));
    assert_eq!(headroom(&machine.snapshot, web), left(6144, 6144 + 1024, Binding::Host));
    let idle = machine.cgroup("/idle", |_| {});
    assert_eq!(headroom(&machine.snapshot, idle), left(6144, 6144 + 1024, Binding::Host));
    assert_eq!(headroom(&machine.snapshot, CgroupIndex(0)), left(6144, 6144 + 1024, Binding::Host));
}

#[test]
fn swap_adds_the_least_that_any_level_or_the_machine_still_takes() {
    for (outer, inner, expected) in [
        ((10, at_mib(40)), (5, at_mib(100)), 30),
        ((10, at_mib(500)), (5, at_mib(100)), 95),
        ((10, NONE), (5, NONE), 1024),
        ((10, NONE), (5, at_mib(0)), 0),
    ] {
        let mut machine = Imagined::new(V2);
        machine.cgroup("/outer", |cgroup| swaps(cgroup, outer.0, outer.1.clone()));
        let web = machine.cgroup("/outer/web", |cgroup| {
            cgroup.memory.limit = at_mib(64);
            swaps(cgroup, inner.0, inner.1.clone());
        });
        let expected = left(64, 64 + expected, Binding::Cgroup(web));
        assert_eq!(headroom(&machine.snapshot, web), expected, "{outer:?} over {inner:?}");
    }
}

#[test]
fn on_v1_the_combined_limit_caps_memory_and_swap() {
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| {
        limits_v1(cgroup, at_mib(64), at_mib(96));
        cgroup.stat = stat_mib(V1, &[("rss", 32), ("swap", 20)]);
    });
    assert_eq!(headroom(&machine.snapshot, web), left(32, 44, Binding::Cgroup(web)));
}

#[test]
fn on_v1_swap_already_used_can_leave_less_than_the_memory_limit_does() {
    let mut machine = Imagined::new(V1);
    let outer = machine.cgroup("/outer", |cgroup| {
        limits_v1(cgroup, at_mib(64), at_mib(64));
        cgroup.stat = stat_mib(V1, &[("rss", 32), ("swap", 20)]);
    });
    let web = machine.cgroup("/outer/web", |cgroup| {
        limits_v1(cgroup, at_mib(64), at_mib(128));
        cgroup.stat = stat_mib(V1, &[("rss", 32), ("swap", 20)]);
    });
    assert_eq!(headroom(&machine.snapshot, web), left(12, 12, Binding::Cgroup(outer)));
}

#[test]
fn a_limited_level_that_cannot_be_measured_makes_the_headroom_unknown() {
    let mut machine = Imagined::new(V2);
    machine.cgroup("/shop", |cgroup| {
        cgroup.memory.limit = at_mib(100);
        cgroup.stat = Reading::failed("garbage");
    });
    let web = machine.cgroup("/shop/web", |cgroup| cgroup.memory.limit = at_mib(80));
    assert_eq!(headroom(&machine.snapshot, web), Reading::failed("/shop: garbage"));
}

#[test]
fn swap_that_cannot_be_measured_is_not_promised() {
    let mut machine = Imagined::new(V2);
    let web = machine.cgroup("/web", |cgroup| {
        cgroup.memory.limit = at_mib(64);
        swaps(cgroup, 0, Reading::failed("garbage"));
    });
    assert_eq!(headroom(&machine.snapshot, web), left(64, 64, Binding::Cgroup(web)));
}

proptest! {
    #[test]
    fn a_higher_limit_never_leaves_less(
        anon in 0_u64..300, swapped in 0_u64..300, combined in 0_u64..600, lower in 1_u64..300, more in 0_u64..300,
    ) {
        for version in [V1, V2] {
            let of_limit = |limit: u64| {
                let mut machine = Imagined::new(version);
                let web = machine.cgroup("/web", |cgroup| {
                    limits_v1(cgroup, at_mib(limit), at_mib(combined));
                    swaps(cgroup, swapped, at_mib(combined));
                    let anon_key = if version == V1 { "rss" } else { "anon" };
                    let swap_key = if version == V1 { "swap" } else { "swapcached" };
                    cgroup.stat = stat_mib(version, &[(anon_key, anon), (swap_key, swapped)]);
                });
                headroom(&machine.snapshot, web).get().unwrap()
            };
            let (tight, wide) = (of_limit(lower), of_limit(lower + more));
            prop_assert!(tight.memory <= wide.memory && tight.with_swap <= wide.with_swap, "{tight:?} {wide:?}");
            prop_assert!(tight.memory <= tight.with_swap && wide.memory <= wide.with_swap, "{tight:?} {wide:?}");
        }
    }
}
