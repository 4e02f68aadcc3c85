//! Whether swap helps or hurts.

use judge::swap_effect::swap_effect;
use kernel::hierarchy::CgroupVersion::V2;
use model::assessment::SwapEffect;
use model::rates::Rates;
use model::reading::Reading;
use proptest::prelude::{prop_assert, proptest};
use testkit::imagined::{Imagined, at_mib, stalled_percent, stat, swaps};

/// The verdict on a cgroup with this much in swap, of which so many pages ever came back.
fn once(swapped: u64, came_back: u64, stalled: u32) -> SwapEffect {
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/web", |cgroup| {
        swaps(cgroup, swapped, at_mib(64));
        cgroup.stat = stat(V2, &[("workingset_refault_anon", came_back)], |_| true);
        cgroup.pressure = stalled_percent(stalled);
    });
    swap_effect(&machine.snapshot.cgroups[index.0])
}

/// The verdict with what happened between two looks.
fn twice(swapped: u64, refaults_per_second: f64, stalled_ratio: f64) -> SwapEffect {
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/web", |cgroup| {
        swaps(cgroup, swapped, at_mib(64));
        cgroup.rates = Some(Rates {
            seconds: 1.0,
            refault_anon: Reading::Value(refaults_per_second),
            stalled_full: Reading::Value(stalled_ratio),
            ..Rates::default()
        });
    });
    swap_effect(&machine.snapshot.cgroups[index.0])
}

#[test]
fn the_amount_in_swap_is_no_verdict() {
    assert_eq!(once(0, 1_000_000, 90), SwapEffect::Unused);
    assert_eq!(once(60, 0, 0), SwapEffect::Quiet);
    assert_eq!(twice(60, 0.0, 0.0), SwapEffect::Quiet);
}

#[test]
fn one_look_cannot_tell_whether_pages_come_back_now() {
    assert_eq!(once(60, 0, 90), SwapEffect::Quiet);
    assert_eq!(once(60, 1, 0), SwapEffect::Unknown);
    assert_eq!(once(60, 1_000_000, 90), SwapEffect::Unknown);
}

#[test]
fn two_looks_tell_quiet_busy_and_harmful_apart() {
    assert_eq!(twice(60, 9.9, 0.9), SwapEffect::Quiet);
    assert_eq!(twice(60, 10.0, 0.049), SwapEffect::Busy);
    assert_eq!(twice(60, 10.0, 0.05), SwapEffect::Harmful);
}

#[test]
fn without_the_kernels_count_nothing_is_said() {
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/web", |cgroup| {
        swaps(cgroup, 60, at_mib(64));
        cgroup.stat = stat(V2, &[], |key| !key.starts_with("workingset"));
        cgroup.pressure = stalled_percent(90);
    });
    assert_eq!(swap_effect(&machine.snapshot.cgroups[index.0]), SwapEffect::Unknown);
    let index = machine.cgroup("/unread", |cgroup| swaps(cgroup, 0, Reading::Absent));
    if let model::cgroup::Swap::V2(swap) = &mut machine.snapshot.cgroups[index.0].swap {
        swap.usage = Reading::failed("garbage");
    }
    assert_eq!(swap_effect(&machine.snapshot.cgroups[index.0]), SwapEffect::Unknown);
}

fn harm(effect: SwapEffect) -> u8 {
    match effect {
        SwapEffect::Unused | SwapEffect::Unknown => 0,
        SwapEffect::Quiet => 1,
        SwapEffect::Busy => 2,
        SwapEffect::Harmful => 3,
    }
}

proptest! {
    #[test]
    fn more_refaults_and_more_waiting_are_never_less_harm(
        refaults in 0.0_f64..50.0, more_refaults in 0.0_f64..50.0, stalled in 0.0_f64..0.5, more_stalled in 0.0_f64..0.5,
    ) {
        let worse = twice(1, refaults + more_refaults, stalled + more_stalled);
        prop_assert!(harm(twice(1, refaults, stalled)) <= harm(worse));
    }
}
