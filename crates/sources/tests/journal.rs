//! The journal's files against `journalctl -k` on the same files, and against damage of every kind.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use model::snapshot::Timestamp;
use sources::host_root::HostRoot;
use sources::journal::file::{JournalFile, JournalFileError};
use sources::journal::{Journal, JournalLosses, JournalRecord, JournalStart};
use std::fs;
use std::path::{Path, PathBuf};

/// Debian 13's journal: 32-bit offsets, keyed hashes, Zstandard. It holds a kill in a memory cgroup.
const NEW: &str = "compact-zstd";
/// As systemd wrote it before 246: 64-bit offsets, Jenkins' hash, LZ4.
const OLD: &str = "regular-jenkins-lz4";

fn fixture(name: &str) -> PathBuf {
    testkit::recorded_machine::recorded_machine("journal").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(&format!("{name}.journal"))).unwrap()
}

fn in_words(record: &JournalRecord) -> String {
    let message = String::from_utf8_lossy(&record.message);
    format!("{} {} {} {message}", record.boot_id, record.received_at.0, record.since_boot.as_micros())
}

fn read(path: &Path) -> (Vec<String>, JournalLosses) {
    let mut file = JournalFile::open(path, JournalStart::Oldest).unwrap();
    let messages = file.by_ref().map(|record| in_words(&record)).collect();
    (messages, file.losses())
}

