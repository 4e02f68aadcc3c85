//! Machines that change between two scans.

use crate::{NESTED, cgroup, collector, find, is_well_formed};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use sources::collect::{Habit, Heard};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use testkit::recorded_machine::MachineCopy;

const SHOP: &str = "/sys/fs/cgroup/shop.slice";
const HABITS: [Habit; 2] = [Habit::Once, Habit::Repeatedly];

fn anon(snapshot: &model::snapshot::Snapshot, path: &str) -> Option<u64> {
    cgroup(snapshot, path).stat.value().and_then(|stat| stat.get("anon"))
}

#[test]
fn a_file_that_vanishes_between_listing_and_reading_is_absent() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        for file in ["memory.current", "memory.stat", "memory.max", "memory.events"] {
            machine.remove(&format!("{SHOP}/web.service/{file}")).unwrap();
        }
        let snapshot = collector.scan();
        let web = cgroup(snapshot, "/shop.slice/web.service");
        assert_eq!((&web.memory.usage, &web.memory.limit), (&Reading::Absent, &Reading::Absent), "{habit:?}");
        assert_eq!((&web.stat, &web.events.hierarchical), (&Reading::Absent, &Reading::Absent), "{habit:?}");
        assert!(web.memory.high.value().is_some());
    }
}

#[test]
fn a_cgroup_that_vanishes_between_listing_and_reading_is_gone_with_all_below() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        machine.remove(SHOP).unwrap();
        let snapshot = collector.scan();
        let paths: Vec<&str> = snapshot.cgroups.iter().map(|cgroup| cgroup.path.as_str()).collect();
        let left = ["/", "/system.slice", "/system.slice/cache.service", "/system.slice/cron.service"];
        assert_eq!(paths.len(), left.len(), "{habit:?} {paths:?}");
        assert!(left.iter().all(|path| paths.contains(path)), "{habit:?} {paths:?}");
        assert!(is_well_formed(snapshot));
    }
}

#[test]
fn a_cgroup_that_cannot_be_entered_leaves_every_other_below_its_own_parent() {
    let unreadable = OsStr::from_bytes(b"a\xff");
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        // Listed under a name that leads nowhere, as one does that went before it could be opened.
        fs::create_dir(machine.path("/sys/fs/cgroup").join(unreadable)).unwrap();
        let mut collector = collector(machine.root(), habit);
        let snapshot = collector.scan();
        assert!(is_well_formed(snapshot));
        let web = cgroup(snapshot, "/shop.slice/web.service");
        let parent = web.parent.and_then(|parent| snapshot.cgroup(parent)).unwrap();
        assert_eq!(parent.path, "/shop.slice", "{habit:?}");
    }
}

#[test]
fn a_cgroup_that_goes_between_two_scans_is_gone() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        collector.scan();
        machine.remove(&format!("{SHOP}/web.service")).unwrap();
        let snapshot = collector.scan();
        assert!(find(snapshot, "/shop.slice/web.service").is_none(), "{habit:?}");
        assert_eq!(snapshot.cgroups.len(), 7);
        assert!(is_well_formed(snapshot));
    }
}

#[test]
fn a_cgroup_made_again_is_another_one() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        let before = cgroup(collector.scan(), "/shop.slice/web.service").id;
        let web = format!("{SHOP}/web.service");
        // Held open, so that the new folder cannot get the old one's inode.
        let held = File::open(machine.path(&web)).unwrap();
        machine.remove(&web).unwrap();
        machine.copy(&format!("{SHOP}/batch.service"), &web).unwrap();
        machine.write(&format!("{web}/memory.current"), "4096\n").unwrap();
        let snapshot = collector.scan();
        let after = cgroup(snapshot, "/shop.slice/web.service");
        assert_ne!(after.id, before, "{habit:?}");
        assert_eq!(after.memory.usage, Reading::Value(Bytes(4096)), "{habit:?}");
        assert_eq!(after.rates, None, "{habit:?}");
        assert_eq!(snapshot.cgroups.len(), 8);
        assert!(is_well_formed(snapshot));
        drop(held);
    }
}

#[test]
fn a_new_cgroup_appears_with_all_below() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        collector.scan();
        machine.copy(SHOP, "/sys/fs/cgroup/shop2.slice").unwrap();
        let snapshot = collector.scan();
        assert_eq!(snapshot.cgroups.len(), 12, "{habit:?}");
        let (old, new) =
            (cgroup(snapshot, "/shop.slice/db.service"), cgroup(snapshot, "/shop2.slice/db.service"));
        assert_eq!(new.memory.usage, old.memory.usage);
        assert_eq!(new.events.hierarchical, old.events.hierarchical);
        assert!(is_well_formed(snapshot), "{habit:?}");
        // What is below the new one is watched too.
        machine.copy(&format!("{SHOP}/web.service"), "/sys/fs/cgroup/shop2.slice/late.service").unwrap();
        assert!(find(collector.scan(), "/shop2.slice/late.service").is_some(), "{habit:?}");
    }
}

