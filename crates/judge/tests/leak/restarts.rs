//! Restarts and replicas confirm sooner than three days; the time to the limit is told.

#![allow(clippy::unwrap_used)]

use judge::leak::{Verdict, judge, report};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::history::{Kill, LimitsToday, Sample, Series, WorkloadHistory};
use model::leak::{LeakCertainty, LeakEvidence};
use model::swap_limit::SwapLimit;
use testkit::leak_families::{Family, series};

const MIB: u64 = 1 << 20;

/// Runs of eight hours that grow by so many MiB in an hour, killed at their end.
fn killed_again_and_again(mib_per_hour: [u64; 3]) -> WorkloadHistory {
    let mut samples = Vec::new();
    let mut kills = Vec::new();
    for (run, mib) in mib_per_hour.into_iter().enumerate() {
        for minute in 0..480_u64 {
            let seconds = i64::try_from((run as u64 * 480 + minute) * 60).unwrap();
            let usage = 100 * MIB + minute * mib * MIB / 60 + (minute * 7919 % 13) * 20_000;
            samples.push(Sample { seconds, usage: Bytes(usage) });
        }
        kills.push(Kill { seconds: i64::try_from((run as u64 + 1) * 480 * 60 - 30).unwrap(), total: None });
    }
    WorkloadHistory {
        name: "web-0".to_owned(),
        origin: "test".to_owned(),
        series: Series::new(samples),
        kills,
        limits: None,
        parts: None,
    }
}

#[test]
fn the_same_growth_after_two_restarts_is_a_leak() {
    let Verdict::Leak(leak) = judge(&killed_again_and_again([30, 31, 29]), 60) else { panic!("not found") };
    assert_eq!(leak.certainty, LeakCertainty::Confirmed(LeakEvidence::Restarts(2)));
    assert!((leak.bytes_per_day / (30 * 24 * MIB) as f64 - 1.0).abs() < 0.05);
}

#[test]
fn growth_that_differs_after_restarts_is_none() {
    assert_eq!(judge(&killed_again_and_again([30, 2, 90]), 60), Verdict::TooShort);
}

#[test]
fn replicas_that_all_grow_confirm_one_another() {
    let name = |mut histories: Vec<WorkloadHistory>| {
        for (number, history) in histories.iter_mut().enumerate() {
            history.name = format!("web-{number}");
        }
        histories
    };
    let certainties = |histories: &[WorkloadHistory]| {
        let verdicts = histories.iter().map(|history| judge(history, 60)).collect();
        let report = report(histories, verdicts);
        report.leaks.iter().map(|leak| leak.certainty).collect::<Vec<_>>()
    };
    let growing: Vec<WorkloadHistory> = series(Family::LinearLeak, 20, 26, 3)
        .into_iter()
        .filter(|history| matches!(judge(history, 60), Verdict::Leak(_)))
        .take(4)
        .collect();
    let all = certainties(&name(growing.clone()));
    assert_eq!(all, [LeakCertainty::Confirmed(LeakEvidence::Replicas { growing: 4, of: 4 }); 4]);
    // One hot replica among healthy ones stays a suspicion.
    let mut mixed = series(Family::Flat, 4, 26, 3);
    mixed.extend(growing.into_iter().take(1));
    assert_eq!(certainties(&name(mixed)), [LeakCertainty::Suspected]);
}

#[test]
fn the_time_to_the_limit_counts_swap_in() {
    let mut history = series(Family::LinearLeak, 1, 72, 5).remove(0);
    let end = history.series.samples().last().unwrap().usage;
    let limits =
        LimitsToday { memory: Some(end), request: None, swap: Some(SwapLimit(Limit::At(Bytes(100 * MIB)))) };
    history.limits = Some(limits);
    let Verdict::Leak(leak) = judge(&history, 60) else { panic!("not found") };
    let days = leak.seconds_to_limit.unwrap() / 86_400.0;
    assert!((days * leak.bytes_per_day / (100 * MIB) as f64 - 1.0).abs() < 1e-6);
}
