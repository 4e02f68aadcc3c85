//! Incidents of logs whose dates are printed: in what order they come, and which are the same.

use crate::seen::{DB, Seen, WEB, log};
use model::calendar::{Calendar, ZoneOffset};
use model::incident::witness::LogSource;
use model::incident::{Assumed, Incident};
use model::reading::Reading;
use model::snapshot::Timestamp;
use testkit::oom_text::{Task, Text};

/// 2026-11-21 03:00:00 UTC.
const NOW: Timestamp = Timestamp(1_795_230_000_000);

fn hog(path: &str, pid: u64) -> Text {
    let mut text = Text::hog(path);
    text.tasks.push(Task { pid, comm: "hog", anon: 64_000, shmem: 0, swap: 0 });
    text.victim = pid;
    text
}

/// The report with this before every line.
fn framed(text: &Text, frame: &str) -> String {
    let whole = text.whole();
    let lines = whole.lines().filter_map(|line| line.split_once(';')).map(|(_, line)| line);
    lines.map(|line| format!("{frame}{line}\n")).collect()
}

/// What of several files is found, each read in a zone so many hours east.
fn found(files: &[&str], hours: i64) -> Vec<Incident> {
    let offsets = vec![ZoneOffset { from_seconds: i64::MIN, east_seconds: hours * 3_600 }];
    let calendars = vec![Calendar { latest: NOW, offsets }; files.len()];
    let logs = files.iter().map(|text| {
        let mut log = log(text, LogSource::File);
        (log.boot, log.booted_at) = (Reading::Absent, Reading::Absent);
        log
    });
    Seen { logs: logs.collect(), calendars, ..Seen::default() }.judged().incidents
}

fn pids(incidents: &[Incident]) -> Vec<u64> {
    incidents.iter().map(|incident| incident.victims[0].process.pid).collect()
}

#[test]
fn incidents_of_several_logs_are_sorted_by_their_dates() {
    let syslog = framed(&hog(WEB, 5001), "Nov 20 10:00:00 a kernel: ")
        + &framed(&hog(WEB, 5003), "Nov 20 12:00:00 a kernel: ");
    let rfc = framed(&hog(DB, 5002), "2026-11-20T11:00:00.5+00:00 a kernel: ")
        + &framed(&hog(DB, 5004), "2026-11-20T13:00:00.5+00:00 a kernel: ");
    for files in [[&*syslog, &*rfc], [&*rfc, &*syslog]] {
        let incidents = found(&files, 0);
        assert_eq!(pids(&incidents), [5001, 5002, 5003, 5004]);
        let assumed: Vec<Assumed> = incidents.iter().map(|incident| incident.when.assumed).collect();
        let (year_and_zone, nothing) = (Assumed::YearAndZone, Assumed::Nothing);
        assert_eq!(assumed, [year_and_zone, nothing, year_and_zone, nothing]);
    }
}

#[test]
fn one_log_keeps_its_order_when_its_clock_jumps() {
    let log = framed(&hog(WEB, 5001), "Nov 20 10:00:00 a kernel: ")
        + &framed(&hog(WEB, 5002), "Nov 20 09:00:00 a kernel: ")
        + &framed(&hog(WEB, 5003), "lun xyz 20 09:30:00 2026 a kernel: ");
    let incidents = found(&[&log], 0);
    assert_eq!(pids(&incidents), [5001, 5002, 5003]);
    assert!(incidents[2].when.wall.value().is_none());
    assert_eq!(incidents[2].when.printed.as_deref(), Some("lun xyz 20 09:30:00 2026"));
}

#[test]
fn the_kernels_own_clock_orders_one_boot() {
    let first = framed(&hog(WEB, 5001), "[  100.000000] ");
    let second = framed(&hog(DB, 5002), "[   50.000000] ");
    assert_eq!(pids(&found(&[&first, &second], 0)), [5002, 5001]);
}

#[test]
fn the_same_kill_in_two_logs_is_one_incident() {
    let (kill, other) = (hog(WEB, 5001), hog(DB, 5001));
    let with = |frame: &str| framed(&kill, frame);
    let cases = [
        (with("Nov 20 10:00:00 a kernel: "), with("2026-11-20T10:00:01.9+00:00 a kernel: "), 1),
        (with("Nov 20 10:00:00 a kernel: "), with("2026-11-20T10:00:03.1+00:00 a kernel: "), 2),
        (with("Nov 20 10:00:00 a kernel: "), with("2026-11-20T10:00:00Z b kernel: "), 2),
        (with("Nov 20 10:00:00 kernel: "), framed(&other, "2026-11-20T10:00:00Z kernel: "), 2),
        // The file is of a machine five and a half hours west, and this machine's zone was assumed.
        (with("Nov 20 10:00:00 a kernel: "), with("2026-11-20T15:30:00Z a kernel: "), 1),
        (with("2026-11-20T10:00:00Z a kernel: "), with("2026-11-20T15:30:00Z a kernel: "), 2),
        (with("Nov 20 10:00:00 a kernel: [  100.000000] "), with("[  100.000000] "), 1),
        (
            with("Nov 20 10:00:00 a kernel: [  100.000000] "),
            with("Nov 20 10:00:00 a kernel: [  200.000000] "),
            2,
        ),
    ];
    for (one, two, incidents) in cases {
        assert_eq!(found(&[&one, &two], 0).len(), incidents, "{one}{two}");
        assert_eq!(found(&[&two, &one], 0).len(), incidents, "{two}{one}");
    }
}

#[test]
fn an_exact_date_is_kept_and_names_stay() {
    let (syslog, rfc) = (
        framed(&hog(WEB, 5001), "Nov 20 10:00:00 a kernel: "),
        framed(&hog(WEB, 5001), "2026-11-20T08:00:00.25Z a kernel: "),
    );
    for files in [[&*syslog, &*rfc], [&*rfc, &*syslog]] {
        let incident = found(&files, 2).remove(0);
        let wall = incident.when.wall.get().unwrap();
        assert_eq!((wall.0 % 86_400_000, incident.when.assumed), (8 * 3_600_000 + 250, Assumed::Nothing));
    }
    // The zone of whoever reads gives the kill no other name.
    assert_eq!(found(&[&syslog], 2)[0].id, found(&[&syslog], 0)[0].id);
}
