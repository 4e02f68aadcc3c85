//! What judging a look costs at 1,000 containers of whom nothing is to be told, against judging each in full. Prints a ratio.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use judge::alerting::{Look, step};
use judge::assess::assess;
use kernel::hierarchy::CgroupVersion;
use model::alert::Moment;
use model::alert::book::AlertBook;
use model::alert::rules::AlertRules;
use model::cgroup::CgroupIndex;
use model::reading::Reading;
use model::snapshot::{Snapshot, Timestamp};
use std::hint::black_box;
use std::time::{Duration, Instant};
use testkit::imagined::{Imagined, at_mib, mib, stat_mib, swaps};

const CONTAINERS: usize = 1_000;
const ROUNDS: u32 = 200;

/// Every second container's limit is full of file cache.
fn machine() -> (Snapshot, Vec<CgroupIndex>) {
    let mut machine = Imagined::new(CgroupVersion::V2);
    let watched = (0..CONTAINERS).map(|number| {
        machine.cgroup(&format!("/system.slice/docker-{number:064x}.scope"), |cgroup| {
            let cache = if number % 2 == 0 { 800 } else { 0 };
            let stat = [
                ("anon", 100),
                ("inactive_anon", 50),
                ("active_anon", 50),
                ("unevictable", 0),
                ("shmem", 0),
                ("kernel", 10),
                ("sock", 0),
                ("slab_reclaimable", 0),
                ("inactive_file", cache),
                ("active_file", 0),
            ];
            cgroup.memory.usage = mib(110 + cache);
            cgroup.memory.limit = at_mib(920);
            cgroup.stat = stat_mib(CgroupVersion::V2, &stat);
            swaps(cgroup, 0, at_mib(0));
        })
    });
    let watched = watched.collect();
    (machine.snapshot, watched)
}

fn main() {
    let (snapshot, watched) = machine();
    let rules = AlertRules::default();
    let mut book = AlertBook::default();
    let mut now = Moment { wall: Timestamp(0), uptime: Duration::from_secs(1), boot: None };
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        now.uptime += Duration::from_secs(1);
        let look = Look {
            snapshot: &snapshot,
            watched: &watched,
            interval: Duration::from_secs(1),
            incidents: &[],
            leaks: None,
            eviction: &Reading::Absent,
            unattributed_kills: &Reading::Absent,
        };
        assert!(black_box(step(&mut book, &rules, &[], &look, &now)).is_empty());
    }
    let ours = begin.elapsed();
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        for index in &watched {
            black_box(assess(&snapshot, *index));
        }
    }
    let full = begin.elapsed();
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(ROUNDS);
    println!(
        "alerting at a look, {CONTAINERS} quiet containers: {:.0} \u{b5}s against {:.0} \u{b5}s of judging each in full: ratio {:.3}",
        micros(ours),
        micros(full),
        ours.as_secs_f64() / full.as_secs_f64()
    );
}
