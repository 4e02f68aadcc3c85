//! The rules that a running cgroup can break, at their thresholds.

use judge::assess::assess;
use judge::worst_off::needs_action;
use kernel::bytes::Bytes;
use kernel::cgroup_v2::{MemoryEvents, SwapEvents};
use kernel::hierarchy::CgroupVersion::V2;
use kernel::limit::Limit;
use model::assessment::{Assessment, Binding};
use model::cgroup::{Cgroup, CgroupIndex, Swap};
use model::finding::{BrokenRule, Severity};
use model::rates::Rates;
use model::reading::Reading;
use proptest::prelude::{prop_assert, proptest};
use testkit::imagined::{Imagined, at_mib, declares, mib, stalled_percent, stat_mib, swaps, unit};

fn judged(change: impl FnOnce(&mut Cgroup)) -> Assessment {
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/web", change);
    assess(&machine.snapshot, index).unwrap()
}

fn broken(change: impl FnOnce(&mut Cgroup)) -> Vec<(Severity, BrokenRule)> {
    judged(change).findings.into_iter().map(|finding| (finding.severity, finding.broken)).collect()
}

/// A limit of 1000 MiB without swap, so much of it in anonymous memory.
fn holds(cgroup: &mut Cgroup, anon: u64) {
    cgroup.memory.limit = at_mib(1000);
    cgroup.memory.usage = mib(anon);
    cgroup.stat = stat_mib(V2, &[("anon", anon)]);
    swaps(cgroup, 0, at_mib(0));
}

#[test]
fn a_quiet_container_breaks_no_rule() {
    assert_eq!(broken(|cgroup| holds(cgroup, 500)), []);
    assert_eq!(broken(|_| {}), []);
}

#[test]
fn little_left_is_a_warning_and_next_to_nothing_is_critical() {
    for (anon, expected) in [
        (900, None),
        (901, Some(Severity::Warning)),
        (970, Some(Severity::Warning)),
        (971, Some(Severity::Critical)),
        (1000, Some(Severity::Critical)),
    ] {
        let found = broken(|cgroup| holds(cgroup, anon));
        let near = |headroom| BrokenRule::NearLimit {
            headroom: Bytes::from_mib(headroom),
            limit: Bytes::from_mib(1000),
            binding: Binding::Cgroup(CgroupIndex(1)),
        };
        let expected: Vec<_> = expected.map(|severity| (severity, near(1000 - anon))).into_iter().collect();
        assert_eq!(found, expected, "{anon}");
    }
}

#[test]
fn swap_that_is_left_counts_as_room() {
    let found = broken(|cgroup| {
        holds(cgroup, 990);
        swaps(cgroup, 0, at_mib(200));
    });
    assert_eq!(found, []);
}

