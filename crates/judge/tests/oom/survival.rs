//! The limit that would have survived, and what swap would have changed.

use crate::seen::{Seen, WEB};
use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use model::incident::cause::Evidence;
use model::incident::survival::{Censored, NoHelp, SwapCost, SwapCounterfactual};
use model::reading::Reading;
use std::time::Duration;
use testkit::oom_text::{Task, Text, UNLIMITED_KB};

#[test]
fn the_bound_is_the_limit_and_what_did_not_fit() {
    let survival = Seen::log(&Text::hog(WEB).whole()).incident().survival;
    assert_eq!(survival.lower_bound, Reading::Value(Bytes((64 << 20) + 4096)));
    assert_eq!(survival.censored, Censored::AtLimit);
    assert_eq!(survival.unreclaimable, Reading::Value(Bytes((64 << 20) - (64 << 10))));
}

#[test]
fn what_earlier_kills_freed_was_wanted_too() {
    let mut first = Text::hog(WEB);
    first.tasks.push(Task { pid: 5001, comm: "hog", anon: 1_000, shmem: 0, swap: 0 });
    let mut second = first.clone();
    second.at += 500_000;
    second.victim = 5001;
    let survival = Seen::log(&(first.whole() + &second.whole())).incident().survival;
    assert_eq!(survival.lower_bound, Reading::Value(Bytes((64 << 20) + 4096 + (64_000 << 10))));
}

#[test]
fn growth_is_measured_and_said() {
    let seen = Seen::log(&Text::hog(WEB).whole()).moment(WEB, 20, 40, 64).moment(WEB, 10, 50, 64);
    let survival = seen.incident().survival;
    let growth = survival.growth.get().unwrap();
    assert_eq!((growth.bytes_per_second, growth.over), (1_048_576.0, Duration::from_secs(10)));
    assert_eq!(survival.censored, Censored::WhileGrowing);
}

#[test]
fn growth_is_measured_since_the_kill_before() {
    // 40 MiB of a process that was killed 20 s ago, taken back in two looks, and then another that grew.
    let before = [(52, 1), (40, 20), (22, 40), (21, 15), (20, 4), (10, 29), (0, 54)];
    let seen = before.into_iter().fold(Seen::log(&Text::hog(WEB).whole()), |seen, (before, usage)| {
        seen.moment(WEB, before, usage, 64)
    });
    let incident = seen.incident();
    let growth = incident.survival.growth.get().unwrap();
    assert_eq!((growth.bytes_per_second, growth.over), (2.5 * 1_048_576.0, Duration::from_secs(20)));
    let grew = incident.cause.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Grew { from, over, .. } => Some((*from, *over)),
        _ => None,
    });
    let (from, over) = grew.unwrap();
    assert_eq!((from, over.as_secs()), (Bytes::from_mib(4), 20));
}

#[test]
fn what_trembles_and_grows_is_one_growth() {
    let before = [(50, 4), (40, 16), (30, 10), (20, 30), (10, 24), (0, 54)];
    let seen = before.into_iter().fold(Seen::log(&Text::hog(WEB).whole()), |seen, (before, usage)| {
        seen.moment(WEB, before, usage, 64)
    });
    let growth = seen.incident().survival.growth.get().unwrap();
    assert_eq!((growth.bytes_per_second, growth.over), (1_048_576.0, Duration::from_secs(50)));
}

#[test]
fn without_a_limit_there_is_no_bound() {
    let mut text = Text::hog(WEB);
    text.oom_memcg = None;
    text.counters.clear();
    let survival = Seen::log(&text.whole()).incident().survival;
    assert_eq!((survival.lower_bound, survival.censored), (Reading::Absent, Censored::NoLimitHit));
}

#[test]
fn swap_takes_what_was_idle_at_a_cost_that_the_past_tells() {
    let verdict = |text: Text| Seen::log(&text.whole()).incident().swap;
    let at_most = Bytes::from_mib(62);
    assert_eq!(verdict(Text::hog(WEB)), SwapCounterfactual::Absorbs { at_most, cost: SwapCost::Unknown });

    let mut quiet = Text::hog(WEB);
    quiet.counters = vec![("memory", 65_536, 65_536), ("swap", 1_000, 65_536)];
    assert!(matches!(verdict(quiet.clone()), SwapCounterfactual::Unknown(_)));
    quiet.counters = vec![("memory", 65_536, 65_536)];
    quiet = quiet.stat_mib("swap", 1);
    assert_eq!(verdict(quiet.clone()), SwapCounterfactual::Absorbs { at_most, cost: SwapCost::Little });

    quiet.stat.retain(|(key, _)| *key != "workingset_refault_anon");
    quiet.stat.push(("workingset_refault_anon", 5_000));
    let cost = SwapCost::Waits { refaults: 5_000 };
    assert_eq!(verdict(quiet.clone()), SwapCounterfactual::Absorbs { at_most, cost });

    quiet.counters = vec![("memory", 65_536, 65_536), ("swap", 65_536, 65_536)];
    assert_eq!(verdict(quiet), SwapCounterfactual::WasFull { limit: Bytes::from_mib(64) });

    let busy = Text::hog(WEB).stat_mib("inactive_anon", 1);
    assert_eq!(verdict(busy), SwapCounterfactual::CannotHelp(NoHelp::InUse));

    let kernel = Text::hog(WEB).stat_mib("anon", 4).stat_mib("kernel", 58);
    assert_eq!(verdict(kernel), SwapCounterfactual::CannotHelp(NoHelp::KernelMemory));

    let mut both = Text::hog(WEB);
    both.counters =
        vec![("memory", 50_000, 65_536), ("memory+swap", 98_304, 98_304), ("kmem", 1, UNLIMITED_KB)];
    assert_eq!(verdict(both), SwapCounterfactual::CannotHelp(NoHelp::CountedTogether));
}

#[test]
fn a_spike_only_buys_time() {
    let seen = Seen::log(&Text::hog(WEB).whole()).moment(WEB, 20, 10, 64).moment(WEB, 10, 20, 64);
    let time = Reading::Value(Duration::from_secs(63));
    assert_eq!(seen.incident().swap, SwapCounterfactual::Delays { at_most: Bytes::from_mib(63), time });
}

#[test]
fn the_bound_of_both_together_becomes_a_bound_of_memory_for_the_command() {
    let mut text = Text::hog(WEB);
    text.counters = vec![("memory", 50_000, 65_536), ("memory+swap", 98_304, 98_304)];
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!(incident.survival.counter, CounterName::MemorySwap);
    assert_eq!(incident.survival.lower_bound, Reading::Value(Bytes((96 << 20) + 4096)));
    let least = Bytes(((64 << 20) + 4096) / 4 * 5);
    assert_eq!(incident.advice.memory_least, Reading::Value(least));
}
