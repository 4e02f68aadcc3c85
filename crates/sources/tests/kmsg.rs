//! The kernel's log read from recorded copies: cursors, gaps, growth, and what is no log.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use model::kernel_log::{BootId, KmsgCursor};
use sources::host_root::HostRoot;
use sources::kmsg::record::{KernelRecord, Origin};
use sources::kmsg::{Kmsg, KmsgError, KmsgStart, KmsgStep};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

const BOOT: &str = "8c1db3fc-8c13-4881-b448-1fe6a51541dc\n";

fn machine(log: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("proc/sys/kernel/random")).unwrap();
    fs::create_dir_all(folder.path().join("dev")).unwrap();
    fs::write(folder.path().join("proc/sys/kernel/random/boot_id"), BOOT).unwrap();
    fs::write(folder.path().join("dev/kmsg"), log).unwrap();
    folder
}

fn open(folder: &Path, start: KmsgStart) -> Kmsg {
    Kmsg::open(&HostRoot::new(folder), start).unwrap()
}

/// Numbers of records, and losses as negative numbers, until quiet.
fn read(kmsg: &mut Kmsg) -> Vec<i64> {
    let mut steps = Vec::new();
    loop {
        match kmsg.step().unwrap() {
            KmsgStep::Record(record) => steps.push(i64::try_from(record.sequence).unwrap()),
            KmsgStep::Lost(records) => steps.push(-i64::try_from(records).unwrap()),
            KmsgStep::Quiet => return steps,
        }
    }
}

fn cursor(sequence: u64) -> KmsgCursor {
    KmsgCursor { boot_id: BootId::parse(BOOT).unwrap(), sequence }
}

fn append(folder: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(folder.join("dev/kmsg")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const LOG: &[u8] =
    b"6,0,100,-;first\n6,1,200,-;second\n SUBSYSTEM=memory\n DEVICE=+x\n12,2,300,-;systemd[1]: third\n";

#[test]
fn a_record_keeps_its_lines_together_and_says_who_wrote_it() {
    let folder = machine(LOG);
    let mut kmsg = open(folder.path(), KmsgStart::SinceBoot);
    let mut records: Vec<KernelRecord> = Vec::new();
    while let KmsgStep::Record(record) = kmsg.step().unwrap() {
        records.push(record);
    }
    let raw: Vec<&[u8]> = records.iter().map(|record| record.raw.as_slice()).collect();
    let expected: [&[u8]; 3] = [
        b"6,0,100,-;first\n",
        b"6,1,200,-;second\n SUBSYSTEM=memory\n DEVICE=+x\n",
        b"12,2,300,-;systemd[1]: third\n",
    ];
    assert_eq!(raw, expected);
    assert_eq!(records[1].text(), b"second");
    let origins: Vec<Origin> = records.iter().map(|record| record.origin).collect();
    assert_eq!(origins, [Origin::Kernel, Origin::Kernel, Origin::Program]);
}

#[test]
fn reading_goes_on_behind_the_cursor_of_the_same_boot() {
    let folder = machine(LOG);
    let mut first = open(folder.path(), KmsgStart::SinceBoot);
    assert_eq!(first.cursor(), None);
    assert_eq!(read(&mut first), [0, 1, 2]);
    assert_eq!(first.cursor(), Some(cursor(2)));
    let mut second = open(folder.path(), KmsgStart::After(cursor(1)));
    assert_eq!(second.cursor(), Some(cursor(1)), "nothing was read yet");
    assert_eq!(read(&mut second), [2]);
    let other_boot = KmsgCursor { boot_id: BootId(7), sequence: 1 };
    assert_eq!(read(&mut open(folder.path(), KmsgStart::After(other_boot))), [0, 1, 2]);
    let none = open(folder.path(), KmsgStart::After(cursor(2)));
    assert_eq!(none.cursor(), Some(cursor(2)));
}

#[test]
fn only_new_records_are_told_of_when_that_was_asked() {
    let folder = machine(LOG);
    let mut kmsg = open(folder.path(), KmsgStart::OnlyNew);
    assert_eq!(kmsg.cursor(), Some(cursor(2)));
    assert_eq!(read(&mut kmsg), [0_i64; 0]);
    append(folder.path(), "6,3,400,-;fourth\n6,4,500,-;fi");
    assert_eq!(read(&mut kmsg), [3], "a line that is not ended is not yet a record");
    append(folder.path(), "fth\n6,9,600,-;tenth\n");
    assert_eq!(read(&mut kmsg), [4, -4, 9]);
    assert_eq!(kmsg.cursor(), Some(cursor(9)));
}

#[test]
fn overwritten_records_are_counted_by_the_gap() {
    let folder = machine(b"6,100,1,-;a\n6,101,2,-;b\n6,104,3,-;c\n");
    assert_eq!(read(&mut open(folder.path(), KmsgStart::SinceBoot)), [-100, 100, 101, -2, 104]);
    assert_eq!(read(&mut open(folder.path(), KmsgStart::After(cursor(90)))), [-9, 100, 101, -2, 104]);
    assert_eq!(read(&mut open(folder.path(), KmsgStart::After(cursor(101)))), [-2, 104]);
}

#[test]
fn a_log_that_went_back_is_heard_again() {
    let folder = machine(LOG);
    let mut kmsg = open(folder.path(), KmsgStart::After(cursor(5_000)));
    assert_eq!(read(&mut kmsg), [0_i64; 0]);
    append(folder.path(), "6,3,400,-;new\n");
    assert_eq!(read(&mut kmsg), [3]);
}

#[test]
fn what_is_no_record_is_skipped_and_counted() {
    let mut log = b"garbage\n\xff\xfe;\n6,0,1,-;good\n\n".to_vec();
    log.extend(vec![b'x'; 300_000]);
    log.extend(b"\n6,1,2,-;also good\n");
    let folder = machine(&log);
    let mut kmsg = open(folder.path(), KmsgStart::SinceBoot);
    assert_eq!(read(&mut kmsg), [0, 1]);
    assert!(kmsg.damaged() >= 4, "{}", kmsg.damaged());
}

#[test]
fn without_a_log_the_error_says_what_is_missing() {
    let folder = machine(LOG);
    let path = folder.path().join("dev/kmsg");
    let refused = || Kmsg::open(&HostRoot::new(folder.path()), KmsgStart::SinceBoot).err().unwrap();
    fs::remove_file(&path).unwrap();
    let error = refused();
    assert!(matches!(error, KmsgError::Absent { .. }), "{error}");
    assert!(error.to_string().ends_with("dev/kmsg: not there; a container needs `--device /dev/kmsg`"));
    fs::create_dir(&path).unwrap();
    assert!(refused().to_string().ends_with("(character device 1:11), found a folder"));
    fs::remove_dir(&path).unwrap();
    // In LXC the log is often the console; the null device stands for it here.
    std::os::unix::fs::symlink("/dev/null", &path).unwrap();
    assert!(refused().to_string().ends_with("found character device 1:3"));
}

#[test]
fn without_a_boot_id_there_is_no_cursor_and_everything_is_read() {
    let folder = machine(LOG);
    fs::remove_file(folder.path().join("proc/sys/kernel/random/boot_id")).unwrap();
    let mut kmsg = open(folder.path(), KmsgStart::After(cursor(1)));
    assert_eq!(read(&mut kmsg), [0, 1, 2]);
    assert_eq!(kmsg.cursor(), None);
}
