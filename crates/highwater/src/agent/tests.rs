//! Whole days through the agent's own loop, with the clock of a record.

mod alerting;
mod full_disk;

use super::Agent;
use super::alerts::Alerts;
use super::alerts::errand::Haste;
use super::doors::Doors;
use super::eyes::Eyes;
use super::inbox::Inbox;
use super::memory::Memory;
use super::mouth::Mouth;
use super::report::{self, Costs};
use super::settings::Settings;
use crate::cli::oom::watch::teller::Teller;
use crate::cli::output::Format;
use judge::look_rate::LookRate;
use kernel::bytes::Bytes;
use kernel::cgroup_v2::MemoryEvents;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::alert::Moment;
use model::cgroup::CgroupId;
use model::kernel_log::BootId;
use model::reading::Reading;
use model::recorded::{Peaked, RecordedSeries, RecordedStep, Step, StepLength, TimeSpan, WorkloadName};
use model::snapshot::Timestamp;
use sinks::sd_notify::SdNotify;
use sources::recorded::RecordedMachine;
use std::fs;
use std::path::Path;
use std::time::Duration;
use store::history::reader::HistoryReader;
use store::history::writer::HistoryNews;
use testkit::imagined::{Imagined, mib};

/// Before the record begins.
const BEFORE: Moment = Moment { wall: Timestamp(0), uptime: Duration::ZERO, boot: None };

const DAY: i64 = 86_400;
const BEGIN: i64 = 1_790_000_000;
const MIB: u64 = 1 << 20;
const HEAD: &str = "apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\n";

/// What this thread has worked: on a machine with other work, time goes by without it.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// A saw-tooth that is killed whenever it meets its limit of 300 MiB.
fn saw_tooth(at: i64) -> Step {
    let second = u64::try_from(at % 600).unwrap();
    let usage = Bytes(second * MIB / 2);
    Step {
        usage: Some(Peaked::at(usage)),
        working_set: Some(Peaked::at(usage)),
        memory_limit: Some(Limit::At(Bytes(300 * MIB))),
        oom_kills: Some(u64::from(second == 0 && at > 0)),
        ..Step::default()
    }
}

/// A spike of one second every hour: an average would not show it.
fn spikes(at: i64) -> Step {
    let usage = Bytes(if at % 3_600 == 1_800 { 900 * MIB } else { 50 * MIB });
    Step { usage: Some(Peaked::at(usage)), oom_kills: Some(0), ..Step::default() }
}

fn series(name: &str, times: std::ops::Range<i64>, step: fn(i64) -> Step) -> RecordedSeries {
    let steps = times.map(|at| RecordedStep { seconds: BEGIN + at, step: step(at) });
    RecordedSeries {
        workload: WorkloadName::new(name),
        step_length: StepLength::Second,
        steps: steps.collect(),
    }
}

/// A folder in memory where there is one: a day's 8,640 waits for a disk that others use too say nothing of the loop.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// An agent over a record.
fn agent(series: Vec<RecordedSeries>, state: &Path) -> Agent {
    agent_of(series, state, Settings::default())
}

/// The same, with settings.
fn agent_of(series: Vec<RecordedSeries>, state: &Path, settings: Settings) -> Agent {
    let (inbox, _bell) = Inbox::new().unwrap();
    Agent {
        eyes: Eyes::recorded(RecordedMachine::new(series), BootId(7)),
        memory: Memory::open(state, &settings.wanted).unwrap(),
        alerts: Alerts::open(state, &settings.wanted, Haste::AtOnce, &BEFORE).unwrap(),
        mouth: Mouth::new(Teller::new(Format::Text, None, None), SdNotify::default()),
        doors: Doors::closed(inbox.post()),
        rate: LookRate::new(settings.wanted.interval),
        costs: Costs::new(),
        inbox,
        settings,
    }
}

fn read(state: &Path, name: &str, length: StepLength) -> RecordedSeries {
    let reader = HistoryReader::new(&state.join("history"));
    let within = reader.extent().unwrap().span.unwrap();
    let recalled = reader.read(&WorkloadName::new(name), within, length).unwrap();
    assert_eq!(recalled.damaged, 0);
    recalled.found
}