#[test]
fn a_notification_of_a_new_cgroup_takes_it_in_and_reads_no_other() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    collector.scan();
    let web = format!("{SHOP}/web.service");
    machine.copy(&web, "/sys/fs/cgroup/late.service").unwrap();
    machine.write(&format!("{web}/cgroup.procs"), "1\n").unwrap();
    machine.remove(&format!("{SHOP}/db.service")).unwrap();
    let before = cgroup(collector.snapshot(), "/shop.slice/web.service").memory.usage.clone();
    machine.write("/sys/fs/cgroup/system.slice/cron.service/memory.current", "123\n").unwrap();
    let heard = collector.hear_notification();
    let late = cgroup(collector.snapshot(), "/late.service");
    assert_eq!(late.memory.usage, before);
    assert!(is_well_formed(collector.snapshot()));
    // On a real machine `memory.current` tells nobody that it moved; here its being written does.
    assert_eq!(heard, Heard::FilesMoved);
    let cron = |collector: &sources::collect::Collector| {
        cgroup(collector.snapshot(), "/system.slice/cron.service").memory.usage.get()
    };
    assert_ne!(cron(&collector), Some(Bytes(123)));
    collector.scan();
    assert_eq!(cron(&collector), Some(Bytes(123)));
}

#[test]
fn a_process_that_moves_is_no_reason_to_look() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    collector.scan();
    let web = format!("{SHOP}/web.service");
    machine.write(&format!("{web}/cgroup.procs"), "1\n").unwrap();
    assert_eq!(collector.hear_notification(), Heard::NothingToRead);
    machine.write(&format!("{web}/memory.max"), "max\n").unwrap();
    assert_eq!(collector.hear_notification(), Heard::FilesMoved);
    let limit =
        |snapshot: &model::snapshot::Snapshot| cgroup(snapshot, "/shop.slice/web.service").memory.limit.get();
    assert_ne!(limit(collector.snapshot()), Some(Limit::Unlimited));
    assert_eq!(limit(collector.scan()), Some(Limit::Unlimited));
}

#[test]
fn cgroups_that_come_and_go_at_once_leave_no_trace() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    let before = collector.scan().cgroups.len();
    for round in 0..20 {
        let path = format!("/sys/fs/cgroup/system.slice/run-{round}.scope");
        machine.copy(&format!("{SHOP}/web.service"), &path).unwrap();
        machine.remove(&path).unwrap();
    }
    assert_eq!(collector.scan().cgroups.len(), before);
    assert!(collector.descriptors_kept() <= 3 * before);
}

#[test]
fn a_limit_that_is_written_is_read_at_the_next_scan() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        let limit = |snapshot: &model::snapshot::Snapshot| {
            cgroup(snapshot, "/shop.slice/web.service").memory.limit.clone()
        };
        assert_eq!(limit(collector.scan()), Reading::Value(Limit::At(Bytes::from_mib(128))));
        machine.write(&format!("{SHOP}/web.service/memory.max"), "max\n").unwrap();
        assert_eq!(limit(collector.scan()), Reading::Value(Limit::Unlimited), "{habit:?}");
    }
}

#[test]
fn an_event_that_is_counted_is_read_at_the_next_scan() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        let kills =
            |snapshot: &model::snapshot::Snapshot| cgroup(snapshot, "/shop.slice/web.service").oom_kills();
        assert_eq!(kills(collector.scan()), Reading::Value(0));
        machine
            .write(&format!("{SHOP}/web.service/memory.events"), "low 0\nhigh 0\nmax 1\noom 1\noom_kill 3\n")
            .unwrap();
        assert_eq!(kills(collector.scan()), Reading::Value(3), "{habit:?}");
    }
}

#[test]
fn an_idle_cgroups_statistics_are_not_read_again_until_its_usage_moves() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    let web = "/shop.slice/web.service";
    let before = anon(collector.scan(), web);
    let stat = format!("{SHOP}/web.service/memory.stat");
    let text = fs::read_to_string(machine.path(&stat)).unwrap();
    machine.write(&stat, text.replacen(&before.unwrap().to_string(), "77777", 1)).unwrap();
    assert_eq!(anon(collector.scan(), web), before);
    machine.write(&format!("{SHOP}/web.service/memory.current"), "123456\n").unwrap();
    assert_eq!(anon(collector.scan(), web), Some(77777));
}

#[test]
fn an_idle_cgroups_statistics_are_read_again_after_ten_seconds() {
    let machine = MachineCopy::of(NESTED).unwrap();
    machine.write("/proc/uptime", "100.00 0.00\n").unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    let web = "/shop.slice/web.service";
    let before = anon(collector.scan(), web);
    let stat = format!("{SHOP}/web.service/memory.stat");
    let text = fs::read_to_string(machine.path(&stat)).unwrap();
    machine.write(&stat, text.replacen(&before.unwrap().to_string(), "77777", 1)).unwrap();
    machine.write("/proc/uptime", "109.99 0.00\n").unwrap();
    assert_eq!(anon(collector.scan(), web), before);
    machine.write("/proc/uptime", "110.00 0.00\n").unwrap();
    assert_eq!(anon(collector.scan(), web), Some(77777));
}

