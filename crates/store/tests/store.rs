//! The store over restarts, crashes at every byte, damage, rotation and a second process.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use model::cgroup::CgroupId;
use model::kernel_log::{BootId, KmsgCursor};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;
use store::record::{IncidentKey, StoredIncident};
use store::store::{Access, Appended, Damage, Store, StoreError};

const BOOT: BootId = BootId(0x8c1d_b3fc);

fn incident(number: u64) -> StoredIncident {
    StoredIncident {
        key: IncidentKey::killed(BOOT, Duration::from_micros(1_000 + number), number),
        id: format!("k{number}"),
        at_millis: Some(1_700_000_000_000 + number),
        document: json!({"schema": "highwater/incident/v1", "victims": [{"pid": number, "comm": "a\nb \u{1f4a5}"}]}),
    }
}

fn ids(store: &Store) -> Vec<String> {
    store.incidents().unwrap().into_iter().map(|incident| incident.id).collect()
}

fn filled(folder: &Path, incidents: u64) -> Vec<u8> {
    let mut store = Store::open(folder).unwrap();
    for number in 0..incidents {
        assert_eq!(store.append(&incident(number)).unwrap(), Appended::New);
    }
    fs::read(folder.join("incidents")).unwrap()
}

#[test]
fn incidents_and_cursor_survive_a_restart_and_none_is_kept_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/highwater");
    let cursor = KmsgCursor { boot_id: BOOT, sequence: 4_711 };
    {
        let mut store = Store::open(&path).unwrap();
        assert_eq!((store.cursor(), store.damage()), (None, Damage::default()));
        assert_eq!(store.append(&incident(1)).unwrap(), Appended::New);
        assert_eq!(store.append(&incident(1)).unwrap(), Appended::Known);
        store.save_cursor(cursor).unwrap();
    }
    let mut store = Store::open(&path).unwrap();
    assert_eq!((store.cursor(), store.access()), (Some(cursor), &Access::ReadWrite));
    assert_eq!(store.append(&incident(1)).unwrap(), Appended::Known);
    assert_eq!(store.append(&incident(2)).unwrap(), Appended::New);
    assert_eq!(store.incidents().unwrap(), [incident(1), incident(2)]);
}

#[test]
fn kills_of_another_boot_time_process_or_cgroup_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let keys = [
        IncidentKey::killed(BOOT, Duration::from_micros(5), 7),
        IncidentKey::killed(BootId(1), Duration::from_micros(5), 7),
        IncidentKey::killed(BOOT, Duration::from_micros(6), 7),
        IncidentKey::killed(BOOT, Duration::from_micros(5), 8),
        IncidentKey::counted(BOOT, CgroupId(5), 7),
        IncidentKey::counted(BOOT, CgroupId(5), 8),
    ];
    for key in keys {
        assert!(!store.knows(&key));
        assert_eq!(store.append(&StoredIncident { key, ..incident(0) }).unwrap(), Appended::New);
    }
}

#[test]
fn a_crash_at_any_byte_loses_only_the_line_that_was_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let whole = filled(folder.path(), 3);
    let ends: Vec<usize> =
        whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for length in 0..=whole.len() {
        fs::write(folder.path().join("incidents"), &whole[..length]).unwrap();
        let left = ends.iter().filter(|end| **end <= length).count();
        let end = ends[..left].last().copied().unwrap_or(0);
        let expected: Vec<String> = (0..left).map(|number| format!("k{number}")).collect();

        let reader = Store::open_to_read(folder.path()).unwrap();
        assert_eq!(ids(&reader), expected, "{length}");
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.damage().torn_bytes, (length - end) as u64, "{length}");
        assert_eq!(store.damage().damaged_lines, 0, "{length}");
        assert_eq!(ids(&store), expected, "{length}");
        assert_eq!(store.append(&incident(9)).unwrap(), Appended::New);
        assert_eq!(ids(&store).len(), left + 1, "{length}");
        assert_eq!(ids(&store).last().map(String::as_str), Some("k9"), "{length}");
    }
}

#[test]
fn a_byte_that_changed_costs_one_line_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = filled(folder.path(), 3);
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for at in [second, second + 8, second + 20, second + 60] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(folder.path().join("incidents"), &damaged).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!((ids(&store), store.damage().damaged_lines), (vec!["k0".to_owned(), "k2".to_owned()], 1));
    }
}

