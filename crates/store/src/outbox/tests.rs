//! What was put is there after a cut at any byte, and what was delivered is not told again.

use super::{Done, NAME, Outbox};
use model::finding::Severity;
use model::notice::{Notice, NoticeKind};
use model::snapshot::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn notice(key: &str, kind: NoticeKind) -> Notice {
    Notice {
        key: key.to_owned(),
        topic: format!("oom-kill/web/{key}"),
        kind,
        severity: Severity::Critical,
        rule: "oom-kill".to_owned(),
        title: "web \"quoted\"\nwas killed".to_owned(),
        text: "It needs more.".to_owned(),
        labels: BTreeMap::from([("container".to_owned(), "web".to_owned())]),
        begins: Timestamp(1_700_000_000_123),
        ends: Some(Timestamp(1_700_000_600_000)),
        document: "{\"schema\":\"highwater/alert/v1\"}".to_owned(),
    }
}

fn team(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn put(outbox: &mut Outbox, key: &str) -> Option<u64> {
    let (numbers, kept) = outbox.put(&[(notice(key, NoticeKind::Happened), team(&["log", "slack"]))]);
    kept.unwrap();
    numbers.first().copied()
}

#[test]
fn what_was_delivered_is_not_told_again_and_the_rest_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    let (first, second) = (put(&mut outbox, "a").unwrap(), put(&mut outbox, "b").unwrap());
    let done = |number, receiver: &str| (number, receiver.to_owned(), Done::Delivered);
    outbox.done(&[done(first, "log"), done(first, "slack"), done(second, "log")]).unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(outbox.waiting().keys().copied().collect::<Vec<_>>(), [second]);
    let waiting = &outbox.waiting()[&second];
    assert_eq!(
        (&waiting.notice, &waiting.receivers),
        (&notice("b", NoticeKind::Happened), &team(&["slack"]))
    );
    // The same two again, after a crash before the caller noted that it told them.
    assert_eq!((put(&mut outbox, "a"), put(&mut outbox, "b")), (None, None));
    assert_eq!(put(&mut outbox, "c"), Some(3));
}

#[test]
fn a_cut_at_any_byte_loses_what_was_cut_and_nothing_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    let mut ends = Vec::new();
    for key in ["a", "b", "c"] {
        put(&mut outbox, key);
        ends.push(fs::metadata(folder.path().join(NAME)).unwrap().len());
    }
    let bytes = fs::read(folder.path().join(NAME)).unwrap();
    for cut in 0..=bytes.len() {
        let torn = tempfile::tempdir().unwrap();
        fs::write(torn.path().join(NAME), &bytes[..cut]).unwrap();
        let mut outbox = Outbox::open(torn.path()).unwrap();
        let whole = ends.iter().filter(|end| **end <= cut as u64).count();
        assert_eq!(outbox.waiting().len(), whole, "cut at {cut}");
        put(&mut outbox, "d");
        assert_eq!(Outbox::open(torn.path()).unwrap().waiting().len(), whole + 1, "cut at {cut}");
    }
}

#[test]
fn a_damaged_line_loses_itself_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    for key in ["a", "b", "c"] {
        put(&mut outbox, key);
    }
    let path = folder.path().join(NAME);
    let text = fs::read_to_string(&path).unwrap().replace("oom-kill/web/b", "oom-kill/web/x");
    fs::write(&path, text).unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!((outbox.waiting().len(), outbox.damaged_lines()), (2, 1));
}

#[test]
fn a_later_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let json = "{\"version\":2,\"sequence\":1,\"hold\":{}}";
    let line = format!("{:08x} {json}\n", crate::checksum::crc32(json.as_bytes()));
    fs::write(folder.path().join(NAME), &line).unwrap();
    let error = Outbox::open(folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("outbox: written by a later Highwater"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join(NAME)).unwrap(), line);
}

#[test]
fn what_is_done_does_not_fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    put(&mut outbox, "kept");
    for round in 0..20 {
        let notices: Vec<_> = (0..100)
            .map(|number| (notice(&format!("{round}-{number}"), NoticeKind::StateBegins), team(&["slack"])))
            .collect();
        let (numbers, kept) = outbox.put(&notices);
        kept.unwrap();
        let done: Vec<_> = numbers.iter().map(|n| (*n, "slack".to_owned(), Done::Delivered)).collect();
        outbox.done(&done).unwrap();
    }
    assert!(fs::metadata(folder.path().join(NAME)).unwrap().len() < 400_000);
    assert_eq!(Outbox::open(folder.path()).unwrap().waiting()[&1].notice.key, "kept");
}

#[test]
fn what_the_disk_did_not_take_waits_and_is_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("state");
    let mut outbox = Outbox::open(&inner).unwrap();
    // The folder is not there: nothing can be written.
    let (numbers, kept) = outbox.put(&[(notice("a", NoticeKind::Happened), team(&["slack"]))]);
    assert!(kept.is_err());
    assert_eq!(numbers, [1]);
    fs::create_dir(&inner).unwrap();
    put(&mut outbox, "b");
    assert_eq!(Outbox::open(&inner).unwrap().waiting().len(), 2);
}

#[test]
fn when_too_much_waits_states_go_before_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    put(&mut outbox, "kill");
    let mut large = notice("state", NoticeKind::StateBegins);
    large.document = "x".repeat(super::WAITING_BYTES_MAX);
    let (_, kept) = outbox.put(&[(large, team(&["slack"]))]);
    kept.unwrap();
    let keys: Vec<&str> = outbox.waiting().values().map(|waiting| waiting.notice.key.as_str()).collect();
    assert_eq!(keys, ["kill"]);
}

#[test]
fn nothing_waits_for_a_receiver_that_is_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    put(&mut outbox, "a");
    outbox.keep_receivers(&team(&["log"])).unwrap();
    assert_eq!(outbox.waiting()[&1].receivers, team(&["log"]));
    outbox.keep_receivers(&team(&[])).unwrap();
    assert!(Outbox::open(folder.path()).unwrap().waiting().is_empty());
}
