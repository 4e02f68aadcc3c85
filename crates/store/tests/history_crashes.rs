//! The history of a process that is killed again and again, and of one that may write no further.
//!
//! Each test starts itself once more as the process that is killed or limited.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use model::kernel_log::BootId;
use model::recorded::{Moment, Peaked, RecordedStep, Step, StepLength, TimeSpan, WorkloadName};
use model::snapshot::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use store::history::reader::HistoryReader;
use store::history::writer::{HistoryNews, HistorySettings, HistoryWriter};

const FOLDER: &str = "HIGHWATER_TEST_HISTORY";
const FROM: &str = "HIGHWATER_TEST_FROM";
const ROUNDS: u32 = 50;
const FLUSH_SECONDS: u64 = 2;

fn moment(seconds: u64) -> Moment {
    Moment {
        boot_id: BootId(7),
        since_boot: Duration::from_secs(seconds),
        wall: Timestamp(1_700_000_000_000 + seconds * 1_000),
    }
}

fn step(seconds: u64) -> Step {
    let usage = (seconds.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) * 4_096;
    let kills = u64::from(seconds.is_multiple_of(61));
    Step { usage: Some(Peaked::at(Bytes(usage))), oom_kills: Some(kills), ..Step::default() }
}

fn workloads() -> Vec<WorkloadName> {
    (0..20).map(|number| WorkloadName::new(format!("shop/web-{number}"))).collect()
}

fn settings() -> HistorySettings {
    HistorySettings { flush: Duration::from_secs(FLUSH_SECONDS), ..HistorySettings::default() }
}

fn append(writer: &mut HistoryWriter, workloads: &[WorkloadName], second: u64) -> HistoryNews {
    writer.append(moment(second), workloads.iter().map(|workload| (workload, step(second))))
}

/// This test once more, with a folder.
fn itself(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command
}

fn folder_of_child() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// The steps that a length must have, of these ranges of seconds.
fn expected(written: &[Range<u64>], length: StepLength) -> Vec<RecordedStep> {
    let mut steps: Vec<RecordedStep> = Vec::new();
    for second in written.iter().cloned().flatten() {
        let begins = 1_700_000_000 + i64::try_from(second / length.seconds() * length.seconds()).unwrap();
        match steps.last_mut().filter(|last| last.seconds == begins) {
            Some(last) => last.step = last.step.then(step(second)),
            None => steps.push(RecordedStep { seconds: begins, step: step(second) }),
        }
    }
    steps
}

fn read(folder: &Path, workload: &WorkloadName, length: StepLength) -> Vec<RecordedStep> {
    let always = TimeSpan { from_seconds: 0, to_seconds: i64::MAX };
    HistoryReader::new(folder).read(workload, always, length).unwrap().found.steps
}

