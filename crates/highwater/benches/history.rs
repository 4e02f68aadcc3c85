//! What a history costs: bytes on disk for each value, a second of 1,000 workloads, a day of one drawn. Prints ratios.
//!
//! The series are the committed traces of pods: as they are, in steps of a minute, and in steps of a second with what lies
//! between two minutes drawn as a line and moved by some pages. `RECORDED` may name a file of lines
//! `seconds,name,usage,working set,refaults` that were recorded each second.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::history::Series;
use model::kernel_log::BootId;
use model::recorded::{Moment, Peaked, Step, StepLength, TimeSpan, WorkloadName};
use model::snapshot::Timestamp;
use model::swap_limit::SwapLimit;
use sources::csv_history::{self, CsvOptions, SameName};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use store::history::reader::HistoryReader;
use store::history::writer::{HistoryNews, HistorySettings, HistoryWriter};
use view::graph::{Glyphs, Size};

const BOOTED_AT: u64 = 1_700_000_000;
const WORKLOADS: usize = 1_000;
const DAY: u64 = 86_400;
const READS: usize = 30;
const ALWAYS: TimeSpan = TimeSpan { from_seconds: 0, to_seconds: i64::MAX };

/// The argument that measures a thousand workloads alone.
const THOUSAND: &str = "--thousand";

/// A pod's memory in KiB, minute by minute; none where it was not alive.
type Trace = Vec<Option<u64>>;

fn main() {
    let traces = traces();
    if std::env::args().any(|argument| argument == THOUSAND) {
        return thousand(&traces);
    }
    // In a process of its own: what was freed before would hide what it takes.
    let alone = Command::new(std::env::current_exe().unwrap()).arg(THOUSAND).status().unwrap();
    assert!(alone.success());
    minutes_on_disk(&traces);
    if let Ok(recorded) = std::env::var("RECORDED") {
        recorded_on_disk(Path::new(&recorded));
    }
    day(&traces);
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("highwater-bench-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn traces() -> Vec<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    files.sort();
    let unit = "MiB".parse().unwrap();
    let options = CsvOptions { unit, interval_seconds: Some(60), same_name: SameName::Apart };
    let read = csv_history::read(&files, &options).unwrap();
    let trace = |series: &Series| {
        let samples = series.samples();
        let minutes = usize::try_from(series.span_seconds() / 60).unwrap() + 1;
        let mut trace = vec![None; minutes];
        for sample in samples {
            let minute = usize::try_from((sample.seconds - samples[0].seconds) / 60).unwrap();
            trace[minute] = Some(sample.usage.0 / 1_024);
        }
        trace
    };
    read.histories.workloads.iter().map(|workload| trace(&workload.series)).collect()
}

fn moment(seconds: u64) -> Moment {
    Moment {
        boot_id: BootId(1),
        since_boot: Duration::from_secs(seconds),
        wall: Timestamp((BOOTED_AT + seconds) * 1_000),
    }
}

fn names(count: usize) -> Vec<WorkloadName> {
    (0..count).map(|number| WorkloadName::new(format!("shop/service-{number}/app"))).collect()
}

/// Every figure of a step, as on cgroup v2 with swap.
fn step(usage: u64, second: u64) -> Step {
    let amount = |bytes: u64| Some(Peaked::at(Bytes(bytes / 4_096 * 4_096)));
    let is_tight = (usage / 4_096).is_multiple_of(97);
    Step {
        usage: amount(usage),
        working_set: amount(usage - usage / 16 - second / 30 % 8 * 4_096),
        swap: amount(usage / 64 / 65_536 * 65_536),
        memory_limit: Some(Limit::At(Bytes(1 << 30))),
        swap_limit: Some(SwapLimit(Limit::At(Bytes(1 << 29)))),
        pressure_some: Some(Percent(if is_tight { (second % 300) as u32 } else { 0 })),
        pressure_full: Some(Percent(0)),
        oom_kills: Some(0),
        refaults: Some(if is_tight { second % 11 } else { 0 }),
    }
}

/// The memory at a second: on the line between two minutes, moved by up to sixteen pages, in one second of four.
fn usage_at(trace: &Trace, second: u64, noise: &mut u64) -> Option<u64> {
    let minute = usize::try_from(second / 60).unwrap() % (trace.len() - 1);
    let (from, to) = (trace[minute]? * 1_024, trace[minute + 1]? * 1_024);
    *noise ^= *noise << 13;
    *noise ^= *noise >> 7;
    *noise ^= *noise << 17;
    let moved = if noise.is_multiple_of(4) { (*noise >> 20) % 16 * 4_096 } else { 0 };
    let into = second % 60 / 4 * 4;
    Some((from * (60 - into) + to * into) / 60 + moved + (1 << 20))
}

fn bytes_in(folder: &Path, prefix: &str) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
    files.map(|file| file.metadata().unwrap().len()).sum()
}