#[test]
fn a_day_goes_through_the_loop_in_under_a_minute_and_keeps_peaks_and_kills() {
    let state = in_memory();
    let begin = cpu_time();
    let mut all: Vec<RecordedSeries> =
        (0..2).map(|number| series(&format!("shop/web-{number}"), 0..DAY, saw_tooth)).collect();
    all.push(series("shop/spikes", 0..DAY, spikes));
    // A job that runs in the second half of each hour is not there in the first.
    let mut job = series("batch/job", 0..DAY, spikes);
    job.steps.retain(|at| (at.seconds - BEGIN) % 3_600 >= 1_800);
    all.push(job);
    agent(all, state.path()).run().unwrap();
    let took = cpu_time().saturating_sub(begin);
    assert!(took < Duration::from_secs(60), "{took:?}");
    let web = read(state.path(), "shop/web-1", StepLength::Minute);
    assert_eq!(web.steps.len(), 1_440);
    assert_eq!(web.kills().map(|(_, kills)| kills).sum::<u64>(), 143);
    assert_eq!(web.peak().unwrap().1, Bytes(599 * MIB / 2));
    assert!(web.steps.iter().all(|at| at.step.memory_limit == Some(Limit::At(Bytes(300 * MIB)))));
    let spikes = read(state.path(), "shop/spikes", StepLength::Minute);
    let high = spikes.steps.iter().filter(|at| at.step.usage.unwrap().peak == Bytes(900 * MIB));
    assert_eq!(high.count(), 24);
    assert_eq!(read(state.path(), "batch/job", StepLength::Minute).steps.len(), 720);
}

#[test]
fn an_agent_that_was_killed_goes_on_where_it_was() {
    let state = tempfile::tempdir().unwrap();
    let mut first = agent(vec![series("shop/web", 0..1_000, saw_tooth)], state.path());
    for _ in 0..1_000 {
        first.eyes.next(&first.inbox).unwrap();
        first.memory.remember(first.eyes.snapshot(), first.eyes.boot_id());
    }
    // As `kill -9` does: nothing is flushed.
    drop(first);
    // The record's clock is since its own begin, as a machine's is since its boot.
    let mut second = agent(vec![series("shop/web", 0..2_000, saw_tooth)], state.path());
    for _ in 0..1_005 {
        second.eyes.next(&second.inbox).unwrap();
    }
    second.run().unwrap();
    let web = read(state.path(), "shop/web", StepLength::Second);
    let missing = 2_000 - web.steps.len();
    assert!((5..=15).contains(&missing), "{missing} seconds are missing");
    assert_eq!(web.steps.last().unwrap().seconds, BEGIN + 1_999);
}

#[test]
fn a_clock_that_is_set_back_and_forth_loses_nothing() {
    let state = tempfile::tempdir().unwrap();
    let mut agent = agent(vec![series("shop/web", 0..600, saw_tooth)], state.path());
    for second in 0..600_u64 {
        agent.eyes.next(&agent.inbox).unwrap();
        let mut snapshot = agent.eyes.snapshot().clone();
        let shift = if (200..400).contains(&second) { 7_200_000 } else { 0 };
        snapshot.taken_at = Timestamp(snapshot.taken_at.0 - shift);
        agent.memory.remember(&snapshot, BootId(7));
    }
    assert_eq!(agent.memory.close(), None);
    let reader = HistoryReader::new(&state.path().join("history"));
    let ever = TimeSpan { from_seconds: BEGIN - DAY, to_seconds: BEGIN + DAY };
    let web = reader.read(&WorkloadName::new("shop/web"), ever, StepLength::Second).unwrap().found;
    assert_eq!(web.steps.len(), 600);
    assert!(web.steps.is_sorted_by(|one, next| one.seconds < next.seconds));
}

