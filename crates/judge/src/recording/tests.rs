//! A machine from look to look: containers that come, go, are killed, and get their names late or never.

use super::held::{Held, LateStep};
use super::{Recorder, Remembered};
use kernel::bytes::Bytes;
use kernel::cgroup_v2::MemoryEvents;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::cgroup::{Cgroup, CgroupId};
use model::reading::Reading;
use model::recorded::{Peaked, Step, WorkloadName};
use std::time::Duration;
use testkit::imagined::{Imagined, declares, mib};

/// A container of which no engine tells yet, as its cgroup is on a look.
#[derive(Clone, Copy)]
struct Nameless {
    number: u64,
    peak_mib: u64,
    kills: u64,
}

impl Nameless {
    fn path(self) -> String {
        format!("/system.slice/docker-{:012x}{:052x}.scope", self.number, 0)
    }

    /// What it is remembered as where no name comes.
    fn fallback(self) -> String {
        format!("{:012x}", self.number)
    }

    fn fill(self, cgroup: &mut Cgroup) {
        cgroup.id = CgroupId(self.number);
        cgroup.memory.usage = mib(1);
        cgroup.memory.peak = mib(self.peak_mib);
        let events = MemoryEvents { oom_kill: Some(self.kills), ..MemoryEvents::default() };
        cgroup.events.hierarchical = Reading::Value(events);
    }
}

/// The machine with these containers, at this second.
fn machine(second: u64, containers: &[Nameless]) -> Imagined {
    let mut machine = Imagined::new(CgroupVersion::V2);
    machine.snapshot.uptime = Duration::from_secs(second);
    for container in containers {
        machine.cgroup(&container.path(), |cgroup| container.fill(cgroup));
    }
    machine
}

/// Name, second, peak in MiB, and kills.
fn rows(late: &[LateStep]) -> Vec<(&str, u64, Option<Bytes>, Option<u64>)> {
    let row = |late: &'_ LateStep| {
        (late.since_boot.as_secs(), late.step.usage.map(|usage| usage.peak), late.step.oom_kills)
    };
    let named = late.iter().map(|late| (late.workload.as_str(), row(late)));
    named.map(|(name, (second, peak, kills))| (name, second, peak, kills)).collect()
}

const fn at(mib: u64) -> Option<Bytes> {
    Some(Bytes::from_mib(mib))
}

#[test]
fn a_container_that_is_gone_before_its_name_came_is_remembered_with_its_peak_and_its_kills() {
    let mut recorder = Recorder::default();
    recorder.look(&machine(100, &[]).snapshot);
    let job = Nameless { number: 9, peak_mib: 40, kills: 1 };
    assert!(recorder.look(&machine(101, &[job]).snapshot).late.is_empty());
    let later = Nameless { peak_mib: 60, kills: 3, ..job };
    assert!(recorder.look(&machine(102, &[later]).snapshot).late.is_empty());
    let Remembered { late, steps } = recorder.look(&machine(103, &[]).snapshot);
    let name = job.fallback();
    assert_eq!(rows(&late), [(name.as_str(), 101, at(40), Some(1)), (name.as_str(), 102, at(60), Some(2))]);
    assert!(steps.is_empty());
    assert!(recorder.look(&machine(104, &[]).snapshot).late.is_empty(), "told twice");
}

#[test]
fn a_container_of_before_the_first_look_begins_with_what_it_has() {
    let mut recorder = Recorder::default();
    let old = Nameless { number: 9, peak_mib: 40, kills: 7 };
    recorder.look(&machine(100, &[old]).snapshot);
    recorder.look(&machine(101, &[]).snapshot);
    // One that was not seen for a look is no new one.
    recorder.look(&machine(102, &[old]).snapshot);
    let late = recorder.look(&machine(103, &[]).snapshot).late;
    let name = old.fallback();
    assert_eq!(rows(&late), [(name.as_str(), 102, at(1), None)]);
}

#[test]
fn what_was_held_goes_under_the_name_that_came() {
    let mut recorder = Recorder::default();
    recorder.look(&machine(100, &[]).snapshot);
    let job = Nameless { number: 9, peak_mib: 40, kills: 1 };
    recorder.look(&machine(101, &[job]).snapshot);
    let mut named = Imagined::new(CgroupVersion::V2);
    named.snapshot.uptime = Duration::from_secs(102);
    named.cgroup(&job.path(), |cgroup| {
        job.fill(cgroup);
        declares(cgroup, Limit::Unlimited, Limit::Unlimited, None);
    });
    let Remembered { late, steps } = recorder.look(&named.snapshot);
    assert_eq!(rows(&late), [("web", 101, at(40), Some(1))]);
    assert_eq!(steps.len(), 1);
    assert_eq!((steps[0].0.as_str(), steps[0].1.oom_kills), ("web", Some(0)));
    assert_eq!(recorder.end(), []);
}

#[test]
fn what_was_held_goes_under_the_id_when_the_wait_is_over_and_at_the_end() {
    let job = Nameless { number: 9, peak_mib: 40, kills: 0 };
    let watched_until = |last: u64| {
        let mut recorder = Recorder::default();
        recorder.look(&machine(100, &[]).snapshot);
        for second in 101..last {
            assert!(recorder.look(&machine(second, &[job]).snapshot).late.is_empty(), "{second}");
        }
        recorder
    };
    let mut recorder = watched_until(106);
    let Remembered { late, steps } = recorder.look(&machine(106, &[job]).snapshot);
    let seconds: Vec<u64> = late.iter().map(|late| late.since_boot.as_secs()).collect();
    assert_eq!((seconds, steps.len()), (vec![101, 102, 103, 104, 105], 1));
    assert!(late.iter().all(|late| late.workload.as_str() == job.fallback()));
    assert_eq!(watched_until(104).end().len(), 3);
}

#[test]
fn where_there_is_no_room_peaks_and_kills_are_kept() {
    let step = |peak| Step { usage: Some(Peaked::at(Bytes(peak))), oom_kills: Some(1), ..Step::default() };
    let mut held = Held::new(WorkloadName::new("job"));
    let rooms = [(1, 7, 0), (2, 5, 1), (2, 6, 1), (3, 4, 0)];
    let grown = rooms.map(|(second, peak, room)| held.push(Duration::from_secs(second), step(peak), room));
    assert_eq!((grown, held.count()), ([1, 1, 0, 0], 2));
    let late: Vec<LateStep> = held.under(&WorkloadName::new("web")).collect();
    let expected = [("web", 1, Some(Bytes(7)), Some(1)), ("web", 3, Some(Bytes(6)), Some(3))];
    assert_eq!(rows(&late), expected);
}