/// Every value that is kept in steps of a length.
fn values(folder: &Path, length: StepLength) -> u64 {
    let all = HistoryReader::new(folder).read_all(ALWAYS, length).unwrap().found;
    all.iter().flat_map(|series| &series.steps).map(|at| at.step.figures() as u64).sum()
}

fn ratio(what: &str, bytes: u64, values: u64) {
    let each = bytes as f64 / values as f64;
    println!(
        "bytes on disk for each value, {what}: {each:.2} B against 2 B promised: ratio {:.2}",
        each / 2.0
    );
}

/// One figure of all traces: as it was recorded, a value a minute. Whatever is on disk counts.
fn minutes_on_disk(traces: &[Trace]) {
    let folder = scratch("minutes");
    let settings = HistorySettings { flush: Duration::from_secs(600), ..HistorySettings::default() };
    let mut writer = HistoryWriter::open(&folder, settings).unwrap();
    let names = names(traces.len());
    let minutes = traces.iter().map(Vec::len).max().unwrap() as u64;
    for minute in 0..minutes {
        let steps = traces.iter().zip(&names).filter_map(|(trace, name)| {
            let usage = (*trace.get(minute as usize)?)? * 1_024;
            Some((name, Step { usage: Some(Peaked::at(Bytes(usage))), ..Step::default() }))
        });
        // Segments are made in turns of the loop, which comes every second.
        writer.append(moment(minute * 60), steps);
        for second in 1..60 {
            assert_eq!(writer.append(moment(minute * 60 + second), []), HistoryNews::None);
        }
    }
    writer.close().unwrap();
    ratio("pods recorded once a minute", bytes_in(&folder, "1m-"), in_segments(&folder, StepLength::Minute));
    fs::remove_dir_all(&folder).unwrap();
}

/// The values in the segments of a length, which are what `bytes_in` weighs.
fn in_segments(folder: &Path, length: StepLength) -> u64 {
    let (prefix, only) = match length {
        StepLength::Second => ("1s-", scratch("only-1s")),
        StepLength::TenSeconds => ("10s-", scratch("only-10s")),
        StepLength::Minute => ("1m-", scratch("only-1m")),
    };
    fs::create_dir(&only).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs::copy(entry.path(), only.join(entry.file_name())).unwrap();
        }
    }
    let values = values(&only, length);
    fs::remove_dir_all(&only).unwrap();
    values
}

fn recorded_on_disk(file: &Path) {
    let folder = scratch("recorded");
    let mut writer = HistoryWriter::open(&folder, HistorySettings::default()).unwrap();
    let mut seconds: BTreeMap<u64, Vec<(WorkloadName, Step)>> = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let [second, name, usage, set, _] = fields[..] else { continue };
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        let usage = Some(Peaked::at(Bytes(number(usage))));
        let step = Step { usage, working_set: Some(Peaked::at(Bytes(number(set)))), ..Step::default() };
        seconds.entry(number(second)).or_default().push((WorkloadName::new(name), step));
    }
    for (second, steps) in &seconds {
        writer.append(moment(*second), steps.iter().map(|(name, step)| (name, *step)));
    }
    drop(writer);
    let what = "two figures recorded each second on this machine, the log included";
    ratio(what, bytes_in(&folder, "1s-"), in_segments(&folder, StepLength::Second));
    fs::remove_dir_all(&folder).unwrap();
}

