//! Which kills are one incident, and whose a kill without a report is.

use crate::seen::{DB, Seen, WEB, change, log};
use kernel::hierarchy::CgroupVersion;
use model::incident::cause::Confidence;
use model::incident::observed::{KillTotal, Said, Word};
use model::incident::witness::{LogSource, Witness};
use model::incident::{Attribution, Scope};
use model::reading::Reading;
use std::time::Duration;
use testkit::oom_text::{Task, Text};

/// A hog of this number, killed so many milliseconds after the first.
fn hog(path: &str, pid: u64, after: u64) -> Text {
    let mut text = Text::hog(path);
    text.at += after * 1_000;
    text.tasks.push(Task { pid, comm: "hog", anon: 64_000, shmem: 0, swap: 0 });
    text.victim = pid;
    text
}

fn total(rose: u64) -> Reading<KillTotal> {
    Reading::Value(KillTotal { from: Duration::from_secs(2_655), to: Duration::from_secs(2_662), rose })
}

#[test]
fn the_same_report_in_ring_and_journal_is_one_incident() {
    let text = Text::hog(WEB).whole();
    let mut seen = Seen::log(&text);
    seen.logs.push(log(&text, LogSource::Journal));
    let incident = seen.incident();
    let sources = incident.witnesses.iter().filter(|it| matches!(it, Witness::KernelLog { .. })).count();
    assert_eq!(sources, 2);
    assert_eq!(incident.id, Seen::log(&text).incident().id);
}

#[test]
fn a_report_that_lost_its_beginning_is_the_same_and_the_whole_one_is_kept() {
    let whole = Text::hog(WEB).whole();
    let cut: String = whole.lines().skip(12).map(|line| format!("{line}\n")).collect();
    let mut seen = Seen::log(&cut);
    seen.logs.push(log(&whole, LogSource::Journal));
    assert_eq!(seen.incident().processes.len(), 2);
}

#[test]
fn a_restarted_victim_is_another_incident() {
    let text = hog(WEB, 5000, 0).whole() + &hog(WEB, 5001, 900).whole();
    assert_eq!(Seen::log(&text).judged().incidents.len(), 2);
}

#[test]
fn kills_of_processes_that_were_there_already_are_one_episode() {
    let mut first = hog(WEB, 5000, 0);
    first.tasks.push(Task { pid: 5001, comm: "hog", anon: 1_000, shmem: 0, swap: 0 });
    let second = hog(WEB, 5001, 900);
    let incident = Seen::log(&(first.whole() + &second.whole())).incident();
    assert_eq!(incident.kills, 2);
    let late = hog(WEB, 5001, 9_000);
    assert_eq!(Seen::log(&(first.whole() + &late.whole())).judged().incidents.len(), 2);
}

#[test]
fn a_shortage_of_minutes_is_several_episodes() {
    let mut text = String::new();
    for number in 0..40 {
        let mut hog = hog(WEB, 5_000 + number, number * 3_000);
        hog.tasks.extend((number..40).map(|number| Task {
            pid: 5_000 + number,
            anon: 1_000,
            shmem: 0,
            swap: 0,
            comm: "hog",
        }));
        text.push_str(&hog.whole());
    }
    let kills: Vec<u64> = Seen::log(&text).judged().incidents.iter().map(|it| it.kills).collect();
    assert_eq!(kills, [21, 19]);
}

#[test]
fn a_kill_line_without_a_report_joins_the_table_it_stood_in() {
    let mut first = hog(WEB, 5000, 0);
    first.tasks.push(Task { pid: 5001, comm: "hog", anon: 64_000, shmem: 0, swap: 0 });
    let text = first.whole() + &hog(WEB, 5001, 50).kill_line();
    let seen = Seen { total: total(2), ..Seen::log(&text).rose(WEB, 2) };
    let judged = seen.judged();
    assert_eq!(judged.incidents.len(), 1);
    assert_eq!((judged.incidents[0].kills, judged.completeness.unexplained()), (2, Reading::Value(0)));
    assert_eq!(judged.incidents[0].confidence, Confidence::Certain);
}

#[test]
fn a_kill_line_goes_to_the_only_counter_with_room() {
    let text = hog(WEB, 5000, 0).whole() + &hog(DB, 5001, 50).kill_line();
    let judged = Seen::log(&text).rose(WEB, 1).rose(DB, 1).judged();
    let attributed: Vec<_> =
        judged.incidents.iter().map(|it| (it.place.path.value().unwrap().as_str(), it.attribution)).collect();
    assert_eq!(attributed, [(WEB, Attribution::Report), (DB, Attribution::OnlyCandidate)]);
}

