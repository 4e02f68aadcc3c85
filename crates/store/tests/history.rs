//! The history over hours, restarts, crashes at every byte, damage, clocks that are set, full disks and a second process.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::kernel_log::BootId;
use model::recorded::{
    Moment, Peaked, RecordedSeries, RecordedStep, Step, StepLength, TimeSpan, WorkloadName,
};
use model::snapshot::Timestamp;
use model::swap_limit::SwapLimit;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::history::error::HistoryError;
use store::history::reader::HistoryReader;
use store::history::writer::{HistoryNews, HistorySettings, HistoryWriter};

const WALL: u64 = 1_700_000_000;
const ALWAYS: TimeSpan = TimeSpan { from_seconds: i64::MIN, to_seconds: i64::MAX };

fn moment(seconds: u64) -> Moment {
    boot_moment(1, WALL, seconds)
}

fn boot_moment(boot: u128, booted_at: u64, seconds: u64) -> Moment {
    Moment {
        boot_id: BootId(boot),
        since_boot: Duration::from_secs(seconds),
        wall: Timestamp((booted_at + seconds) * 1_000),
    }
}

/// A saw-tooth with a spike of one second every quarter of an hour, a kill at each, and swap that comes and goes.
fn step(seconds: u64) -> Step {
    let is_spike = seconds % 900 == 451;
    let usage = (1_000 + seconds % 300 * 3 + if is_spike { 50_000 } else { 0 }) * 4_096;
    Step {
        usage: Some(Peaked::at(Bytes(usage))),
        working_set: Some(Peaked::at(Bytes(usage - 40_960))),
        swap: (seconds % 50 < 25).then(|| Peaked::at(Bytes(seconds % 25 * 4_096))),
        memory_limit: Some(if seconds < 5_000 { Limit::At(Bytes(512 << 20)) } else { Limit::Unlimited }),
        swap_limit: Some(SwapLimit(Limit::At(Bytes::ZERO))),
        pressure_some: Some(Percent(u32::from(is_spike) * 1_234)),
        pressure_full: None,
        oom_kills: Some(u64::from(is_spike)),
        refaults: Some(seconds % 7),
    }
}

fn name(text: &str) -> WorkloadName {
    WorkloadName::new(text)
}

/// What a step of a length must be, from the seconds that were written.
fn expected(seconds: impl Iterator<Item = u64>, length: StepLength) -> Vec<RecordedStep> {
    let mut steps: Vec<RecordedStep> = Vec::new();
    for second in seconds {
        let begins = second / length.seconds() * length.seconds();
        let begins = i64::try_from(WALL + begins).unwrap();
        match steps.last_mut().filter(|last| last.seconds == begins) {
            Some(last) => last.step = last.step.then(step(second)),
            None => steps.push(RecordedStep { seconds: begins, step: step(second) }),
        }
    }
    steps
}

fn read(folder: &Path, workload: &str, length: StepLength) -> RecordedSeries {
    let recalled = HistoryReader::new(folder).read(&name(workload), ALWAYS, length).unwrap();
    assert_eq!(recalled.damaged, 0);
    recalled.found
}

/// Says where two series differ, not all that is in them.
#[track_caller]
fn assert_same(found: &[RecordedStep], expected: &[RecordedStep], of: impl std::fmt::Debug) {
    if found != expected {
        let at = found.iter().zip(expected).take_while(|(one, other)| one == other).count();
        let ends = (found.last().map(|step| step.seconds), expected.last().map(|step| step.seconds));
        panic!(
            "{of:?}: {} steps, expected {}, to {ends:?}; at {at} {:?}, expected {:?}",
            found.len(),
            expected.len(),
            found.get(at),
            expected.get(at)
        );
    }
}

/// Fewer writes to disk than in earnest, so that hours take seconds.
fn quick() -> HistorySettings {
    HistorySettings { flush: Duration::from_secs(60), ..HistorySettings::default() }
}