#[test]
fn a_container_of_two_seconds_that_was_killed_is_in_the_history() {
    let state = tempfile::tempdir().unwrap();
    let mut memory = Memory::open(state.path(), &Settings::default().wanted).unwrap();
    let id = "c0ffee".repeat(10) + "c0ff";
    // The log is written between its life and its name.
    for second in 0..20_u64 {
        let mut machine = Imagined::new(CgroupVersion::V2);
        machine.snapshot.uptime = Duration::from_secs(1_000 + second);
        machine.snapshot.taken_at = Timestamp((u64::try_from(BEGIN).unwrap() + second) * 1_000);
        if (9..11).contains(&second) {
            machine.cgroup(&format!("/docker/{id}"), |cgroup| {
                cgroup.id = CgroupId(9);
                (cgroup.memory.usage, cgroup.memory.peak) = (mib(1), mib(40));
                let events = MemoryEvents { oom_kill: Some(1), ..MemoryEvents::default() };
                cgroup.events.hierarchical = Reading::Value(events);
            });
        }
        assert_eq!(memory.remember(&machine.snapshot, BootId(7)), HistoryNews::None);
    }
    assert_eq!(memory.close(), None);
    let job = read(state.path(), &id[..12], StepLength::Second);
    let seconds: Vec<i64> = job.steps.iter().map(|at| at.seconds).collect();
    assert_eq!(seconds, [BEGIN + 9, BEGIN + 10]);
    assert_eq!(job.peak().unwrap().1, Bytes(40 * MIB));
    assert_eq!(job.kills().map(|(_, kills)| kills).sum::<u64>(), 1);
}

#[test]
fn a_second_agent_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let first = Memory::open(state.path(), &settings.wanted).unwrap();
    assert!(Memory::open(state.path(), &settings.wanted).is_err());
    drop(first);
    assert!(Memory::open(state.path(), &settings.wanted).is_ok());
}

#[test]
fn a_bad_configuration_is_told_and_the_old_one_holds_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.yaml");
    fs::write(&file, format!("{HEAD}spec:\n  interval: 5s\n")).unwrap();
    let mut agent = agent(Vec::new(), &folder.path().join("state"));
    agent.settings = Settings::of(Some(file.clone()), None).unwrap();
    fs::write(&file, format!("{HEAD}spec:\n  interval: 5s\n  histroy: 1Gi\n")).unwrap();
    agent.reload().unwrap();
    assert_eq!(agent.settings.wanted.interval, Duration::from_secs(5));
    let refused = agent.settings.refused.clone().unwrap();
    assert!(refused.contains("agent.yaml:5:") && refused.contains("histroy"), "{refused}");
    let status = api::agent::read(&report::status_document(&agent)).unwrap();
    assert_eq!(status.config_refused, Some(refused));
    fs::write(&file, format!("{HEAD}spec:\n  interval: 9s\n")).unwrap();
    agent.reload().unwrap();
    assert_eq!((agent.rate.interval(), &agent.settings.refused), (Duration::from_secs(9), &None));
    // A port that all the world could ask is not opened without a token.
    fs::write(&file, format!("{HEAD}spec:\n  metrics: {{listen: '0.0.0.0:0'}}\n")).unwrap();
    agent.reload().unwrap();
    assert!(agent.settings.refused.as_ref().unwrap().contains("bearerTokenFile"));
    assert_eq!(agent.doors.url(), None);
    // Nor with one that everybody on the way could read, nor with half of what TLS needs.
    let token = folder.path().join("token");
    fs::write(&token, "secret").unwrap();
    let with_token =
        format!("{HEAD}spec:\n  metrics:\n    listen: 0.0.0.0:0\n    bearerTokenFile: {}\n", token.display());
    for (more, expected) in [
        (String::new(), "certificateFile and keyFile"),
        (format!("    certificateFile: {}\n", token.display()), "keyFile"),
        (format!("    keyFile: {}\n", token.display()), "certificateFile"),
        (format!("    certificateFile: {0}\n    keyFile: {0}\n", token.display()), "expected one in PEM"),
    ] {
        fs::write(&file, format!("{with_token}{more}")).unwrap();
        agent.reload().unwrap();
        let refused = agent.settings.refused.clone().unwrap();
        assert!(refused.contains(expected), "{more}: {refused}");
        assert_eq!(agent.doors.url(), None);
    }
}

