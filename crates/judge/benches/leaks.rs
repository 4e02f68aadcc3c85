//! How many leaks are found, and how many healthy series are taken for one, on the synthetic families: five seeds, sixty series each.

#![allow(missing_docs, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark has a clock")]

use judge::leak::{Verdict, judge};
use model::leak::LeakCertainty;
use std::time::Instant;
use testkit::leak_families::{Family, series};

const COUNT: u64 = 60;
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

fn main() {
    for hours in [24, 48, 72] {
        let (wrong, _, healthy) = counts(&Family::HEALTHY, hours);
        let (found, confirmed, leaking) = counts(&Family::LEAKING, hours);
        println!(
            "after {hours} h: {wrong} of {healthy} healthy series taken for a leak; of {leaking} leaks {found} found, {confirmed} confirmed"
        );
    }
    let histories = series(Family::SlowLeak, COUNT, 72, 1);
    let start = Instant::now();
    let leaks = histories.iter().filter(|history| matches!(judge(history, 60), Verdict::Leak(_))).count();
    let each = start.elapsed().as_secs_f64() * 1e3 / COUNT as f64;
    println!("one history of 72 h at a sample a minute: {each:.2} ms ({leaks} leaks)");
}

fn counts(families: &[Family], hours: u64) -> (u64, u64, u64) {
    let (mut found, mut confirmed, mut all) = (0, 0, 0);
    for (family, seed) in families.iter().flat_map(|family| SEEDS.map(move |seed| (*family, seed))) {
        for history in series(family, COUNT, hours, seed) {
            all += 1;
            if let Verdict::Leak(leak) = judge(&history, 60) {
                found += 1;
                confirmed += u64::from(leak.certainty != LeakCertainty::Suspected);
            }
        }
    }
    (found, confirmed, all)
}
