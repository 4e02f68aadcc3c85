//! Which of many needs somebody first.

use judge::assess::assess;
use judge::worst_off::{worse_first, worst_off};
use kernel::cgroup_v2::MemoryEvents;
use kernel::hierarchy::CgroupVersion::V2;
use model::assessment::Assessment;
use model::cgroup::CgroupIndex;
use model::reading::Reading;
use proptest::prelude::{prop, prop_assert, proptest};
use testkit::imagined::{Imagined, at_mib, mib, stat_mib, swaps};

/// Containers of 1000 MiB without swap that hold so much and had so many kills.
fn containers(of: &[(u64, u64)]) -> Vec<Assessment> {
    let mut machine = Imagined::new(V2);
    let indices: Vec<CgroupIndex> = of
        .iter()
        .enumerate()
        .map(|(number, (anon, kills))| {
            machine.cgroup(&format!("/{number}"), |cgroup| {
                cgroup.memory.limit = at_mib(1000);
                cgroup.memory.usage = mib(*anon);
                cgroup.stat = stat_mib(V2, &[("anon", *anon)]);
                swaps(cgroup, 0, at_mib(0));
                let events = MemoryEvents { oom_kill: Some(*kills), ..MemoryEvents::default() };
                cgroup.events.hierarchical = Reading::Value(events);
            })
        })
        .collect();
    indices.into_iter().filter_map(|index| assess(&machine.snapshot, index)).collect()
}

fn worst(of: &[(u64, u64)]) -> Option<usize> {
    worst_off(&containers(of)).map(|worst| worst.cgroup.0 - 1)
}

#[test]
fn the_worst_finding_decides_and_then_what_is_left() {
    assert_eq!(worst(&[]), None);
    assert_eq!(worst(&[(100, 0), (300, 0), (200, 0)]), Some(1));
    assert_eq!(worst(&[(800, 0), (100, 1)]), Some(1));
    assert_eq!(worst(&[(950, 0), (100, 1)]), Some(0));
    assert_eq!(worst(&[(100, 5), (990, 0)]), Some(1));
}

#[test]
fn a_notice_makes_nobody_worse_off() {
    let mut machine = Imagined::new(V2);
    let half_full = machine.cgroup("/half-full", |cgroup| {
        cgroup.memory.limit = at_mib(100);
        cgroup.stat = stat_mib(V2, &[("anon", 50)]);
        swaps(cgroup, 0, at_mib(0));
    });
    machine.cgroup("/slice", |cgroup| cgroup.memory.limit = at_mib(100));
    let bound_from_above = machine.cgroup("/slice/idle", |cgroup| cgroup.memory.limit = at_mib(200));
    let assessments: Vec<Assessment> = [bound_from_above, half_full]
        .into_iter()
        .filter_map(|index| assess(&machine.snapshot, index))
        .collect();
    assert_eq!(assessments[0].findings.len(), 1);
    assert_eq!(worst_off(&assessments).map(|worst| worst.cgroup), Some(half_full));
}

#[test]
fn one_without_a_figure_comes_last() {
    let mut machine = Imagined::new(V2);
    let unread = machine.cgroup("/unread", |cgroup| cgroup.memory.limit = Reading::failed("garbage"));
    let quiet = machine.cgroup("/quiet", |cgroup| cgroup.memory.limit = at_mib(100));
    let assessments: Vec<Assessment> =
        [unread, quiet].into_iter().filter_map(|index| assess(&machine.snapshot, index)).collect();
    assert_eq!(worst_off(&assessments).map(|worst| worst.cgroup), Some(quiet));
}

proptest! {
    #[test]
    fn nobody_is_worse_off_than_the_worst(of in prop::collection::vec((0_u64..1000, 0_u64..2), 1..8)) {
        let all = containers(&of);
        let severity = |of: &Assessment| of.findings.iter().map(|finding| finding.severity).max();
        let left = |of: &Assessment| of.headroom.get().map(|headroom| headroom.with_swap);
        let worst = worst_off(&all).unwrap();
        for other in &all {
            prop_assert!(worse_first(worst, other).is_le());
            prop_assert!(severity(other) <= severity(worst), "{other:?}");
            prop_assert!(severity(other) < severity(worst) || left(other) >= left(worst), "{other:?}");
        }
    }
}