#[test]
fn a_configuration_that_comes_after_the_agent_is_taken_when_it_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.yaml");
    let mut agent = agent(Vec::new(), &folder.path().join("state"));
    agent.settings = Settings::of_usual(&file, None).unwrap();
    assert_eq!(agent.settings.file, None);
    fs::write(&file, format!("{HEAD}spec:\n  interval: 7s\n")).unwrap();
    agent.reload().unwrap();
    assert_eq!((agent.rate.interval(), &agent.settings.file), (Duration::from_secs(7), &Some(file)));
}

#[test]
fn the_policy_that_a_configuration_names_is_read_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, policy) = (folder.path().join("agent.yaml"), folder.path().join("policy.yaml"));
    fs::write(&file, format!("{HEAD}spec:\n  policyFile: {}\n", policy.display())).unwrap();
    let refused = Settings::of(Some(file.clone()), None).unwrap_err();
    assert!(format!("{refused:#}").contains("policyFile: /"), "{refused:#}");
    let text = "apiVersion: highwater.dev/v1alpha1\nkind: MemoryPolicy\nmetadata:\n  name: ours\nspec: {}\n";
    fs::write(&policy, text.replace("spec", "specs")).unwrap();
    let refused = Settings::of(Some(file.clone()), None).unwrap_err();
    assert!(format!("{refused:#}").contains("policy.yaml:5:"), "{refused:#}");
    fs::write(&policy, text).unwrap();
    assert_eq!(Settings::of(Some(file), None).unwrap().wanted.policy.name, "ours");
}

#[test]
fn the_example_of_a_configuration_is_taken() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/agent.yaml");
    let settings = Settings::of(Some(file), None).unwrap().wanted;
    assert_eq!((settings.sinks.len(), settings.silences.len(), settings.commands.len()), (3, 1, 1));
    // What it writes out of the rules is what holds without it.
    assert_eq!(settings.rules, Settings::default().wanted.rules);
}

#[test]
fn metrics_tell_what_the_record_holds_in_both_formats() {
    let state = tempfile::tempdir().unwrap();
    let name = "shop/\"we\nb\"\\";
    let mut agent = agent(vec![series(name, 0..100, saw_tooth)], state.path());
    for _ in 0..100 {
        agent.eyes.next(&agent.inbox).unwrap();
        agent.memory.remember(agent.eyes.snapshot(), agent.eyes.boot_id());
    }
    let open = report::open_metrics(&agent);
    let plain = report::prometheus_text(&agent);
    let labels = r#"name="shop/\"we\nb\"\\""#;
    let usage = plain.lines().find(|line| line.starts_with("container_memory_usage_bytes{")).unwrap();
    assert!(usage.contains(labels) && usage.ends_with(&format!(" {}", 99 * MIB / 2)), "{usage}");
    assert!(plain.contains("container_spec_memory_limit_bytes{"), "{plain}");
    // Swap is not limited in the record: no series, not a zero.
    assert!(!plain.contains("container_spec_memory_swap_limit_bytes{"), "{plain}");
    assert!(open.ends_with("# EOF\n") && !plain.contains("# EOF"));
    assert!(plain.contains("\nhighwater_metrics_containers_dropped 0\n"), "{plain}");
}

#[test]
fn more_containers_than_metrics_may_have_series_are_counted() {
    let state = tempfile::tempdir().unwrap();
    let all = (0..30).map(|number| series(&format!("web-{number}"), 0..3, spikes)).collect();
    let mut agent = agent(all, state.path());
    agent.settings.wanted.metrics_series_max = 1_000;
    agent.eyes.next(&agent.inbox).unwrap();
    let text = report::prometheus_text(&agent);
    let given = text.lines().filter(|line| line.starts_with("container_memory_usage_bytes{")).count();
    assert!((5..30).contains(&given), "{given}");
    assert!(text.contains(&format!("\nhighwater_metrics_containers_dropped {}\n", 30 - given)), "{text}");
    let series = text.lines().filter(|line| line.contains("id=")).count();
    assert!(series <= 1_000, "{series}");
}