fn expected(name: &str) -> Vec<String> {
    let text = fs::read_to_string(fixture(&format!("{name}.messages"))).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A machine with this id, and journals below `/var/log/journal`.
fn machine(id: &str, files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/machine-id"), format!("{id}\n")).unwrap();
    for (name, text) in files {
        let path = folder.path().join("var/log/journal").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const OWN: &str = "6e6367574e10491e979f4cfa904dcaaf";
const OTHER: &str = "00000000000000000000000000000001";

#[test]
fn both_layouts_both_hashes_and_long_messages_are_read_as_journalctl_reads_them() {
    for name in [NEW, OLD] {
        let (messages, losses) = read(&fixture(&format!("{name}.journal")));
        assert_eq!(messages, expected(name));
        assert_eq!(losses, JournalLosses::default());
        let longest = messages.iter().map(String::len).max().unwrap();
        assert!(longest > 800, "one message is long enough to be compressed: {longest}");
    }
}

#[test]
fn the_machines_files_are_read_oldest_first_and_nobody_elses() {
    let (new, old) = (bytes(NEW), bytes(OLD));
    let folder = machine(
        OWN,
        &[
            (&format!("{OWN}/system.journal"), &old),
            (&format!("{OWN}/system@0006-1.journal~"), &new),
            (&format!("{OWN}/user-1000.journal"), &new),
            (&format!("{OWN}/system@empty.journal"), b""),
            (&format!("{OTHER}/system.journal"), &new),
        ],
    );
    let root = HostRoot::new(folder.path());
    let mut journal = Journal::open(&root, JournalStart::Oldest);
    let messages: Vec<String> = journal.by_ref().map(|record| in_words(&record)).collect();
    assert_eq!(messages, [expected(NEW), expected(OLD)].concat());
    assert_eq!((journal.missing().len(), journal.losses()), (0, JournalLosses::default()));

    let last = expected(OLD).last().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let since: Vec<JournalRecord> = Journal::open(&root, JournalStart::At(Timestamp(last))).collect();
    assert!(!since.is_empty() && since.iter().all(|record| record.received_at.0 >= last));
    assert_eq!(Journal::open(&root, JournalStart::At(Timestamp(last + 1))).count(), 0);
}

#[test]
fn a_machine_without_a_folder_of_its_own_shows_all_there_are() {
    let folder =
        machine(OWN, &[(&format!("{OTHER}/system.journal"), &bytes(OLD)), ("remote/system.journal", b"x")]);
    let mut journal = Journal::open(&HostRoot::new(folder.path()), JournalStart::Oldest);
    assert_eq!(journal.by_ref().count(), expected(OLD).len());
    assert_eq!(journal.missing(), []);
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&HostRoot::new(folder.path()), JournalStart::Oldest);
    assert_eq!(journal.missing()[0].why, "no journal below /var/log/journal or /run/log/journal");

    let mut unknown = bytes(NEW);
    unknown[15] = 0x80;
    let folder = machine(
        OWN,
        &[
            (&format!("{OWN}/system.journal"), b"no journal at all"),
            (&format!("{OWN}/system@1.journal"), &unknown),
            (&format!("{OWN}/system@2.journal"), &bytes(OLD)),
        ],
    );
    let mut journal = Journal::open(&HostRoot::new(folder.path()), JournalStart::Oldest);
    assert_eq!(journal.by_ref().count(), expected(OLD).len());
    let why: Vec<bool> = journal
        .missing()
        .iter()
        .map(|missing| missing.why.contains("LPKSHHRH") || missing.why.contains("flags 0x80000000"))
        .collect();
    assert_eq!(why, [true, true]);
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let error = JournalFile::open(&empty, JournalStart::Oldest).err().unwrap();
    assert!(matches!(error, JournalFileError::Empty { .. }));
}

#[test]
fn a_message_in_a_compression_that_is_not_understood_is_counted() {
    let mut text = bytes(NEW);
    // The only compressed object: its flags stand before six zeros and its length.
    let frame = text.windows(4).position(|window| window == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
    text[frame - 72 + 1] = 1;
    let folder = machine(OWN, &[(&format!("{OWN}/system.journal"), &text)]);
    let mut journal = Journal::open(&HostRoot::new(folder.path()), JournalStart::Oldest);
    assert_eq!(journal.by_ref().count(), expected(NEW).len() - 1);
    assert_eq!(journal.losses(), JournalLosses { damaged: 0, compressed: 1 });
}

#[test]
fn a_file_cut_anywhere_gives_what_is_left_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("system.journal");
    for name in [NEW, OLD] {
        let (whole, all) = (bytes(name), expected(name));
        for length in (1..whole.len()).step_by(397) {
            fs::write(&path, &whole[..length]).unwrap();
            let Ok(mut file) = JournalFile::open(&path, JournalStart::Oldest) else {
                assert!(length < 208, "{name} {length}");
                continue;
            };
            let messages: Vec<String> = file.by_ref().map(|record| in_words(&record)).collect();
            assert!(messages.iter().all(|message| all.contains(message)), "{name} {length}");
            let is_told = messages.len() == all.len() || file.losses().damaged > 0;
            assert!(is_told, "{name} {length}: {} of {}", messages.len(), all.len());
        }
    }
}

#[test]
fn changed_bytes_never_stop_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("system.journal");
    for name in [NEW, OLD] {
        let whole = bytes(name);
        let all = expected(name).len();
        // Behind the tables, which are mostly empty.
        for at in (0..272).step_by(3).chain((38_000..whole.len()).step_by(167)) {
            for change in [0xff, 0x01, 0x80] {
                let mut damaged = whole.clone();
                damaged[at] ^= change;
                fs::write(&path, &damaged).unwrap();
                if let Ok(file) = JournalFile::open(&path, JournalStart::Oldest) {
                    assert!(file.count() <= all, "{name} {at}");
                }
            }
        }
    }
}

#[test]
fn an_entry_that_is_listed_many_times_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("system.journal");
    for (name, item_bytes) in [(NEW, 4), (OLD, 8)] {
        let mut text = bytes(name);
        let mut at = number_at(&text, 88);
        while at + 24 < text.len() {
            let end = (at + number_at(&text, at + 8)).min(text.len());
            if text[at] == 6 && end > at + 24 + item_bytes {
                let first = text[at + 24..at + 24 + item_bytes].to_vec();
                text[at + 24..end].chunks_exact_mut(item_bytes).for_each(|item| item.copy_from_slice(&first));
            }
            at = end.next_multiple_of(8).max(at + 24);
        }
        fs::write(&path, &text).unwrap();
        let (messages, losses) = read(&path);
        assert!(!messages.is_empty() && messages.len() < expected(name).len(), "{name}: {}", messages.len());
        assert!(messages.iter().all(|message| expected(name).contains(message)), "{name}");
        assert_eq!(
            messages.iter().collect::<std::collections::BTreeSet<_>>().len(),
            messages.len(),
            "{name}"
        );
        assert!(losses.damaged > 0, "{name}");
    }
}

fn number_at(text: &[u8], at: usize) -> usize {
    usize::try_from(u64::from_le_bytes(text[at..at + 8].try_into().unwrap())).unwrap()
}

#[test]
fn a_table_of_values_that_is_gone_is_done_without() {
    let mut text = bytes(NEW);
    let table = usize::try_from(u64::from_le_bytes(text[104..112].try_into().unwrap())).unwrap();
    text[table..table + 32_752].fill(0xee);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("system.journal");
    fs::write(&path, &text).unwrap();
    let (messages, losses) = read(&path);
    assert_eq!((messages, losses.damaged), (expected(NEW), 1));
}
