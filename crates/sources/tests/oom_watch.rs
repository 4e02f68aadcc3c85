//! The watch on recorded machines whose logs, counters and cgroups change under its eyes.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use model::incident::observed::{CgroupMoment, KillTotal};
use model::reading::Reading;
use sources::host_root::HostRoot;
use sources::kmsg::KmsgStart;
use sources::oom_watch::{Happening, OomWatch, WatchOptions};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use testkit::recorded_machine::MachineCopy;

const BATCH: &str = "/shop.slice/batch.service";
const BATCH_FOLDER: &str = "/sys/fs/cgroup/shop.slice/batch.service";

/// Longer than any of these tests takes; a watch that is told nothing ends here.
const LONG: Duration = Duration::from_secs(20);

fn machine() -> MachineCopy {
    let machine = MachineCopy::of("micro-6.12-v2-nested").unwrap();
    machine.write("/proc/sys/kernel/random/boot_id", "8c1db3fc-8c13-4881-b448-1fe6a51541dc\n").unwrap();
    machine.write("/dev/kmsg", "6,7,100,-;before the watch\n").unwrap();
    machine
}

/// A watch whose timer does not tick, so that only news wake it.
fn quiet() -> WatchOptions {
    WatchOptions { interval: LONG * 10, ..WatchOptions::default() }
}

/// A watch that looks again and again.
fn restless() -> WatchOptions {
    WatchOptions { interval: Duration::from_millis(5), ..WatchOptions::default() }
}

fn watch(machine: &MachineCopy, options: &WatchOptions) -> OomWatch {
    OomWatch::new(HostRoot::new(machine.root()), options)
}