fn fill(writer: &mut HistoryWriter, workloads: &[WorkloadName], seconds: std::ops::Range<u64>) {
    for second in seconds {
        let steps = workloads.iter().map(|workload| (workload, step(second)));
        assert_eq!(writer.append(moment(second), steps), HistoryNews::None);
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|is| is == extension)).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn what_is_read_in_steps_of_every_length_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
    let workloads = [name("shop/web"), name("shop/데이터\n\"")];
    let seconds = 30_000;
    fill(&mut writer, &workloads, 17..seconds);
    // The last seconds are in memory alone.
    let on_disk = 17..=i64::try_from(WALL + seconds).unwrap();
    for workload in &workloads {
        for length in StepLength::ALL {
            let found = read(folder.path(), workload.as_str(), length);
            let last = found.steps.last().unwrap().seconds;
            assert!(on_disk.end() - last <= 60 + 60, "{last}");
            let expected = expected(17..seconds - 40, length);
            let first = found.steps.first().unwrap();
            let skip = expected.iter().position(|step| step.seconds == first.seconds).unwrap();
            let kept = found.steps.len().min(expected.len() - skip) - 1;
            assert_same(&found.steps[..kept], &expected[skip..skip + kept], length);
            // All in steps of a minute and of ten seconds, at least an hour in steps of a second.
            assert!(if length == StepLength::Second { kept > 3_600 } else { skip == 0 }, "{kept} {skip}");
        }
    }
    writer.close().unwrap();
    let minutes = read(folder.path(), "shop/web", StepLength::Minute);
    assert_same(&minutes.steps, &expected(17..seconds, StepLength::Minute), "minutes");
    assert_eq!(minutes.kills().count(), 33);
    assert_eq!(
        HistoryReader::new(folder.path()).workloads().unwrap().found,
        [workloads[0].clone(), workloads[1].clone()]
    );
}

#[test]
fn two_days_keep_an_hour_of_seconds_and_a_day_of_tens() {
    let folder = tempfile::tempdir().unwrap();
    let settings = HistorySettings { flush: Duration::from_secs(300), ..quick() };
    let mut writer = HistoryWriter::open(folder.path(), settings).unwrap();
    let day = 86_400;
    fill(&mut writer, &[name("web")], 0..2 * day + 7_200);
    writer.close().unwrap();
    for (length, at_least, at_most) in [
        (StepLength::Second, 3_600, 2 * 3_600 + 1_000),
        (StepLength::TenSeconds, day, day + 13 * 3_600),
        (StepLength::Minute, 2 * day + 7_200, 2 * day + 7_200),
    ] {
        let steps = read(folder.path(), "web", length).steps;
        let covered = steps.len() as u64 * length.seconds();
        assert!((at_least..=at_most).contains(&covered), "{length:?}: {covered}");
        let all = expected(0..2 * day + 7_200, length);
        assert_same(&steps, &all[all.len() - steps.len()..], length);
    }
}

#[test]
fn a_restarted_container_continues_and_what_was_not_seen_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
    fill(&mut writer, &[name("web")], 0..100);
    fill(&mut writer, &[], 100..200);
    fill(&mut writer, &[name("web")], 200..300);
    writer.close().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
    fill(&mut writer, &[name("web")], 400..500);
    writer.close().unwrap();
    let seconds = (0..100).chain(200..300).chain(400..500);
    for length in StepLength::ALL {
        assert_same(&read(folder.path(), "web", length).steps, &expected(seconds.clone(), length), length);
    }
}

#[test]
fn a_log_cut_at_every_byte_keeps_all_whole_writes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = HistorySettings { flush: Duration::from_secs(1), ..quick() };
    let mut writer = HistoryWriter::open(folder.path(), settings).unwrap();
    let mut ends = vec![];
    for second in 0..60 {
        fill(&mut writer, &[name("web")], second..second + 1);
        let log = files(folder.path(), "log").pop();
        ends.push(log.map_or(0, |log| fs::metadata(log).unwrap().len()));
    }
    drop(writer);
    let log = files(folder.path(), "log").pop().unwrap();
    let whole = fs::read(&log).unwrap();
    assert!(whole.len() > 1_000, "{}", whole.len());
    for cut in 0..whole.len() {
        fs::write(&log, &whole[..cut]).unwrap();
        let written = ends.iter().filter(|end| **end > 0 && **end <= cut as u64).count() as u64;
        let found = read(folder.path(), "web", StepLength::Second).steps;
        assert_same(&found, &expected(0..written, StepLength::Second), cut);
        if cut % 97 == 0 {
            // A writer goes on behind the cut, and what was whole stays.
            let other = tempfile::tempdir().unwrap();
            copy(folder.path(), &other.path().join("history"));
            let mut writer = HistoryWriter::open(&other.path().join("history"), quick()).unwrap();
            fill(&mut writer, &[name("web")], 100..170);
            writer.close().unwrap();
            let all = expected((0..written).chain(100..170), StepLength::Second);
            assert_same(&read(&other.path().join("history"), "web", StepLength::Second).steps, &all, cut);
        }
    }
}