#[test]
fn anything_in_its_files_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let texts: [&[u8]; 6] =
        [b"\n\n\n", b"\0\0\0\0", b"deadbeef {}\n", b"00000000 \n", b"x\n", b"\xff\xfe\n\xff"];
    for text in texts {
        fs::write(folder.path().join("incidents"), text).unwrap();
        fs::write(folder.path().join("incidents.1"), text).unwrap();
        fs::write(folder.path().join("cursor"), text).unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!((store.cursor(), store.damage().damaged_cursors), (None, 1), "{text:?}");
        assert_eq!(store.append(&incident(1)).unwrap(), Appended::New);
        assert_eq!(ids(&store), ["k1"]);
    }
}

/// A line as a later version may write it: CRC-32 of the JSON behind it.
const OF_VERSION_2: &str = "ad45eba9 {\"version\":2,\"new\":true}\n";

#[test]
fn what_a_later_version_wrote_is_refused_and_left_as_it_is() {
    for name in ["incidents", "incidents.1", "cursor"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, OF_VERSION_2).unwrap();
        for refused in [Store::open(folder.path()), Store::open_to_read(folder.path())] {
            let refused = refused.unwrap_err();
            assert!(matches!(&refused, StoreError::Newer { found: 2, .. }), "{refused}");
            assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), OF_VERSION_2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}");
    }
}

#[test]
fn what_a_later_version_added_to_a_store_of_ours_is_refused_before_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = filled(folder.path(), 2);
    lines.extend_from_slice(OF_VERSION_2.as_bytes());
    lines.extend_from_slice(b"torn");
    fs::write(folder.path().join("incidents"), &lines).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Newer { .. })));
    assert_eq!(fs::read(folder.path().join("incidents")).unwrap(), lines);
}

#[test]
fn the_oldest_give_way_when_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open_bounded(folder.path(), 1_000).unwrap();
    for number in 0..100 {
        assert_eq!(store.append(&incident(number)).unwrap(), Appended::New);
    }
    let kept = ids(&store);
    assert!((4..=10).contains(&kept.len()), "{kept:?}");
    let expected: Vec<String> = (100 - kept.len()..100).map(|number| format!("k{number}")).collect();
    assert_eq!(kept, expected);
    let bytes: u64 = ["incidents", "incidents.1"]
        .iter()
        .map(|name| fs::metadata(folder.path().join(name)).unwrap().len())
        .sum();
    assert!(bytes <= 2_000, "{bytes}");
    let large = StoredIncident { document: json!("x".repeat(1_000)), ..incident(200) };
    assert!(matches!(store.append(&large), Err(StoreError::TooLarge { .. })));
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Store::open(folder.path()).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Locked { .. })));
    first.append(&incident(1)).unwrap();
    let mut reader = Store::open_to_read(folder.path()).unwrap();
    assert_eq!(ids(&reader), ["k1"]);
    let refused = reader.append(&incident(2)).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
    drop(first);
    assert_eq!(Store::open(folder.path()).unwrap().access(), &Access::ReadWrite);
}

#[test]
fn a_folder_that_is_not_there_reads_as_empty_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    let store = Store::open_to_read(&path).unwrap();
    assert_eq!((ids(&store).len(), store.cursor()), (0, None));
    assert!(!path.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_opened_to_read() {
    // Nobody makes folders in sysfs, root neither.
    let store = Store::open(Path::new("/sys/kernel/highwater")).unwrap();
    assert!(matches!(store.access(), Access::ReadOnly { .. }), "{:?}", store.access());
    assert_eq!(ids(&store).len(), 0);
}

#[test]
fn an_incident_kept_again_takes_the_place_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    store.append(&incident(1)).unwrap();
    store.append(&incident(2)).unwrap();
    let grown = StoredIncident { document: json!({"kills": 12}), ..incident(1) };
    store.append_again(&grown).unwrap();
    assert_eq!(store.append(&incident(1)).unwrap(), Appended::Known);
    drop(store);
    let kept = Store::open(folder.path()).unwrap().incidents().unwrap();
    assert_eq!(kept, [grown, incident(2)]);
}
