//! Which limit binds, and where.

use judge::effective_limit::{memory, own_swap, swap};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{V1, V2};
use kernel::limit::Limit;
use model::assessment::{Binding, Effective};
use model::cgroup::{CgroupIndex, Swap};
use model::reading::Reading;
use model::swap_limit::SwapLimit;
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};
use testkit::imagined::{Imagined, at_mib, limits_v1, stat_mib, swaps};

const NONE: Reading<Limit> = Reading::Value(Limit::Unlimited);

fn binds(mib: u64, binding: Binding) -> Reading<Effective> {
    Reading::Value(Effective { bytes: Bytes::from_mib(mib), binding })
}

/// The innermost of a chain of cgroups with these memory limits, outermost first.
fn chain(limits: &[Reading<Limit>]) -> (Imagined, CgroupIndex) {
    let mut machine = Imagined::new(V2);
    let mut path = String::new();
    let mut innermost = CgroupIndex(0);
    for limit in limits {
        path.push_str("/level");
        innermost = machine.cgroup(&path, |cgroup| cgroup.memory.limit = limit.clone());
    }
    (machine, innermost)
}

#[test]
fn the_lowest_limit_on_the_way_up_binds() {
    let level = |index| Binding::Cgroup(CgroupIndex(index));
    for (limits, expected) in [
        (vec![NONE, NONE], binds(8192, Binding::Host)),
        (vec![NONE, at_mib(512)], binds(512, level(2))),
        (vec![at_mib(256), at_mib(512)], binds(256, level(1))),
        (vec![at_mib(256), NONE], binds(256, level(1))),
        (vec![at_mib(512), at_mib(512), at_mib(512)], binds(512, level(3))),
        (vec![at_mib(9000), at_mib(9001)], binds(8192, Binding::Host)),
        (vec![at_mib(8192)], binds(8192, level(1))),
        (vec![at_mib(0), at_mib(1)], binds(0, level(1))),
    ] {
        let (machine, innermost) = chain(&limits);
        assert_eq!(memory(&machine.snapshot, innermost), expected, "{limits:?}");
    }
}

#[test]
fn a_level_that_cannot_be_read_makes_the_limit_unknown() {
    let (machine, innermost) = chain(&[Reading::failed("permission denied"), at_mib(64)]);
    assert_eq!(memory(&machine.snapshot, innermost), Reading::failed("/level: permission denied"));
}

#[test]
fn a_level_without_a_limit_file_has_no_limit() {
    let (machine, innermost) = chain(&[Reading::Absent, at_mib(64)]);
    assert_eq!(memory(&machine.snapshot, innermost), binds(64, Binding::Cgroup(innermost)));
}

#[test]
fn without_the_machines_total_a_cgroups_limit_still_holds() {
    let (machine, innermost) = chain(&[at_mib(64)]);
    let machine = machine.with_meminfo("MemFree: 1 kB\n");
    assert_eq!(memory(&machine.snapshot, innermost), binds(64, Binding::Cgroup(innermost)));
    let (machine, innermost) = chain(&[NONE]);
    let unknown = memory(&machine.with_meminfo("MemFree: 1 kB\n").snapshot, innermost);
    assert!(matches!(unknown, Reading::Failed(_)), "{unknown:?}");
}

#[test]
fn a_limit_above_what_a_container_can_see_binds_out_of_sight() {
    // Inside a container the visible root is the container's own cgroup.
    let inside = |own: Reading<Limit>| {
        let mut machine = Imagined::new(V1);
        if let Some(root) = machine.snapshot.cgroups.first_mut() {
            limits_v1(root, own, NONE);
            root.stat = stat_mib(V1, &[("hierarchical_memory_limit", 256)]);
        }
        let worker = machine.cgroup("/worker", |cgroup| limits_v1(cgroup, NONE, NONE));
        [CgroupIndex(0), worker].map(|index| memory(&machine.snapshot, index))
    };
    assert_eq!(inside(at_mib(512)), [(); 2].map(|()| binds(256, Binding::OutOfSight)));
    assert_eq!(inside(at_mib(256)), [(); 2].map(|()| binds(256, Binding::Cgroup(CgroupIndex(0)))));
}

#[test]
fn statistics_of_some_seconds_ago_do_not_overrule_a_limit_in_view() {
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| {
        limits_v1(cgroup, at_mib(128), NONE);
        cgroup.stat = stat_mib(V1, &[("hierarchical_memory_limit", 64)]);
    });
    assert_eq!(memory(&machine.snapshot, web), binds(128, Binding::Cgroup(web)));
}

#[test]
fn swap_has_a_ladder_of_its_own() {
    let mut machine = Imagined::new(V2);
    let shop = machine.cgroup("/shop", |cgroup| {
        cgroup.memory.limit = at_mib(64);
        swaps(cgroup, 0, at_mib(32));
    });
    let web = machine.cgroup("/shop/web", |cgroup| swaps(cgroup, 0, at_mib(100)));
    let db = machine.cgroup("/shop/db", |cgroup| swaps(cgroup, 0, at_mib(0)));
    let free = machine.cgroup("/free", |cgroup| swaps(cgroup, 0, NONE));
    assert_eq!(swap(&machine.snapshot, web), binds(32, Binding::Cgroup(shop)));
    assert_eq!(swap(&machine.snapshot, db), binds(0, Binding::Cgroup(db)));
    assert_eq!(swap(&machine.snapshot, free), binds(2048, Binding::Host));
    assert_eq!(swap(&machine.snapshot, CgroupIndex(0)), binds(2048, Binding::Host));
}

