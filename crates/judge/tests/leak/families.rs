//! The synthetic families: sixty series of each.

use judge::leak::{Verdict, judge};
use model::leak::{LeakCertainty, LeakEvidence};
use testkit::leak_families::{Family, series};

const COUNT: u64 = 60;
const SEED: u64 = 1;

/// The leaks among the series of a family that are found after so many hours, and how many of them are confirmed.
fn found(family: Family, hours: u64, seed: u64) -> (u64, u64) {
    let mut counts = (0, 0);
    for history in series(family, COUNT, hours, seed) {
        if let Verdict::Leak(leak) = judge(&history, 60) {
            counts.0 += 1;
            counts.1 += u64::from(leak.certainty == LeakCertainty::Confirmed(LeakEvidence::DayOverDay));
        }
    }
    counts
}

#[test]
fn no_healthy_series_is_taken_for_a_leak() {
    for hours in [24, 36, 48, 72] {
        let wrong: Vec<(Family, u64)> =
            Family::HEALTHY.iter().map(|family| (*family, found(*family, hours, SEED).0)).collect();
        assert!(wrong.iter().all(|(_, count)| *count == 0), "after {hours} h: {wrong:?}");
    }
}

#[test]
fn every_leak_is_confirmed_within_three_days() {
    let right: Vec<(Family, u64)> =
        Family::LEAKING.iter().map(|family| (*family, found(*family, 72, SEED).1)).collect();
    assert!(right.iter().all(|(_, count)| *count == COUNT), "{right:?}");
}

#[test]
fn most_even_leaks_are_suspected_after_a_day() {
    let (found, confirmed) = found(Family::LinearLeak, 24, SEED);
    assert!(found >= 50 && confirmed == 0, "{found} suspected, {confirmed} confirmed");
}

#[test]
fn the_slope_is_the_leaks_own() {
    for history in series(Family::SlowLeak, COUNT, 72, SEED) {
        let samples = history.series.samples();
        let mean = |range: std::ops::Range<usize>| {
            let part = &samples[range];
            part.iter().map(|sample| sample.usage.0 as f64).sum::<f64>() / part.len() as f64
        };
        let truth = (mean(2880..4320) - mean(0..1440)) / 2.0;
        let Verdict::Leak(leak) = judge(&history, 60) else { panic!("{} was not found", history.name) };
        assert!(
            (leak.bytes_per_day / truth - 1.0).abs() < 0.1,
            "{}: {} for {truth}",
            history.name,
            leak.bytes_per_day
        );
        assert!(leak.interval.low <= leak.bytes_per_day && leak.bytes_per_day <= leak.interval.high);
        assert!(leak.since_seconds < 86_400, "{}: since {}", history.name, leak.since_seconds);
    }
}