#[test]
fn two_candidates_are_two_incidents_that_each_have_two_possible_victims() {
    let text = hog(WEB, 5000, 0).kill_line() + &hog(DB, 5001, 50).kill_line();
    let seen = Seen { total: total(2), ..Seen::log(&text).rose(WEB, 1).rose(DB, 1) };
    let judged = seen.judged();
    for incident in &judged.incidents {
        assert_eq!((incident.attribution, incident.kills), (Attribution::CounterAlone, 1));
        let pids: Vec<u64> = incident.possible_victims.processes.iter().map(|process| process.pid).collect();
        assert_eq!((pids, incident.possible_victims.total), (vec![5000, 5001], 2));
    }
    assert_eq!(judged.incidents.len(), 2);
    assert_eq!((judged.completeness.found, judged.completeness.unexplained()), (2, Reading::Value(0)));
}

#[test]
fn the_first_process_of_a_container_tells_it_from_the_other_candidate() {
    let mut seen = Seen::log(&(hog(WEB, 5000, 0).kill_line() + &hog(DB, 5001, 50).kill_line()));
    seen = seen.rose(WEB, 1).rose(DB, 1);
    let mut machine = testkit::imagined::Imagined::new(CgroupVersion::V1);
    machine.cgroup(DB, |cgroup| {
        testkit::imagined::declares(
            cgroup,
            kernel::limit::Limit::Unlimited,
            kernel::limit::Limit::Unlimited,
            None,
        );
        let container = cgroup.container.as_mut().unwrap();
        container.id = kernel::cgroup_path::ContainerId("2".repeat(64));
        container.pid = Reading::Value(5001);
    });
    seen.cgroups = machine.snapshot.cgroups;
    let judged = seen.judged();
    let attributed: Vec<_> =
        judged.incidents.iter().map(|it| (it.place.path.value().unwrap().as_str(), it.attribution)).collect();
    assert_eq!(attributed, [(WEB, Attribution::OnlyCandidate), (DB, Attribution::FirstProcess)]);
}

#[test]
fn a_storm_of_two_hundred_is_counted_once_each() {
    let path = |number: u64| format!("/docker/{number:064x}");
    let mut text = String::new();
    let mut seen = Seen::default();
    for number in 0..200 {
        let hog = hog(&path(number), 6_000 + number, number * 10);
        text.push_str(&if number < 10 { hog.whole() } else { hog.kill_line() });
        seen.changes.push(change(&path(number), 1));
    }
    seen.logs = vec![log(&text, LogSource::Ring)];
    seen.total = total(200);
    let judged = seen.judged();
    assert_eq!((judged.completeness.found, judged.completeness.unexplained()), (200, Reading::Value(0)));
    let placed = judged.incidents.iter().filter(|it| it.place.path.value().is_some());
    assert_eq!(placed.map(|it| it.kills).sum::<u64>(), 200);
    // Without counters every line is said to be nobody's, and still counted once.
    seen.changes.clear();
    assert_eq!(seen.judged().completeness.found, 200);
}

#[test]
fn a_group_is_counted_twice_by_the_kernel_and_once_here() {
    let mut text = Text::hog(WEB);
    text.group = Some((WEB.to_owned(), vec![4700, 4711]));
    let mut seen = Seen::log(&text.whole());
    let mut change = change(WEB, 3);
    change.before.group_kills = Reading::Value(0);
    change.after.group_kills = Reading::Value(1);
    seen.changes = vec![change];
    seen.total = total(3);
    let judged = seen.judged();
    assert_eq!(judged.incidents.len(), 1);
    assert_eq!((judged.completeness.counted, judged.completeness.found), (Reading::Value(2), 2));
}

#[test]
fn a_counter_alone_names_the_level_that_counted_it() {
    let mut seen = Seen::default().rose("/a/b", 1).rose("/a", 0);
    seen.changes[1].before.own_limit_hits = Reading::Value(1);
    seen.changes[1].after.own_limit_hits = Reading::Value(2);
    let incident = seen.incident();
    assert_eq!(incident.attribution, Attribution::CounterAlone);
    assert_eq!((incident.level.scope, incident.level.path), (Scope::Slice, Reading::Value("/a".to_owned())));
    assert_eq!((incident.kills, incident.victims.len()), (1, 0));
}

#[test]
fn a_notification_without_a_counter_is_no_incident() {
    let mut seen = Seen::default().rose(WEB, 0);
    seen.words = vec![Word { of: "1".repeat(64), at: Duration::from_secs(2_658), said: Said::OomEvent }];
    assert_eq!(seen.judged().incidents, []);
}