#[test]
fn a_segment_with_a_flipped_byte_or_cut_anywhere_loses_one_workload_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
    let workloads: Vec<WorkloadName> = (0..4).map(|number| name(&format!("shop/web-{number}"))).collect();
    fill(&mut writer, &workloads, 0..500);
    drop(writer);
    let segment = files(folder.path(), "segment").pop().unwrap();
    files(folder.path(), "log").iter().for_each(|log| fs::remove_file(log).unwrap());
    let whole = fs::read(&segment).unwrap();
    let reader = HistoryReader::new(folder.path());
    let all = reader.read_all(ALWAYS, StepLength::Second).unwrap().found;
    assert_eq!(all.len(), 4);
    assert_same(&all[0].steps, &expected(0..305, StepLength::Second), "segment");
    let mut lost_some = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&segment, &bytes).unwrap();
        let found = reader.read_all(ALWAYS, StepLength::Second).unwrap();
        assert!(found.found.len() >= 3, "byte {at}: {}", found.found.len());
        assert!(found.found.iter().all(|series| all.contains(series)), "byte {at}");
        assert!(found.found.len() == 4 || found.damaged > 0, "byte {at} is told");
        lost_some += usize::from(found.found.len() == 3);
    }
    assert!(lost_some > 100, "{lost_some}");
    let mut before = 0;
    for cut in 0..whole.len() {
        fs::write(&segment, &whole[..cut]).unwrap();
        let found = reader.read_all(ALWAYS, StepLength::Second).unwrap();
        assert!(found.found.iter().all(|series| all.contains(series)), "cut at {cut}");
        assert!(found.found.len() >= before, "cut at {cut}");
        before = found.found.len();
    }
    assert_eq!(before, 4);
}

#[test]
fn a_segment_that_was_not_finished_is_made_again() {
    let workloads: Vec<WorkloadName> = (0..100).map(|number| name(&format!("web-{number}"))).collect();
    let mut opened = 0;
    // However far it came: every second between sealing and the renamed segment.
    for stop in 300..310 {
        let other = tempfile::tempdir().unwrap();
        let settings = HistorySettings { flush: Duration::from_secs(1), ..quick() };
        let mut writer = HistoryWriter::open(other.path(), settings).unwrap();
        fill(&mut writer, &workloads, 0..stop);
        drop(writer);
        opened += files(other.path(), "new").len();
        let mut writer = HistoryWriter::open(other.path(), settings).unwrap();
        assert_eq!(files(other.path(), "new").len(), 0);
        fill(&mut writer, &workloads, stop..320);
        writer.close().unwrap();
        let found = read(other.path(), "web-7", StepLength::Second).steps;
        // The last second before the end may have been in memory.
        let seconds = |kept| expected((0..kept).chain(stop..320), StepLength::Second);
        let kept = if found.len() == 320 { stop } else { stop - 1 };
        assert_same(&found, &seconds(kept), stop);
    }
    assert!(opened > 0, "no stop came while a segment was made");
}

#[test]
fn clocks_that_are_set_neither_double_nor_reverse_anything() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
    let web = name("web");
    // Booted in 1970, then the clock is set; a year forth, and back; an hour back.
    let year = 31_536_000;
    for (booted_at, seconds) in [
        (0, 0..500),
        (WALL, 500..1_000),
        (WALL + year, 1_000..4_000),
        (WALL, 4_000..9_000),
        (WALL - 3_600, 9_000..9_100),
    ] {
        for second in seconds {
            writer.append(boot_moment(1, booted_at, second), [(&web, step(second))]);
        }
    }
    // Time since boot cannot go back; if it seems to, it stands still.
    writer.append(boot_moment(1, WALL - 3_600, 50), [(&web, step(9_100))]);
    writer.close().unwrap();
    for length in StepLength::ALL {
        let steps = read(folder.path(), "web", length).steps;
        assert!(
            steps.is_sorted_by(|one, next| one.seconds + length.seconds().cast_signed() <= next.seconds),
            "{length:?}"
        );
        let last = i64::try_from(WALL - 3_600 + 9_099 / length.seconds() * length.seconds()).unwrap();
        assert_eq!(steps.last().unwrap().seconds, last, "{length:?}");
        assert!(steps.len() as u64 >= 3_600 / length.seconds());
    }
    let minutes = read(folder.path(), "web", StepLength::Minute).steps;
    assert_eq!(minutes.len() as u64, 9_100_u64.div_ceil(60));
}

#[test]
fn boots_follow_one_another_even_when_a_clock_ran_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let web = name("web");
    for (boot, booted_at) in [(1, WALL), (2, WALL + 50_000_000), (3, WALL + 10_000)] {
        let mut writer = HistoryWriter::open(folder.path(), quick()).unwrap();
        for second in 10..700 {
            writer.append(boot_moment(boot, booted_at, second), [(&web, step(second))]);
        }
        writer.close().unwrap();
    }
    let steps = read(folder.path(), "web", StepLength::Second).steps;
    assert_eq!(steps.len(), 3 * 690);
    assert!(steps.is_sorted_by(|one, next| one.seconds < next.seconds));
    assert_eq!(steps[0].seconds, i64::try_from(WALL + 10).unwrap(), "the first boot's clock was right");
    assert_eq!(steps.last().unwrap().seconds, i64::try_from(WALL + 10_000 + 699).unwrap());
}

