//! Receivers that answer 500, hang, close and recover: everything arrives once, in order, and nobody waits for them.

use super::{Courier, Fate, Offered, Pace, QUEUE_MAX};
use crate::delivery::{Deliver, DeliveryError, Refreshed};
use crate::receiver::{of, test_notice};
use model::agent::ReceiverTotals;
use model::finding::Severity;
use model::sink::{Address, SinkKind, SinkSettings};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use testkit::scripted_receiver::{Answer, ScriptedReceiver};

const PATIENCE: Duration = Duration::from_secs(60);
const DEADLINE: Duration = Duration::from_secs(3);
const PACE: Pace = Pace { first: Duration::from_millis(2), longest: Duration::from_millis(10) };

fn settings(kind: SinkKind) -> SinkSettings {
    SinkSettings {
        name: "team".to_owned(),
        kind,
        severity_min: Severity::Notice,
        rules: Vec::new(),
        // A machine under load answers late, and what is sent again then arrives twice.
        deadline: DEADLINE,
    }
}

fn webhook(server: &ScriptedReceiver, token_file: Option<PathBuf>) -> SinkKind {
    SinkKind::Webhook { url: Address::Plain(server.url("/hook/s3cret")), token_file, authority: None }
}

#[test]
fn a_receiver_that_fails_in_every_way_gets_everything_once_when_it_recovers() {
    let bad = [Answer::Status(500), Answer::Hang, Answer::HangUp, Answer::Garbage, Answer::Status(503)];
    let server = ScriptedReceiver::start(&bad).unwrap();
    let courier = Courier::start(of(&settings(webhook(&server, None)), &[]), PACE);
    let begun = Instant::now();
    for number in 0..50 {
        assert_eq!(courier.offer(number, &test_notice(&number.to_string())), Offered::Taken);
    }
    assert!(begun.elapsed() < DEADLINE, "an offer waited for the receiver that hangs");
    let reports: Vec<_> = (0..50).map_while(|_| courier.next_report(PATIENCE)).collect();
    assert_eq!(reports.len(), 50);
    for (number, report) in reports.iter().enumerate() {
        assert_eq!((report.sequence, &report.fate), (number as u64, &Fate::Delivered));
    }
    let taken = server.rest();
    let keys: Vec<&str> = taken.iter().filter_map(|taken| taken.header("idempotency-key")).collect();
    assert_eq!(keys, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(taken[0].line, "POST /hook/s3cret HTTP/1.1");
    assert_eq!(courier.health().failures, 0);
    // What failed before it recovered stays counted.
    assert_eq!(courier.totals(), ReceiverTotals { failures: 5, deliveries: 50, refused: 0 });
}

#[test]
fn an_answer_whose_body_never_comes_counts_once() {
    let server = ScriptedReceiver::start(&[Answer::TakeAndHang]).unwrap();
    let mut settings = settings(webhook(&server, None));
    settings.deadline = Duration::from_secs(20);
    let courier = Courier::start(of(&settings, &[]), PACE);
    assert_eq!(courier.offer(1, &test_notice("a")), Offered::Taken);
    assert_eq!(courier.next_report(PATIENCE).unwrap().fate, Fate::Delivered);
    assert_eq!(server.rest().len(), 1);
}

#[test]
fn what_a_receiver_refuses_does_not_keep_the_rest() {
    let refusing = [Answer::Status(400); 3];
    let server = ScriptedReceiver::start(&refusing).unwrap();
    let courier = Courier::start(of(&settings(webhook(&server, None)), &[]), PACE);
    for number in 0..3 {
        assert_eq!(courier.offer(number, &test_notice(&number.to_string())), Offered::Taken);
    }
    let fates: Vec<Fate> = (0..3).filter_map(|_| courier.next_report(PATIENCE)).map(|r| r.fate).collect();
    let Fate::Refused(words) = &fates[0] else { panic!("{fates:?}") };
    assert!(
        words.contains("answered 400") && words.contains("no, not now") && !words.contains("s3cret"),
        "{words}"
    );
    assert_eq!(fates[1..], [Fate::Delivered, Fate::Delivered]);
    assert_eq!(courier.totals(), ReceiverTotals { failures: 3, deliveries: 2, refused: 1 });
}

#[test]
fn a_secret_that_is_not_there_yet_is_waited_for_and_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    let server = ScriptedReceiver::start(&[]).unwrap();
    let courier = Courier::start(of(&settings(webhook(&server, Some(token.clone()))), &[]), PACE);
    assert_eq!(courier.offer(1, &test_notice("a")), Offered::Taken);
    let begun = Instant::now();
    let error = loop {
        assert_eq!(courier.next_report(Duration::from_millis(5)), None);
        assert!(begun.elapsed() < PATIENCE, "it does not say what it waits for");
        if let Some(error) = courier.health().error {
            break error;
        }
    };
    assert!(error.contains("/token: "), "{error}");
    std::fs::write(&token, "s3cret\n").unwrap();
    assert_eq!(courier.next_report(PATIENCE).unwrap().fate, Fate::Delivered);
    assert_eq!(server.next(PATIENCE).unwrap().header("authorization"), Some("Bearer s3cret"));
}