/// Hours of 1,000 workloads, as fast as it goes.
fn thousand(traces: &[Trace]) {
    let folder = scratch("thousand");
    // The peak of the process so far is forgotten (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status_kib("VmRSS:");
    let mut writer = HistoryWriter::open(&folder, HistorySettings::default()).unwrap();
    let names = names(WORKLOADS);
    let mut noise = 88_172_645_463_325_252;
    let mut times: Vec<Duration> = Vec::new();
    for second in 0..2 * 3_600 + 700 {
        let steps = names.iter().enumerate().filter_map(|(number, name)| {
            let trace = &traces[number % traces.len()];
            Some((name, step(usage_at(trace, second + number as u64 * 77, &mut noise)?, second)))
        });
        let steps: Vec<(&WorkloadName, Step)> = steps.collect();
        let start = cpu();
        writer.append(moment(second), steps);
        times.push(cpu().saturating_sub(start));
    }
    let resident = status_kib("VmHWM:").saturating_sub(before);
    drop(writer);
    let all: Duration = times.iter().sum();
    println!(
        "a second of {WORKLOADS} workloads: {:.2} ms CPU on average, {:.1} ms at most; {:.1} MiB resident at most",
        all.as_secs_f64() * 1e3 / times.len() as f64,
        times.iter().max().unwrap().as_secs_f64() * 1e3,
        resident as f64 / 1_024.0
    );
    for (length, prefix) in [(StepLength::Second, "1s-"), (StepLength::TenSeconds, "10s-")] {
        let what = format!("{WORKLOADS} workloads of nine figures in steps of {} s", length.seconds());
        ratio(&what, bytes_in(&folder, prefix), in_segments(&folder, length));
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// A day of a hundred workloads; one of them is read and drawn.
fn day(traces: &[Trace]) {
    let state = scratch("day");
    let folder = state.join("history");
    let settings = HistorySettings { flush: Duration::from_secs(60), ..HistorySettings::default() };
    let mut writer = HistoryWriter::open(&folder, settings).unwrap();
    let names = names(100);
    let mut noise = 88_172_645_463_325_252;
    for second in 0..DAY + 1_000 {
        let steps = names
            .iter()
            .zip(traces)
            .filter_map(|(name, trace)| Some((name, step(usage_at(trace, second, &mut noise)?, second))));
        writer.append(moment(second), steps.collect::<Vec<_>>());
    }
    writer.close().unwrap();
    let reader = HistoryReader::new(&folder);
    let end = (BOOTED_AT + DAY).cast_signed();
    let within = TimeSpan { from_seconds: end - DAY.cast_signed(), to_seconds: end };
    let read = || reader.read(&names[7], within, StepLength::TenSeconds).unwrap().found;
    let series = read();
    assert!(series.steps.len() > 7_000, "{}", series.steps.len());
    let size = Size { width: 100, height: 12 };
    let both = least(|| assert!(view::graph::graph(&read(), within, size, Glyphs::Blocks).len() > 12));
    println!("a day of one workload of a hundred: {} steps read and drawn in {both:?}", series.steps.len());
    let csv = state.join("day.csv");
    fs::write(&csv, view::history::csv(&series)).unwrap();
    if let Ok(highwater) = std::env::var("HIGHWATER") {
        let mut ours = Command::new(highwater);
        ours.args(["history", names[7].as_str(), "--since", "1d", "--step", "10s", "--state"]).arg(&state);
        let mut theirs = Command::new("cat");
        theirs.arg(&csv);
        let [ours, theirs] = [ours, theirs].map(|mut command| {
            least(|| assert!(!command.output().unwrap().stdout.is_empty())).as_secs_f64() * 1e3
        });
        let ratio = ours / theirs;
        println!(
            "`highwater history NAME --since 1d`, a hundred workloads kept, against `cat` of the same figures as CSV: {ours:.1} ms against {theirs:.1} ms: ratio {ratio:.1}"
        );
    }
    fs::remove_dir_all(&state).unwrap();
}

fn least(mut run: impl FnMut()) -> Duration {
    (0..READS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
}

fn status_kib(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