#[test]
fn the_oldest_goes_first_when_there_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let settings = HistorySettings { bytes_max: 160 * 1024, ..quick() };
    let mut writer = HistoryWriter::open(folder.path(), settings).unwrap();
    let workloads: Vec<WorkloadName> = (0..40).map(|number| name(&format!("web-{number}"))).collect();
    let mut most = 0;
    for hour in 0..8 {
        for part in 0..12 {
            let from = hour * 3_600 + part * 300;
            fill(&mut writer, &workloads, from..from + 300);
            let bytes: u64 = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().metadata().unwrap().len())
                .sum();
            most = most.max(bytes);
        }
    }
    assert!(most <= 160 * 1024, "{most}");
    let last = read(folder.path(), "web-39", StepLength::Second).steps.last().unwrap().seconds;
    assert!(last > i64::try_from(WALL).unwrap() + 8 * 3_600 - 100);
    let first = read(folder.path(), "web-0", StepLength::Minute).steps.first().unwrap().seconds;
    assert!(first > i64::try_from(WALL).unwrap() + 3_600, "the first hours gave way: {first}");
}

#[test]
fn logs_do_not_come_faster_than_they_are_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HistoryWriter::open(folder.path(), HistorySettings::default()).unwrap();
    let workloads: Vec<WorkloadName> = (0..4_000).map(|number| name(&format!("busy-{number}"))).collect();
    let mut noise = 88_172_645_463_325_252_u64;
    for second in 0..150 {
        noise = noise.rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let wild =
            |shift: u32| Some(Peaked { last: Bytes(noise >> shift), peak: Bytes((noise >> shift) + 1) });
        let step = Step { usage: wild(3), working_set: wild(7), swap: wild(9), ..Step::default() };
        let steps = workloads.iter().map(|workload| (workload, step));
        assert_eq!(writer.append(moment(second), steps), HistoryNews::None);
        let logs = files(folder.path(), "log").len();
        assert!(logs <= 2, "{logs} logs at second {second}");
    }
    let sealed = files(folder.path(), "segment").len();
    assert!(sealed >= 2, "{sealed} segments");
}

#[test]
fn more_workloads_than_there_is_room_for_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let settings = HistorySettings { workloads_max: 10, ..quick() };
    let mut writer = HistoryWriter::open(folder.path(), settings).unwrap();
    let workloads: Vec<WorkloadName> = (0..15).map(|number| name(&format!("web-{number}"))).collect();
    fill(&mut writer, &workloads, 0..200);
    assert_eq!(writer.left_out(), 5);
    // When the first have gone, others find room.
    fill(&mut writer, &workloads[10..], 200..400);
    assert_eq!(writer.left_out(), 0);
    writer.close().unwrap();
    assert_eq!(HistoryReader::new(folder.path()).workloads().unwrap().found.len(), 15);
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = HistoryWriter::open(folder.path(), quick()).unwrap();
    assert!(matches!(HistoryWriter::open(folder.path(), quick()), Err(HistoryError::Locked { .. })));
    let mut seen = 0;
    for part in 0..40 {
        fill(&mut first, &[name("web")], part * 100..part * 100 + 100);
        let now = read(folder.path(), "web", StepLength::Second).steps.len();
        assert!(now >= seen);
        seen = now;
    }
    assert!(seen > 3_500, "{seen}");
    drop(first);
    HistoryWriter::open(folder.path(), quick()).unwrap();
}

#[test]
fn a_later_history_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1m-0000000001-0000000001.segment");
    let mut header = b"hwhist\xf8\n\x07\0\0\0".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    header.extend_from_slice(&crc.sum().to_le_bytes());
    header.extend_from_slice(b"who knows");
    fs::write(&path, &header).unwrap();
    fs::write(folder.path().join("half.new"), "left by it").unwrap();
    let refused = HistoryWriter::open(folder.path(), quick()).unwrap_err();
    assert!(
        refused.to_string().ends_with(
            "expected a history of version 1 or older, found version 7: a later Highwater wrote it"
        )
    );
    let read = HistoryReader::new(folder.path()).workloads().unwrap_err();
    assert!(matches!(read, HistoryError::Newer { found: 7, .. }));
    assert_eq!(fs::read(&path).unwrap(), header);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_folder_that_is_not_there_reads_as_empty_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    assert_eq!(HistoryReader::new(&path).workloads().unwrap().found, []);
    assert_eq!(read(&path, "web", StepLength::Second).steps.len(), 0);
    assert!(!path.exists());
    let nowhere = HistoryWriter::open(Path::new("/sys/kernel/highwater"), quick()).unwrap_err();
    assert!(matches!(nowhere, HistoryError::Failed { .. }), "{nowhere}");
}