#[test]
fn a_peak_between_two_looks_at_the_same_usage_is_seen_within_ten_seconds() {
    // Whatever the place of a cgroup among the others and the moment at which all were first seen.
    for first in 0..10 {
        let machine = MachineCopy::of(NESTED).unwrap();
        let peak = format!("{SHOP}/web.service/memory.peak");
        machine.write(&peak, "692224\n").unwrap();
        machine.write("/proc/uptime", "100.00 0.00\n").unwrap();
        let mut collector = collector(machine.root(), Habit::Repeatedly);
        for _ in 0..first {
            collector.scan();
        }
        machine.write("/proc/uptime", "101.00 0.00\n").unwrap();
        collector.scan();
        machine.write(&peak, "33087488\n").unwrap();
        for second in 102..112 {
            machine.write("/proc/uptime", format!("{second}.00 0.00\n")).unwrap();
            collector.scan();
        }
        let web = cgroup(collector.scan(), "/shop.slice/web.service");
        assert_eq!(web.memory.peak, Reading::Value(Bytes(33_087_488)), "after {first} scans");
    }
}

#[test]
fn what_moved_unseen_is_spread_over_the_time_since_it_was_read() {
    let machine = MachineCopy::of(NESTED).unwrap();
    machine.write("/proc/uptime", "100.00 0.00\n").unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    let web = "/shop.slice/web.service";
    let faults = |snapshot: &model::snapshot::Snapshot| {
        cgroup(snapshot, web).stat.value().and_then(|stat| stat.get("pgmajfault")).unwrap()
    };
    let before = faults(collector.scan());
    machine.write("/proc/uptime", "109.00 0.00\n").unwrap();
    collector.scan();
    let stat = format!("{SHOP}/web.service/memory.stat");
    let text = fs::read_to_string(machine.path(&stat)).unwrap();
    let (was, is) = (format!("pgmajfault {before}\n"), format!("pgmajfault {}\n", before + 50));
    machine.write(&stat, text.replace(&was, &is)).unwrap();
    machine.write("/proc/uptime", "110.00 0.00\n").unwrap();
    let rates = cgroup(collector.scan(), web).rates.clone().unwrap();
    assert_eq!(rates.major_faults, Reading::Value(5.0));
}

#[test]
fn a_cgroup_that_loses_its_memory_controller_stays_and_its_figures_go() {
    for habit in HABITS {
        let machine = MachineCopy::of(NESTED).unwrap();
        let mut collector = collector(machine.root(), habit);
        collector.scan();
        let current = format!("{SHOP}/web.service/memory.current");
        // As a kept file of a removed cgroup file reads: nothing more to be had from it.
        machine.write(&current, "").unwrap();
        machine.remove(&current).unwrap();
        let snapshot = collector.scan();
        let web = cgroup(snapshot, "/shop.slice/web.service");
        assert_eq!(web.memory.usage.get(), None, "{habit:?}");
        machine.write(&current, "4096\n").unwrap();
        machine.write(&format!("{SHOP}/web.service/memory.max"), "8192\n").unwrap();
        assert!(find(collector.scan(), "/shop.slice/web.service").is_some());
    }
}

#[test]
fn rates_are_what_moved_between_two_scans_per_second() {
    let machine = MachineCopy::of(NESTED).unwrap();
    machine.write("/proc/uptime", "100.00 0.00\n").unwrap();
    let current = format!("{SHOP}/web.service/memory.current");
    machine.write(&current, "10000000\n").unwrap();
    let mut collector = collector(machine.root(), Habit::Repeatedly);
    assert_eq!(cgroup(collector.scan(), "/shop.slice/web.service").rates, None);
    machine.write("/proc/uptime", "104.00 0.00\n").unwrap();
    machine.write(&current, "14000000\n").unwrap();
    let rates = cgroup(collector.scan(), "/shop.slice/web.service").rates.clone().unwrap();
    assert_eq!((rates.seconds, rates.usage), (4.0, Reading::Value(1_000_000.0)));
    let idle = cgroup(collector.snapshot(), "/system.slice/cron.service").rates.clone().unwrap();
    assert_eq!((idle.seconds, idle.usage), (4.0, Reading::Value(0.0)));
}

#[test]
fn at_most_three_files_are_kept_open_for_each_cgroup() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let mut repeated = collector(machine.root(), Habit::Repeatedly);
    let cgroups = repeated.scan().cgroups.len();
    // The root of v2 has no `memory.current`.
    assert_eq!(repeated.descriptors_kept(), cgroups - 1);
    // One that moves has more to be read at each scan.
    for usage in ["10000000\n", "20000000\n", "30000000\n"] {
        machine.write(&format!("{SHOP}/web.service/memory.current"), usage).unwrap();
        repeated.scan();
    }
    assert!(repeated.descriptors_kept() <= 3 * cgroups);
    assert!(repeated.descriptors_kept() > cgroups);
    let mut once = collector(machine.root(), Habit::Once);
    once.scan();
    assert_eq!(once.descriptors_kept(), 0);
}