fn append_log(machine: &MachineCopy, text: &str) {
    let mut file = OpenOptions::new().append(true).open(machine.path("/dev/kmsg")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Sets a key of a flat keyed file, in place, as the kernel's files change.
fn set(machine: &MachineCopy, path: &str, key: &str, value: u64) {
    let text = fs::read_to_string(machine.path(path)).unwrap();
    let is_key = |line: &&str| line.split(' ').next() == Some(key);
    let old = text.lines().find(is_key).unwrap();
    machine.write(path, text.replace(old, &format!("{key} {value}"))).unwrap();
}

fn set_uptime(machine: &MachineCopy, seconds: u64) {
    machine.write("/proc/uptime", format!("{seconds}.00 1.00\n")).unwrap();
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Waits for ticks until the last look was at this uptime.
fn look_at(watch: &mut OomWatch, machine: &MachineCopy, uptime: u64) -> Vec<Happening> {
    set_uptime(machine, uptime);
    let mut happenings = Vec::new();
    while watch.snapshot().uptime != seconds(uptime) {
        happenings.extend(watch.wait(Duration::from_millis(20)));
    }
    happenings
}

fn usage(moment: &CgroupMoment) -> u64 {
    moment.usage.get().map_or(0, |Bytes(bytes)| bytes)
}

#[test]
fn a_record_is_handed_over_with_its_number_and_the_cursor_follows() {
    let machine = machine();
    let mut watch = watch(&machine, &quiet());
    assert_eq!(watch.missing(), []);
    append_log(&machine, "3,8,200,-;Memory cgroup out of memory: Killed process 9 (x)\n6,11,300,-;more\n");
    let happenings = watch.wait(LONG);
    let told: Vec<(u64, u64)> = happenings
        .iter()
        .map(|happening| match happening {
            Happening::KernelRecord { record, .. } => (record.sequence, 0),
            Happening::Lost { records } => (0, *records),
            Happening::CountersMoved(_) | Happening::HostKills(_) | Happening::VictimMarked { .. } => (0, 0),
        })
        .collect();
    assert_eq!(told, [(8, 0), (0, 2), (11, 0)]);
    let cursor = watch.cursor().unwrap();
    assert_eq!((Some(cursor.boot_id), cursor.sequence), (watch.boot_id(), 11));

    append_log(&machine, "6,12,400,-;while nobody watched\n");
    let options = WatchOptions { start: KmsgStart::After(cursor), ..quiet() };
    let happenings = self::watch(&machine, &options).wait(LONG);
    assert!(matches!(&happenings[..], [Happening::KernelRecord { record, .. }] if record.sequence == 12));
}

#[test]
fn a_counter_that_rises_wakes_the_watch_and_accuses_nobody_else() {
    let machine = machine();
    let mut watch = watch(&machine, &quiet());
    set(&machine, &format!("{BATCH_FOLDER}/memory.events"), "oom_kill", 5);
    let happenings = watch.wait(LONG);
    let [Happening::CountersMoved(change)] = &happenings[..] else { panic!("{happenings:?}") };
    assert_eq!(change.cgroup.path, BATCH);
    assert_eq!(change.rose(|counters| counters.kills.clone()), Reading::Value(3));
    assert_eq!(change.rose(|counters| counters.own_limit_hits.clone()), Reading::Value(0));
}

#[test]
fn the_machines_own_count_is_told_at_the_next_look() {
    let machine = machine();
    let mut watch = watch(&machine, &restless());
    set(&machine, "/proc/vmstat", "oom_kill", 9);
    let happenings = look_at(&mut watch, &machine, 30);
    let total = happenings.iter().find_map(|happening| match happening {
        Happening::HostKills(KillTotal { rose, .. }) => Some(*rose),
        _ => None,
    });
    assert_eq!(total, Some(7));
}

#[test]
fn a_new_cgroups_kills_count_from_zero_and_old_kills_are_old() {
    let machine = machine();
    let mut watch = watch(&machine, &restless());
    assert_eq!(look_at(&mut watch, &machine, 20), [], "the kills of before are not told");
    machine.copy(BATCH_FOLDER, "/sys/fs/cgroup/shop.slice/new.service").unwrap();
    let happenings = look_at(&mut watch, &machine, 30);
    let [Happening::CountersMoved(change)] = &happenings[..] else { panic!("{happenings:?}") };
    assert_eq!(change.cgroup.path, "/shop.slice/new.service");
    assert_eq!((&change.before.kills, &change.after.kills), (&Reading::Value(0), &Reading::Value(2)));
}

#[test]
fn what_a_cgroup_held_outlives_it_and_is_not_mixed_with_its_successors() {
    let machine = machine();
    let options = WatchOptions { remembered_gone: seconds(300), ..restless() };
    let mut watch = watch(&machine, &options);
    for (uptime, bytes) in [(100, "1000\n"), (101, "2000\n")] {
        machine.write(&format!("{BATCH_FOLDER}/memory.current"), bytes).unwrap();
        look_at(&mut watch, &machine, uptime);
    }
    // Moved away, so that the successor gets an inode of its own.
    fs::rename(machine.path(BATCH_FOLDER), machine.path("/gone")).unwrap();
    look_at(&mut watch, &machine, 102);
    machine.copy("/gone", BATCH_FOLDER).unwrap();
    machine.write(&format!("{BATCH_FOLDER}/memory.current"), "3000\n").unwrap();
    look_at(&mut watch, &machine, 103);

    let before = watch.before_kill(BATCH, seconds(102)).unwrap();
    assert_eq!(before.moments_until(seconds(101)).next_back().map(|moment| usage(&moment)), Some(2000));
    assert!(before.gone_at().is_some());
    let after = watch.before_kill(BATCH, seconds(103)).unwrap();
    assert_eq!(after.moments().map(|moment| usage(&moment)).max(), Some(3000));
    let neighbours: Vec<String> =
        watch.neighbours("/shop.slice", seconds(101)).into_iter().map(|moment| moment.cgroup.path).collect();
    let expected = ["/shop.slice", BATCH, "/shop.slice/db.service", "/shop.slice/web.service"];
    assert_eq!(neighbours, expected);
    assert_eq!(watch.before_kill("/shop.slice/none", seconds(101)).map(|before| before.cgroup().id), None);

    look_at(&mut watch, &machine, 404);
    let left = watch.before_kill(BATCH, seconds(102)).unwrap();
    assert_eq!(left.gone_at(), None, "the one that is gone for so long is forgotten");
}

#[test]
fn the_first_step_at_the_limit_is_its_last_breath() {
    let machine = machine();
    let mut watch = watch(&machine, &restless());
    let events = format!("{BATCH_FOLDER}/memory.events");
    let max = 1 << 40;
    for (uptime, bytes, count) in [(100, "1000\n", max), (101, "2000\n", max + 1), (102, "3000\n", max + 9)] {
        machine.write(&format!("{BATCH_FOLDER}/memory.current"), bytes).unwrap();
        set(&machine, &events, "max", count);
        look_at(&mut watch, &machine, uptime);
    }
    let breath = |watch: &OomWatch| watch.before_kill(BATCH, seconds(102)).unwrap().last_breath().unwrap();
    assert_eq!((breath(&watch).at, usage(&breath(&watch))), (seconds(100), 1000));
    // After a pause it is a first step again; with a kill in the same look it is no breath.
    for (uptime, kills) in [(150, 3), (200, 3)] {
        set(&machine, &events, "max", max + uptime);
        set(&machine, &events, "oom_kill", kills);
        look_at(&mut watch, &machine, uptime);
    }
    assert_eq!(breath(&watch).at, seconds(200));
}

#[test]
fn memory_is_bounded_however_many_cgroups_there_are() {
    let machine = machine();
    let options = WatchOptions { bytes_max: 8_000, ..restless() };
    let mut watch = watch(&machine, &options);
    for uptime in 100..160 {
        look_at(&mut watch, &machine, uptime);
    }
    let moments: usize = watch
        .neighbours("/", seconds(200))
        .iter()
        .map(|moment| watch.before_kill(&moment.cgroup.path, seconds(200)).unwrap().moments().count())
        .sum();
    assert!((8..=50).contains(&moments), "{moments}");
    let newest = watch.before_kill(BATCH, seconds(200)).unwrap().moments().next_back().unwrap();
    assert_eq!(newest.at, seconds(159));
}

#[test]
fn what_is_kept_of_the_gone_starves_nobody_who_is_there() {
    let machine = machine();
    let options = WatchOptions { bytes_max: 60_000, remembered_gone: seconds(300), ..restless() };
    let mut watch = watch(&machine, &options);
    let folder = |number: u64| machine.path(&format!("/sys/fs/cgroup/shop.slice/job{number}.service"));
    let copy = |to: &Path| {
        fs::create_dir(to).unwrap();
        for file in fs::read_dir(machine.path(BATCH_FOLDER)).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
    };
    let held = |watch: &OomWatch| watch.before_kill(BATCH, seconds(500)).unwrap().moments().count();
    let grow = |watch: &mut OomWatch, from: u64, to: u64| {
        for uptime in from..to {
            let usage = format!("{}\n", uptime << 20);
            machine.write(&format!("{BATCH_FOLDER}/memory.current"), usage).unwrap();
            look_at(watch, &machine, uptime);
        }
    };
    grow(&mut watch, 100, 130);
    let alone = held(&watch);
    assert!(alone >= 25, "{alone}");
    (0..100).for_each(|number| copy(&folder(number)));
    grow(&mut watch, 130, 132);
    (0..100).for_each(|number| fs::remove_dir_all(folder(number)).unwrap());
    grow(&mut watch, 132, 170);
    let after = held(&watch);
    assert!(after * 2 >= alone, "{after} of {alone}");
    // The last to go is remembered, in what the others leave.
    copy(&folder(0));
    grow(&mut watch, 170, 180);
    fs::remove_dir_all(folder(0)).unwrap();
    grow(&mut watch, 180, 181);
    let gone = watch.before_kill("/shop.slice/job0.service", seconds(500)).unwrap();
    assert!(gone.gone_at().is_some());
    assert_eq!(gone.moments().next_back().unwrap().at, seconds(179));
}

#[test]
fn without_a_log_counters_go_on_and_the_reason_is_said() {
    let machine = machine();
    machine.remove("/dev/kmsg").unwrap();
    let mut watch = watch(&machine, &quiet());
    assert_eq!(watch.missing().len(), 1);
    assert!(watch.missing()[0].why.contains("--device /dev/kmsg"), "{}", watch.missing()[0].why);
    assert_eq!(watch.cursor(), None);
    set(&machine, &format!("{BATCH_FOLDER}/memory.events"), "oom_kill", 3);
    assert!(matches!(&watch.wait(LONG)[..], [Happening::CountersMoved(_)]));
}

#[test]
fn on_v1_the_counter_of_the_cgroup_alone_is_told() {
    let machine = MachineCopy::of("host-6.18-v1-docker").unwrap();
    let mut watch = watch(&machine, &restless());
    let killed = watch.snapshot().cgroups.iter().find(|cgroup| cgroup.oom_kills().get() == Some(1)).unwrap();
    let path = killed.path.clone();
    set(&machine, &format!("/sys/fs/cgroup/memory{path}/memory.oom_control"), "oom_kill", 2);
    let vmstat = watch.snapshot().host.vmstat.value().and_then(|vmstat| vmstat.get("oom_kill")).unwrap();
    set(&machine, "/proc/vmstat", "oom_kill", vmstat + 1);
    let happenings = look_at(&mut watch, &machine, 4_000_000);
    let moved: Vec<&str> = happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::CountersMoved(change) => Some(change.cgroup.path.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(moved, [path.as_str()]);
    assert!(happenings.iter().any(|happening| matches!(happening, Happening::HostKills(_))));
}

#[test]
fn nothing_is_told_when_nothing_happens() {
    let machine = machine();
    let mut watch = watch(&machine, &quiet());
    assert_eq!(watch.wait(Duration::from_millis(20)), []);
    assert_eq!(watch.wait(Duration::ZERO), []);
}