#[test]
fn a_short_machine_is_not_blamed_on_each_container() {
    let mut machine = Imagined::new(V2)
        .with_meminfo("MemTotal: 8388608 kB\nMemAvailable: 1024 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    let web = machine.cgroup("/web", |cgroup| holds(cgroup, 500));
    assert_eq!(assess(&machine.snapshot, web).unwrap().findings, []);
}

#[test]
fn a_kill_since_the_start_is_told_with_its_count() {
    let killed = |kills| {
        move |cgroup: &mut Cgroup| {
            let events = MemoryEvents { oom_kill: Some(kills), ..MemoryEvents::default() };
            cgroup.events.hierarchical = Reading::Value(events);
        }
    };
    assert_eq!(broken(killed(0)), []);
    assert_eq!(broken(killed(2)), [(Severity::Warning, BrokenRule::OomKilled { kills: 2 })]);
}

#[test]
fn the_first_victim_of_a_group_is_counted_once() {
    let found = broken(|cgroup| {
        let events = MemoryEvents { oom_kill: Some(4), oom_group_kill: Some(1), ..MemoryEvents::default() };
        cgroup.events.hierarchical = Reading::Value(events);
    });
    assert_eq!(found, [(Severity::Warning, BrokenRule::OomKilled { kills: 3 })]);
}

#[test]
fn waiting_is_pressure_until_swap_is_shown_to_cause_it() {
    let waits = |refaults_per_second: f64| {
        move |cgroup: &mut Cgroup| {
            cgroup.pressure = stalled_percent(20);
            swaps(cgroup, 10, at_mib(64));
            let refault_anon = Reading::Value(refaults_per_second);
            cgroup.rates = Some(Rates { seconds: 1.0, refault_anon, ..Rates::default() });
        }
    };
    assert_eq!(broken(waits(0.0)), [(Severity::Warning, BrokenRule::Pressure { stalled_ratio: 0.2 })]);
    assert_eq!(broken(waits(99.0)), [(Severity::Critical, BrokenRule::SwapHurts { stalled_ratio: 0.2 })]);
    assert_eq!(broken(|cgroup| cgroup.pressure = stalled_percent(4)), []);
}

#[test]
fn usage_at_memory_high_is_throttled() {
    let at = |usage| {
        move |cgroup: &mut Cgroup| {
            cgroup.memory.high = at_mib(100);
            cgroup.memory.usage = mib(usage);
        }
    };
    assert_eq!(broken(at(98)), []);
    let high = Bytes::from_mib(100);
    assert_eq!(broken(at(99)), [(Severity::Warning, BrokenRule::Throttled { high })]);
    assert_eq!(broken(at(150)), [(Severity::Warning, BrokenRule::Throttled { high })]);
}

#[test]
fn swap_that_failed_is_told_unless_it_was_forbidden() {
    let failed = |limit: Limit| {
        move |cgroup: &mut Cgroup| {
            swaps(cgroup, 0, Reading::Value(limit));
            if let Swap::V2(swap) = &mut cgroup.swap {
                swap.events = Reading::Value(SwapEvents { high: Some(0), max: 3, fail: 5 });
            }
        }
    };
    let full = [(Severity::Notice, BrokenRule::SwapFull { failures: 5 })];
    assert_eq!(broken(failed(Limit::At(Bytes::from_mib(32)))), full);
    assert_eq!(broken(failed(Limit::Unlimited)), full);
    assert_eq!(broken(failed(Limit::At(Bytes::ZERO))), []);
}

#[test]
fn a_lower_limit_above_is_worth_knowing() {
    let mut machine = Imagined::new(V2);
    let shop = machine.cgroup("/shop", |cgroup| cgroup.memory.limit = at_mib(100));
    let web = machine.cgroup("/shop/web", |cgroup| cgroup.memory.limit = at_mib(200));
    let huge = machine.cgroup("/huge", |cgroup| cgroup.memory.limit = at_mib(9000));
    let rule = |own, effective, binding| BrokenRule::BoundFromAbove {
        own: Some(Bytes::from_mib(own)),
        effective: Bytes::from_mib(effective),
        binding,
    };
    let found = |index| assess(&machine.snapshot, index).unwrap().findings.remove(0);
    assert_eq!(found(web).broken, rule(200, 100, Binding::Cgroup(shop)));
    assert_eq!(found(huge).broken, rule(9000, 8192, Binding::Host));
    assert_eq!(found(web).severity, Severity::Notice);
    assert!(!needs_action(&assess(&machine.snapshot, web).unwrap()));
}

#[test]
fn a_lost_limit_needs_action_and_one_about_to_be_lost_is_a_notice() {
    let no_swap = |kernel: Limit| {
        move |cgroup: &mut Cgroup| {
            let limit = Limit::At(Bytes::from_mib(64));
            declares(cgroup, limit, limit, None);
            cgroup.memory.limit = at_mib(64);
            swaps(cgroup, 0, Reading::Value(kernel));
            let mut scope = unit("docker-c0ffee.scope");
            scope.memory_max = at_mib(64);
            cgroup.unit = Reading::Value(scope);
        }
    };
    let severities =
        |kernel| broken(no_swap(kernel)).iter().map(|(severity, _)| *severity).collect::<Vec<_>>();
    assert_eq!(severities(Limit::At(Bytes::ZERO)), [Severity::Notice]);
    assert_eq!(severities(Limit::Unlimited), [Severity::Warning]);
    assert!(needs_action(&judged(no_swap(Limit::Unlimited))));
    assert!(!needs_action(&judged(no_swap(Limit::At(Bytes::ZERO)))));
}

proptest! {
    #[test]
    fn the_worst_comes_first(anon in 0_u64..1100, stalled in 0_u32..100, high in 1_u64..1100, kills in 0_u64..2) {
        let found = broken(|cgroup| {
            holds(cgroup, anon);
            cgroup.pressure = stalled_percent(stalled);
            cgroup.memory.high = at_mib(high);
            let events = MemoryEvents { oom_kill: Some(kills), ..MemoryEvents::default() };
            cgroup.events.hierarchical = Reading::Value(events);
        });
        prop_assert!(found.is_sorted_by(|one, next| one.0 >= next.0), "{found:?}");
    }
}