#[test]
fn fifty_kills_lose_the_last_seconds_and_nothing_else() {
    if let Some(folder) = folder_of_child() {
        return write_until_killed(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut written: Vec<Range<u64>> = Vec::new();
    let mut from = 100;
    let mut jitter: u64 = 88_172_645_463_325_252;
    for round in 0..ROUNDS {
        let mut command = itself("fifty_kills_lose_the_last_seconds_and_nothing_else", folder.path());
        let mut child = command.env(FROM, from.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        jitter ^= jitter << 13;
        jitter ^= jitter >> 7;
        jitter ^= jitter << 17;
        // So many seconds of its clock, and then at any moment of the work that follows.
        let seconds = 60 + jitter % 400;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = |line: String| line.strip_prefix("second ").and_then(|second| second.parse::<u64>().ok());
        let mut last = lines
            .by_ref()
            .find_map(|line| told(line.unwrap()).filter(|second| *second >= from + seconds))
            .unwrap();
        last = lines
            .by_ref()
            .take(usize::try_from(jitter % 40).unwrap())
            .filter_map(|line| told(line.unwrap()))
            .last()
            .unwrap_or(last);
        child.kill().unwrap();
        child.wait().unwrap();
        last = lines.filter_map(|line| told(line.ok()?)).last().unwrap_or(last).max(last);
        let end = verify(folder.path(), &written, from, last, round);
        written.push(from..end);
        from = last + 100;
    }
    let kept = written.iter().map(|range| range.end - range.start).sum::<u64>();
    assert!(kept > 7_200, "{kept} seconds are enough for segments of every kind but the longest");
}

/// What was told is there up to the last seconds, in steps of every length; gives where this round's seconds end.
fn verify(folder: &Path, before: &[Range<u64>], from: u64, last: u64, round: u32) -> u64 {
    for workload in [&workloads()[0], &workloads()[19]] {
        let seconds = read(folder, workload, StepLength::Second);
        let end = u64::try_from(seconds.last().unwrap().seconds - 1_700_000_000).unwrap() + 1;
        assert!(end + FLUSH_SECONDS > last, "round {round}: told {last}, kept to {end}");
        let written: Vec<Range<u64>> = before.iter().cloned().chain(std::iter::once(from..end)).collect();
        for length in StepLength::ALL {
            let found = read(folder, workload, length);
            let all = expected(&written, length);
            let kept = &all[all.len() - found.len().min(all.len())..];
            let differs = found.iter().zip(kept).find(|(found, kept)| found != kept);
            assert!(differs.is_none() && found.len() == kept.len(), "round {round}, {length:?}: {differs:?}");
            assert!(length == StepLength::Second || found.len() == all.len(), "round {round}, {length:?}");
        }
    }
    let seconds = read(folder, &workloads()[0], StepLength::Second);
    u64::try_from(seconds.last().unwrap().seconds - 1_700_000_000).unwrap() + 1
}

fn write_until_killed(folder: &Path) {
    let from: u64 = env::var(FROM).unwrap().parse().unwrap();
    let mut writer = HistoryWriter::open(folder, settings()).unwrap();
    let workloads = workloads();
    let mut out = std::io::stdout();
    // The harness has printed the test's name without an end of line.
    writeln!(out).unwrap();
    for second in from.. {
        assert_eq!(append(&mut writer, &workloads, second), HistoryNews::None);
        writeln!(out, "second {second}").unwrap();
    }
}

#[test]
fn a_disk_that_is_full_is_told_once_and_what_was_whole_stays() {
    if let Some(folder) = folder_of_child() {
        return write_beyond_the_limit(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let child = itself("a_disk_that_is_full_is_told_once_and_what_was_whole_stays", folder.path());
    // Without the signal, a write beyond the limit takes a part and then fails, as on a disk that is full.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(child.get_program()).args(child.get_args());
    let done = limited.env(FOLDER, folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let steps = read(folder.path(), &workloads()[3], StepLength::Second);
    assert!(steps.len() > 300, "{}", steps.len());
}

fn write_beyond_the_limit(folder: &Path) {
    let whole = getrlimit(Resource::Fsize);
    let workloads = workloads();
    let mut writer = HistoryWriter::open(folder, settings()).unwrap();
    setrlimit(Resource::Fsize, Rlimit { current: Some(10_000), maximum: whole.maximum }).unwrap();
    let mut news: Vec<(u64, HistoryNews)> = Vec::new();
    for second in 0..300 {
        if second == 200 {
            setrlimit(Resource::Fsize, whole).unwrap();
        }
        match append(&mut writer, &workloads, second) {
            HistoryNews::None => {}
            said => news.push((second, said)),
        }
    }
    writer.close().unwrap();
    let [(stopped, HistoryNews::Stopped { why }), (resumed, HistoryNews::Resumed { lost_seconds })] =
        &news[..]
    else {
        panic!("{news:?}");
    };
    assert!((10..190).contains(stopped) && (200..210).contains(resumed), "{news:?}");
    assert!(why.contains("1s-0000000001.log"), "{why}");
    // A minute is kept in memory; what is older is lost, and nothing that was written.
    let found = read(folder, &workloads[3], StepLength::Second);
    let missing = 300 - found.len() as u64;
    assert!(
        missing.abs_diff(*lost_seconds) <= 2 && *lost_seconds > 10,
        "{missing} missing, {lost_seconds} told"
    );
    let all = expected(std::slice::from_ref(&(0..300)), StepLength::Second);
    assert!(found.iter().all(|step| all.contains(step)));
    // After it, all goes on.
    let mut writer = HistoryWriter::open(folder, settings()).unwrap();
    for second in 300..420 {
        assert_eq!(append(&mut writer, &workloads, second), HistoryNews::None);
    }
    writer.close().unwrap();
}