#[test]
fn inside_a_container_the_visible_root_has_a_swap_limit() {
    let mut machine = Imagined::new(V2);
    if let Some(root) = machine.snapshot.cgroups.first_mut() {
        root.memory.limit = at_mib(64);
        swaps(root, 0, at_mib(32));
    }
    let root = CgroupIndex(0);
    assert_eq!(swap(&machine.snapshot, root), binds(32, Binding::Cgroup(root)));
}

#[test]
fn without_swap_accounting_there_is_no_swap_limit() {
    let mut machine = Imagined::new(V2);
    let web = machine.cgroup("/web", |cgroup| swaps(cgroup, 0, Reading::Absent));
    assert_eq!(swap(&machine.snapshot, web), Reading::Absent);
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| limits_v1(cgroup, at_mib(64), Reading::Absent));
    assert_eq!(swap(&machine.snapshot, web), Reading::Absent);
    assert_eq!(own_swap(&machine.snapshot.cgroups[web.0]), Reading::Absent);
}

#[test]
fn on_v1_swap_is_the_lowest_combined_limit_minus_the_lowest_memory_limit() {
    for (parent, child, expected, innermost_binds) in [
        // The memory that the parent leaves to swap depends on how much memory the child may have.
        ([at_mib(1024), at_mib(1024)], [at_mib(512), at_mib(1024)], 512, true),
        ([at_mib(1024), at_mib(1024)], [at_mib(512), NONE], 512, false),
        ([NONE, NONE], [at_mib(64), at_mib(64)], 0, true),
        ([NONE, NONE], [at_mib(64), at_mib(96)], 32, true),
        ([at_mib(512), at_mib(512)], [NONE, NONE], 0, false),
        ([at_mib(512), at_mib(768)], [at_mib(640), at_mib(1024)], 256, false),
    ] {
        let mut machine = Imagined::new(V1);
        let [memory, combined] = parent.clone();
        let outer = machine.cgroup("/outer", |cgroup| limits_v1(cgroup, memory, combined));
        let [memory, combined] = child.clone();
        let inner = machine.cgroup("/outer/inner", |cgroup| limits_v1(cgroup, memory, combined));
        let binding = Binding::Cgroup(if innermost_binds { inner } else { outer });
        assert_eq!(swap(&machine.snapshot, inner), binds(expected, binding), "{parent:?} over {child:?}");
    }
}

#[test]
fn on_v1_without_a_combined_limit_swap_ends_at_the_machine() {
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| limits_v1(cgroup, at_mib(64), NONE));
    assert_eq!(swap(&machine.snapshot, web), binds(2048, Binding::Host));
    assert_eq!(own_swap(&machine.snapshot.cgroups[web.0]), Reading::Value(SwapLimit(Limit::Unlimited)));
}

#[test]
fn an_unreadable_combined_limit_makes_swap_unknown() {
    let mut machine = Imagined::new(V1);
    machine.cgroup("/outer", |cgroup| limits_v1(cgroup, NONE, Reading::failed("garbage")));
    let inner = machine.cgroup("/outer/inner", |cgroup| limits_v1(cgroup, at_mib(64), at_mib(96)));
    assert_eq!(swap(&machine.snapshot, inner), Reading::failed("/outer: garbage"));
}

#[test]
fn a_combined_limit_below_the_memory_limit_is_said() {
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| limits_v1(cgroup, at_mib(64), at_mib(32)));
    let cgroup = &machine.snapshot.cgroups[web.0];
    assert!(matches!(cgroup.swap, Swap::V1(_)));
    assert!(matches!(own_swap(cgroup), Reading::Failed(_)));
}

fn any_limit() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(any::<u64>())
}

proptest! {
    #[test]
    fn nothing_on_the_way_up_is_lower_than_the_effective_limit(
        limits in prop::collection::vec(any_limit(), 1..6),
    ) {
        let as_limit = |limit: &Option<u64>| Reading::Value(limit.map_or(Limit::Unlimited, |at| Limit::At(Bytes(at))));
        let readings: Vec<_> = limits.iter().map(as_limit).collect();
        let (machine, innermost) = chain(&readings);
        let lowest = limits.iter().flatten().copied().min().unwrap_or(u64::MAX).min(8192 << 20);
        let effective = memory(&machine.snapshot, innermost).get().unwrap();
        prop_assert_eq!(effective.bytes, Bytes(lowest));
        if let Binding::Cgroup(level) = effective.binding {
            prop_assert_eq!(&readings[level.0 - 1], &Reading::Value(Limit::At(effective.bytes)));
        }
    }
}