#[test]
fn another_boot_has_nothing_to_do_with_this_ones_counters() {
    let mut seen = Seen::log(&Text::hog(WEB).whole()).rose(WEB, 1);
    seen.logs[0].boot = Reading::Value(model::kernel_log::BootId(6));
    let judged = seen.judged();
    assert_eq!(judged.incidents.len(), 2);
    assert!(judged.incidents.iter().any(|it| it.attribution == Attribution::CounterAlone));
}

#[test]
fn looks_far_apart_prove_nothing_by_being_alone() {
    let mut seen = Seen::log(&hog(DB, 5001, 50).kill_line()).rose(DB, 1);
    seen.changes[0].from = Duration::from_secs(100);
    let incident = seen.incident();
    assert_eq!((incident.attribution, incident.possible_victims.total), (Attribution::CounterAlone, 1));
    assert_eq!(seen.judged().completeness.found, 1);
}

#[test]
fn a_counter_since_the_start_has_one_name_whenever_it_is_looked_at() {
    let look = |to| {
        let mut seen = Seen { total: total(2), ..Seen::default().rose(WEB, 2) };
        seen.changes[0].from = Duration::ZERO;
        seen.changes[0].to = Duration::from_secs(to);
        let judged = seen.judged();
        assert_eq!(judged.completeness.unexplained(), Reading::Value(0));
        judged.incidents[0].clone()
    };
    assert_eq!(look(5_000).id, look(9_000).id);
    assert_eq!(look(5_000).when.since_boot, Reading::Absent);
    assert!(look(5_000).witnesses.iter().any(|it| matches!(it, Witness::Counter { .. })));
}

#[test]
fn a_report_and_its_counter_seen_by_clocks_that_differ_are_one_kill() {
    // The look is by 0.6 s too early, by the log's clock.
    let mut early = change(WEB, 1);
    let text = hog(WEB, 5000, 0);
    let at = Duration::from_micros(text.at);
    early.from = at - Duration::from_millis(1_600);
    early.to = at - Duration::from_millis(600);
    let mut seen = Seen { total: total(1), ..Seen::log(&text.whole()) };
    seen.changes = vec![early];
    assert_eq!(seen.judged().incidents.len(), 1);
    assert_eq!(seen.incident().kills, 1);
}

#[test]
fn a_kill_is_counted_when_its_report_is_written_and_no_later() {
    // A slow console: the tables take four seconds, and the kill line comes behind them.
    let text = hog(WEB, 5000, 0);
    let late = Text { at: text.at + 4_000_000, ..text.clone() }.whole();
    let whole = text.whole();
    let table = whole.lines().position(|line| line.contains("Tasks state")).unwrap();
    let slow: String =
        whole.lines().take(table).chain(late.lines().skip(table)).map(|line| format!("{line}\n")).collect();
    let at = Duration::from_micros(text.at);
    let kills = |looked_after: u64| {
        let mut change = change(WEB, 1);
        change.from = at + Duration::from_millis(looked_after);
        change.to = at + Duration::from_millis(looked_after + 900);
        let mut seen = Seen { total: total(1), ..Seen::log(&slow) };
        seen.changes = vec![change];
        seen.judged().incidents.iter().map(|it| it.attribution).collect::<Vec<_>>()
    };
    assert_eq!(kills(3_500), [Attribution::Report]);
    assert_eq!(kills(1_000), [Attribution::Report]);
    assert_eq!(kills(6_000), [Attribution::Report, Attribution::CounterAlone]);
}

#[test]
fn each_rise_of_a_counter_is_explained_by_one_report_only() {
    // Two kills of one cgroup a moment apart, read at two looks; the second had no report.
    let text = hog(WEB, 5000, 0);
    let at = Duration::from_micros(text.at);
    let look = |from: u64, to: u64| {
        let mut change = change(WEB, 1);
        change.from = at + Duration::from_millis(from);
        change.to = at + Duration::from_millis(to);
        change
    };
    let mut seen = Seen { total: total(2), ..Seen::log(&text.whole()) };
    seen.changes = vec![look(0, 100), look(100, 200)];
    let judged = seen.judged();
    let found: Vec<_> = judged.incidents.iter().map(|it| (it.attribution, it.kills)).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&(Attribution::Report, 1)) && found.contains(&(Attribution::CounterAlone, 1)));
}

#[test]
fn a_group_tells_where_a_kill_without_a_report_was() {
    let mut text = hog(WEB, 5000, 0);
    text.group = Some((WEB.to_owned(), vec![4700, 5000]));
    let incident = Seen::log(&text.kill_line()).incident();
    assert_eq!((incident.attribution, incident.kills), (Attribution::Report, 2));
    assert_eq!(incident.place.path.value().map(String::as_str), Some(WEB));
    assert_eq!(incident.level.scope, Scope::Unknown);
}
