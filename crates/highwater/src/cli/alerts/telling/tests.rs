//! From a kill to its receivers, over failures of theirs and restarts of ours: once each.

use super::Telling;
use crate::cli::alerts::compose;
use model::agent::ReceiverTotals;
use model::alert::evidence::Evidence;
use model::alert::{Alert, AlertChange, AlertKey, AlertRule, ChangeKind, Moment, Phase, Told};
use model::finding::Severity;
use model::notice::Notice;
use model::sink::{Address, SinkKind, SinkSettings};
use model::snapshot::Timestamp;
use sinks::courier::{Fate, Pace};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::scripted_receiver::{Answer, ScriptedReceiver};

const PACE: Pace = Pace { first: Duration::from_millis(2), longest: Duration::from_millis(20) };
const PATIENCE: Duration = Duration::from_secs(60);

fn kill(number: usize) -> Notice {
    let at = Moment { wall: Timestamp(1_700_000_000_000), uptime: Duration::from_secs(9), boot: None };
    let occurrence = Some(format!("k{number:03}"));
    let told = Some(Told { at, severity: Severity::Critical, times: 1 });
    let alert = Alert {
        key: AlertKey { rule: AlertRule::OomKill, subject: "web".to_owned(), occurrence },
        severity: Severity::Critical,
        labels: BTreeMap::new(),
        evidence: Evidence::default(),
        since: at,
        phase: Phase::Firing { clear_since: None, told },
    };
    compose::notice(&AlertChange { kind: ChangeKind::Fired, alert, at })
}

fn webhook(server: &ScriptedReceiver, severity_min: Severity) -> SinkSettings {
    SinkSettings {
        name: "team".to_owned(),
        kind: SinkKind::Webhook { url: Address::Plain(server.url("/")), token_file: None, authority: None },
        severity_min,
        rules: Vec::new(),
        // A machine under load answers late, and what is told again then is told twice.
        deadline: Duration::from_secs(8),
    }
}

fn open(folder: &Path, sink: &SinkSettings) -> Telling {
    Telling::open(folder, std::slice::from_ref(sink), &[], PACE).unwrap()
}

/// Collects until nothing waits; waits for the server, not for time.
fn until_told(telling: &mut Telling, server: &ScriptedReceiver, count: usize) -> Vec<String> {
    let keys = (0..count).map_while(|_| server.next(PATIENCE));
    let keys = keys.filter_map(|taken| taken.header("idempotency-key").map(str::to_owned)).collect();
    let begun = Instant::now();
    while telling.waiting().values().sum::<usize>() > 0 && begun.elapsed() < PATIENCE {
        telling.collect().unwrap();
        std::thread::yield_now();
    }
    keys
}

#[test]
fn more_kills_than_a_queue_holds_arrive_once_at_a_receiver_that_fails_first() {
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedReceiver::start(&[Answer::Status(500), Answer::Hang, Answer::HangUp]).unwrap();
    let mut telling = open(folder.path(), &webhook(&server, Severity::Notice));
    let kills: Vec<Notice> = (0..1_300).map(kill).collect();
    telling.tell(&kills[..650]).unwrap();
    telling.tell(&kills).unwrap();
    let mut keys = Vec::new();
    while keys.len() < kills.len() {
        let Some(taken) = server.next(PATIENCE) else { break };
        keys.extend(taken.header("idempotency-key").map(str::to_owned));
        telling.collect().unwrap();
    }
    keys.extend(until_told(&mut telling, &server, 0));
    let expected: Vec<String> = kills.iter().map(|kill| kill.key.clone()).collect();
    assert_eq!(keys, expected);
    assert_eq!(telling.waiting()["team"], 0);
}

#[test]
fn what_did_not_arrive_before_a_crash_arrives_after_it_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let kills: Vec<Notice> = (0..20).map(kill).collect();
    let away = ScriptedReceiver::start(&[Answer::Status(503); 1000]).unwrap();
    let mut telling = open(folder.path(), &webhook(&away, Severity::Notice));
    telling.tell(&kills).unwrap();
    // As a crash does it: nothing is finished, nothing is marked.
    std::mem::forget(telling);
    let server = ScriptedReceiver::start(&[]).unwrap();
    let mut telling = open(folder.path(), &webhook(&server, Severity::Notice));
    // Whoever had not noted that it told them tells them again.
    telling.tell(&kills).unwrap();
    let keys = until_told(&mut telling, &server, 20);
    assert_eq!(keys, kills.iter().map(|kill| kill.key.clone()).collect::<Vec<_>>());
    telling.finish(PATIENCE).unwrap();
    let telling = open(folder.path(), &webhook(&server, Severity::Notice));
    assert_eq!(telling.waiting()["team"], 0);
    assert_eq!(server.rest(), []);
}

#[test]
fn a_receiver_is_told_what_is_bad_enough_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedReceiver::start(&[]).unwrap();
    let mut telling = open(folder.path(), &webhook(&server, Severity::Warning));
    let mut mild = kill(1);
    mild.severity = Severity::Notice;
    telling.tell(&[mild, kill(2)]).unwrap();
    assert_eq!(until_told(&mut telling, &server, 1), [kill(2).key]);
    assert_eq!(telling.collect().unwrap().iter().filter(|told| told.fate != Fate::Delivered).count(), 0);
}

#[test]
fn a_full_disk_keeps_nobody_from_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedReceiver::start(&[]).unwrap();
    let gone = folder.path().join("gone");
    let mut telling = open(&gone, &webhook(&server, Severity::Notice));
    assert!(telling.tell(&[kill(1)]).is_err());
    let taken = server.next(PATIENCE).unwrap();
    assert_eq!(taken.header("idempotency-key"), Some(kill(1).key.as_str()));
}

#[test]
fn what_was_counted_of_a_receiver_does_not_fall_when_its_settings_change() {
    let folder = tempfile::tempdir().unwrap();
    let away = ScriptedReceiver::start(&[Answer::Status(500); 1000]).unwrap();
    let mut telling = open(folder.path(), &webhook(&away, Severity::Notice));
    assert_eq!(telling.totals()["team"], ReceiverTotals::default());
    telling.tell(&[kill(1)]).unwrap();
    let begun = Instant::now();
    while telling.totals()["team"].failures < 3 && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    let before = telling.totals()["team"];
    assert!(before.failures >= 3 && before.deliveries == 0, "{before:?}");
    // It moves, is taken out, and comes back.
    let server = ScriptedReceiver::start(&[]).unwrap();
    telling.tell_these(&[webhook(&server, Severity::Notice)], &[], PACE).unwrap();
    assert_eq!(until_told(&mut telling, &server, 1), [kill(1).key]);
    let moved = telling.totals()["team"];
    assert!(moved.failures >= before.failures && moved.deliveries == 1, "{before:?}, {moved:?}");
    telling.tell_these(&[], &[], PACE).unwrap();
    assert_eq!(telling.totals().len(), 0);
    telling.tell_these(&[webhook(&server, Severity::Notice)], &[], PACE).unwrap();
    assert_eq!(telling.totals()["team"], moved);
}
