//! What one scan of 1,000 real cgroups costs, against opening, reading and closing the same files. Prints ratios.
//!
//! Needs root and a writable memory hierarchy; makes its cgroups below a folder of its own and removes them.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use kernel::bytes::Bytes;
use model::snapshot::Snapshot;
use sources::cgroup::hierarchy;
use sources::collect::{Collector, Habit, Scope};
use sources::host_root::HostRoot;
use std::path::Path;
use std::time::Duration;
use testkit::cgroup_forest::{Forest, Hopper, hop_if_asked};

const CGROUPS: usize = 1_000;
const SCANS: usize = 60;

fn main() {
    if hop_if_asked().unwrap() {
        return;
    }
    let root = HostRoot::new(Path::new("/"));
    let mount = hierarchy::find(&root).memory.expect("a memory hierarchy");
    let names = (0..CGROUPS).map(|number| format!("c{number:04}"));
    let forest = Forest::plant(&mount.folder, mount.hierarchy.version, names, &["own"])
        .expect("root, and a writable hierarchy");
    forest.enter("own").unwrap();
    let kernel_before = forest.kernel_bytes("own").unwrap();
    let mut collector = Collector::new(root, Scope::Everything, Habit::Repeatedly);
    collector.scan();
    let kernel_bytes = forest.kernel_bytes("own").unwrap().saturating_sub(kernel_before);
    let all = collector.snapshot().cgroups.len();
    println!(
        "{CGROUPS} cgroups of our own and {} others, cgroup {:?}; CPU per cgroup, minimum of {SCANS} scans",
        all - CGROUPS,
        mount.hierarchy.version
    );

    let mut hopper = Hopper::start(&forest).unwrap();
    let plain_moved = least(SCANS, || hopper.touch_all().unwrap(), || forest.read_plainly().unwrap());
    assert_every_cgroup_moves(&mut collector, &mut hopper);
    let ours_moved = least(
        SCANS,
        || hopper.touch_all().unwrap(),
        || {
            collector.scan();
        },
    );
    let plain_still = least(SCANS, || (), || forest.read_plainly().unwrap());
    let ours_still = least(
        SCANS,
        || (),
        || {
            collector.scan();
        },
    );
    hopper.stop().unwrap();

    let micros = |time: Duration| time.as_secs_f64() * 1e6 / CGROUPS as f64;
    let line = |name: &str, ours: Duration, plain: Duration| {
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        println!(
            "{name}: {:.2} µs against {:.2} µs of open/read/close of 5 files: ratio {ratio:.3}",
            micros(ours),
            micros(plain)
        );
    };
    line("every cgroup moved", ours_moved, plain_moved);
    line("no cgroup moved", ours_still, plain_still);
    let kept = collector.descriptors_kept();
    println!(
        "descriptors kept: {:.2} a cgroup; kernel memory they and the watches pin: {:.1} KiB a cgroup",
        kept as f64 / collector.snapshot().cgroups.len() as f64,
        kernel_bytes as f64 / 1024.0 / all as f64
    );
}

/// A benchmark of moving cgroups in which they stand still would flatter.
fn assert_every_cgroup_moves(collector: &mut Collector, hopper: &mut Hopper) {
    let usages = |snapshot: &Snapshot| -> Vec<Option<Bytes>> {
        let own = snapshot.cgroups.iter().filter(|cgroup| cgroup.path.contains("/c0"));
        own.map(|cgroup| cgroup.memory.usage.get()).collect()
    };
    let before = usages(collector.scan());
    hopper.touch_all().unwrap();
    let after = usages(collector.scan());
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(before.len() >= CGROUPS && moved * 100 >= before.len() * 99, "{moved} of {} moved", before.len());
}

/// The least CPU time of many runs of `work`, with `before` outside the measurement.
fn least(times: usize, mut before: impl FnMut(), mut work: impl FnMut()) -> Duration {
    let mut run = || {
        before();
        let start = cpu_time();
        work();
        cpu_time() - start
    };
    (0..times).map(|_| run()).min().unwrap()
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}
