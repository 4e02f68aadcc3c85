//! Incidents that are told while nothing can be written.

use super::{in_memory, saw_tooth, series};
use crate::agent::eyes::Eyes;
use crate::agent::inbox::Inbox;
use crate::agent::mouth::Mouth;
use crate::cli::oom::watch::teller::Teller;
use crate::cli::output::Format;
use model::incident::Incident;
use model::kernel_log::{BootId, KmsgCursor};
use sinks::sd_notify::SdNotify;
use sources::recorded::RecordedMachine;
use std::fs;
use std::path::Path;
use store::store::Store;

/// Three kills, ten minutes apart.
fn incidents() -> Vec<Incident> {
    let (inbox, _bell) = Inbox::new().unwrap();
    let record = RecordedMachine::new(vec![series("shop/web", 0..2_000, saw_tooth)]);
    let mut eyes = Eyes::recorded(record, BootId(7));
    let mut all = Vec::new();
    for _ in 0..2_000 {
        eyes.next(&inbox).unwrap();
        all.extend(eyes.incidents());
    }
    all
}

/// So many like one of them.
fn flood(one: &Incident, count: u64) -> Vec<Incident> {
    let numbered = |number: u64| {
        let mut incident = one.clone();
        incident.id.0 = format!("flood{number}");
        incident.when.since_boot =
            incident.when.since_boot.map(|at| at + std::time::Duration::from_secs(number));
        incident
    };
    (0..count).map(numbered).collect()
}

fn mouth(state: &Path) -> Mouth {
    let store = Store::open(state).unwrap();
    Mouth::new(Teller::new(Format::Text, Some(store), None), SdNotify::default())
}

const fn cursor(sequence: u64) -> Option<KmsgCursor> {
    Some(KmsgCursor { boot_id: BootId(7), sequence })
}

fn kept(state: &Path) -> (Vec<String>, Option<KmsgCursor>) {
    let store = Store::open_to_read(state).unwrap();
    (store.incidents().unwrap().into_iter().map(|incident| incident.id).collect(), store.cursor())
}

#[test]
fn what_was_told_without_room_is_kept_in_its_order_before_the_cursor_moves() {
    let state = in_memory();
    let all = incidents();
    assert_eq!(all.len(), 3);
    let mut mouth = mouth(state.path());
    // In place of the file: nothing can be appended, but the cursor could be written.
    let blocked = state.path().join("incidents");
    fs::create_dir(&blocked).unwrap();
    mouth.tell(&all[..1], cursor(1)).unwrap();
    mouth.tell(&all[..2], cursor(2)).unwrap();
    assert!(!state.path().join("cursor").exists(), "the cursor moved past what is not kept");
    fs::remove_dir(&blocked).unwrap();
    mouth.tell(&all, cursor(3)).unwrap();
    let ids: Vec<String> = all.iter().map(|incident| incident.id.0.clone()).collect();
    assert_eq!(kept(state.path()).0, ids);
    mouth.finish(cursor(4)).unwrap();
    assert_eq!(kept(state.path()), (ids, cursor(4)));
}

#[test]
fn what_waits_is_kept_without_another_kill_and_a_thousand_of_it_at_most() {
    let state = in_memory();
    let all = flood(&incidents()[0], 1_003);
    let mut mouth = mouth(state.path());
    let blocked = state.path().join("incidents");
    fs::create_dir(&blocked).unwrap();
    mouth.tell(&all, cursor(1)).unwrap();
    fs::remove_dir(&blocked).unwrap();
    mouth.finish(cursor(1)).unwrap();
    let (ids, at) = kept(state.path());
    assert_eq!((ids.len(), ids.first().map(String::as_str), at), (1_000, Some("flood3"), cursor(1)));
}