#[test]
fn a_storm_is_a_few_messages_for_slack_and_nothing_is_lost() {
    let server = ScriptedReceiver::start(&[Answer::Status(500), Answer::Hang]).unwrap();
    let slack = SinkKind::Slack { url: Address::Plain(server.url("/services/x")), authority: None };
    let courier = Courier::start(of(&settings(slack), &[]), PACE);
    for number in 0..100 {
        assert_eq!(courier.offer(number, &test_notice(&format!("n{number:03}"))), Offered::Taken);
    }
    assert_eq!((0..100).map_while(|_| courier.next_report(PATIENCE)).count(), 100);
    let taken = server.rest();
    assert!((10..=20).contains(&taken.len()), "{}", taken.len());
    let all: String = taken.iter().map(|taken| taken.body.as_str()).collect();
    for number in 0..100 {
        // Once in the text for telephones, once in its block.
        assert_eq!(all.matches(&format!("(n{number:03})")).count(), 2);
    }
}

#[test]
fn alertmanager_hears_of_a_change_of_severity_as_an_end_and_a_beginning() {
    let server = ScriptedReceiver::start(&[]).unwrap();
    let url = Address::Plain(server.url(""));
    let courier = Courier::start(
        of(&settings(SinkKind::Alertmanager { url, token_file: None, authority: None }), &[]),
        PACE,
    );
    let begins = model::notice::Notice { severity: Severity::Warning, ..test_notice("a") };
    let worse = model::notice::Notice { severity: Severity::Critical, key: "b".to_owned(), ..begins.clone() };
    let over =
        model::notice::Notice { ends: Some(model::snapshot::Timestamp(1_700_000_060_000)), ..worse.clone() };
    let mut posted = Vec::new();
    for (number, notice) in [&begins, &worse, &over].into_iter().enumerate() {
        assert_eq!(courier.offer(number as u64, notice), Offered::Taken);
        let taken = server.next(PATIENCE).unwrap();
        assert_eq!(taken.line, "POST /api/v2/alerts HTTP/1.1");
        let alerts: Vec<serde_json::Value> = serde_json::from_str(&taken.body).unwrap();
        posted.push(alerts);
    }
    assert_eq!(posted.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    let severities: BTreeSet<&str> =
        posted[1].iter().filter_map(|a| a["labels"]["severity"].as_str()).collect();
    assert_eq!(severities, BTreeSet::from(["critical", "warning"]));
    assert_eq!(posted[2][0]["endsAt"], "2023-11-14T22:14:20.000Z");
    assert_eq!(posted[0][0]["labels"]["alertname"], "HighwaterOomKill");
}

/// Tells again what stands: fails so often first.
struct Forgetful {
    fails: u32,
}

impl Deliver for Forgetful {
    fn deliver(&mut self, _: &[&model::notice::Notice]) -> Result<String, DeliveryError> {
        Ok(String::new())
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn refresh(&mut self) -> Result<Refreshed, DeliveryError> {
        if self.fails == 0 {
            return Ok(Refreshed::Told { again: Duration::from_secs(3600) });
        }
        self.fails -= 1;
        Err(DeliveryError::later("away"))
    }
}

#[test]
fn a_receiver_that_takes_what_stands_again_is_well_again() {
    let courier = Courier::start(Box::new(Forgetful { fails: 4 }), PACE);
    let begun = Instant::now();
    while courier.totals().deliveries == 0 && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    assert_eq!(courier.totals(), ReceiverTotals { failures: 4, deliveries: 1, refused: 0 });
    assert_eq!(courier.health(), super::Health::default());
}

/// Takes nothing before it is allowed to.
struct Gate(Receiver<()>);

impl Deliver for Gate {
    fn deliver(&mut self, _: &[&model::notice::Notice]) -> Result<String, DeliveryError> {
        self.0.recv().map_err(|_| DeliveryError::later("closed"))?;
        Ok(String::new())
    }

    fn batch_max(&self) -> usize {
        1
    }
}

#[test]
fn a_full_queue_is_told_and_whoever_ends_does_not_wait() {
    let (open, gate) = channel();
    let courier = Courier::start(Box::new(Gate(gate)), PACE);
    let taken = (0..QUEUE_MAX as u64 + 5)
        .filter(|number| courier.offer(*number, &test_notice(&number.to_string())) == Offered::Taken);
    assert_eq!(taken.count(), QUEUE_MAX);
    assert_eq!(courier.health().waiting, QUEUE_MAX);
    let begun = Instant::now();
    assert_eq!(courier.finish(Duration::from_millis(20)), []);
    assert!(begun.elapsed() < Duration::from_secs(30));
    drop(open);
}
