//! A day of alerts through the agent's own loop: what fires, what holds, what is over, and what must stay silent.

use super::{BEGIN, DAY, HEAD, MIB, agent_of, cpu_time, in_memory, series};
use crate::agent::settings::Settings;
use crate::agent::{Agent, Event, report};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::recorded::{Peaked, RecordedSeries, RecordedStep, Step, StepLength, WorkloadName};
use model::swap_limit::SwapLimit;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use store::alert_book::{self, Remembered};
use testkit::scripted_receiver::{Answer, ScriptedReceiver};

const HOUR: i64 = 3_600;

fn used(mib: u64, limit_mib: u64) -> Step {
    let usage = Some(Peaked::at(Bytes(mib * MIB)));
    Step {
        usage,
        working_set: usage,
        memory_limit: Some(Limit::At(Bytes(limit_mib * MIB))),
        oom_kills: Some(0),
        pressure_some: Some(Percent(0)),
        pressure_full: Some(Percent(0)),
        ..Step::default()
    }
}

/// Grows all day, far from its limit.
fn leak(at: i64) -> Step {
    let at = u64::try_from(at).unwrap();
    used(100 + at / 200 + at % 7, 8_192)
}

/// A file cache that fills its limit within an hour: nothing is wrong with that.
fn plateau(at: i64) -> Step {
    let filled = 950.min(u64::try_from(at).unwrap() / 4);
    Step { working_set: Some(Peaked::at(Bytes(200 * MIB))), ..used(filled, 1_000) }
}

/// Grows to where it belongs after each of its restarts.
fn restarted(at: i64) -> Step {
    used(50 + 150.min(u64::try_from(at % (6 * HOUR)).unwrap() / 30), 400)
}

/// Fills its limit once, is killed, and comes back.
fn killed(at: i64) -> Step {
    let kill = 5 * HOUR + 250;
    let grown = u64::try_from((at - 5 * HOUR).clamp(0, 250)).unwrap();
    let usage = if at >= kill { 50 } else { 50 + grown };
    Step { oom_kills: Some(u64::from(at == kill)), ..used(usage, 300) }
}

/// Waits for five minutes, and for ten seconds an hour later.
fn waiting(at: i64) -> Step {
    let waits = (8 * HOUR..8 * HOUR + 300).contains(&at) || (9 * HOUR..9 * HOUR + 10).contains(&at);
    Step { pressure_full: Some(Percent(if waits { 3_000 } else { 0 })), ..used(100, 400) }
}

/// Swaps for half an hour.
fn swapping(at: i64) -> Step {
    let swap = if (10 * HOUR..10 * HOUR + 1_800).contains(&at) { 85 } else { 10 };
    let limit = SwapLimit(Limit::At(Bytes(100 * MIB)));
    Step { swap: Some(Peaked::at(Bytes(swap * MIB))), swap_limit: Some(limit), ..used(200, 400) }
}

fn settings(folder: &Path, spec: &str) -> Settings {
    let file = folder.join("agent.yaml");
    let log = folder.join("told").display().to_string();
    fs::write(&file, format!("{HEAD}spec:\n  sinks:\n    - name: file\n      log: {{path: {log}}}\n{spec}"))
        .unwrap();
    Settings::of(Some(file), None).unwrap()
}

/// What the log's courier wrote, a line a message, with the time of the record.
fn told(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("told")).unwrap_or_default();
    // The last line may still be on its way.
    let whole = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    whole.fold(String::new(), |mut told, mut line| {
        let document = line["notice"].take();
        let seconds = document["at_unix_milliseconds"].as_i64().unwrap() / 1_000 - BEGIN;
        let clock = format!("{:02}:{:02}:{:02}", seconds / HOUR, seconds / 60 % 60, seconds % 60);
        let alert = &document["alert"];
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let why = document["resolved_because"].as_str().map_or_else(String::new, |why| format!(" ({why})"));
        let change = word(&document["change"]);
        let (rule, severity, title) = (word(&alert["rule"]), word(&alert["severity"]), word(&alert["title"]));
        writeln!(told, "{clock} {change}{why} {rule} {severity}: {title}").unwrap();
        told
    })
}

/// Goes on for so many looks, as the loop does.
fn go_on(agent: &mut Agent, looks: usize) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..looks {
        assert!(matches!(agent.eyes.next(&agent.inbox).unwrap(), Event::Seen));
        let incidents = agent.eyes.incidents();
        let news = agent.mouth.news(&incidents);
        agent.memory.remember(agent.eyes.snapshot(), agent.eyes.boot_id());
        let changes = agent.alerts.judge(&mut agent.eyes, &agent.memory, &news);
        agent.alerts.tell(&changes, &agent.eyes, &agent.memory);
        words.extend(agent.alerts.words());
    }
    words
}

/// The courier's thread has its own pace.
fn told_when(folder: &Path, is_there: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let told = told(folder);
        if is_there(&told) || begun.elapsed() > Duration::from_secs(30) {
            return told;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_day_of_alerts_in_less_than_a_minute() {
    let folder = in_memory();
    let state = folder.path().join("state");
    let day = 0..DAY + 4 * HOUR;
    let all: Vec<RecordedSeries> = vec![
        tens("shop/leak", day.clone(), leak),
        tens("shop/plateau", day.clone(), plateau),
        restarts(tens("shop/restarted", day.clone(), restarted)),
        restarts(tens("shop/killed", day.clone(), killed)),
        tens("shop/waiting", day.clone(), waiting),
        tens("shop/swapping", day, swapping),
    ];
    let agent = agent_of(all, &state, settings(folder.path(), ""));
    let begun = cpu_time();
    agent.run().unwrap();
    let took = cpu_time().saturating_sub(begun);
    assert!(took < Duration::from_secs(60), "{took:?}");
    insta::assert_snapshot!(told_when(folder.path(), |told| told.contains("leak")));
    // What `alerts ls` reads: the leak stands.
    let Remembered::Book(book) = alert_book::load(&state).unwrap() else { panic!("no book") };
    let standing: Vec<String> = book.alerts.keys().map(ToString::to_string).collect();
    assert_eq!(standing, ["leak/shop/leak"]);
}

/// As a day is kept: in steps of ten seconds.
fn tens(name: &str, times: std::ops::Range<i64>, step: fn(i64) -> Step) -> RecordedSeries {
    let steps = times.step_by(10).map(|at| RecordedStep { seconds: BEGIN + at, step: step(at) });
    RecordedSeries {
        workload: WorkloadName::new(name),
        step_length: StepLength::TenSeconds,
        steps: steps.collect(),
    }
}

/// Half a minute is missing at each restart.
fn restarts(mut series: RecordedSeries) -> RecordedSeries {
    let is_away = |seconds: i64| {
        let at = seconds - BEGIN;
        (at > 0 && at % (6 * HOUR) < 30) || (5 * HOUR + 252..5 * HOUR + 280).contains(&at)
    };
    series.steps.retain(|step| !is_away(step.seconds));
    series
}

#[test]
fn what_was_told_before_a_crash_is_not_told_again_and_has_one_end() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let record = || vec![series("shop/waiting", 8 * HOUR - 100..8 * HOUR + 600, waiting)];
    let mut first = agent_of(record(), &state, settings(folder.path(), ""));
    go_on(&mut first, 200);
    let before = told_when(folder.path(), |told| told.contains("pressure"));
    assert_eq!(before.lines().count(), 1, "{before}");
    // That it arrived is noted; before that it would be told once more.
    let begun = Instant::now();
    while metric(&first, r#"highwater_alert_receiver_waiting{receiver="file"}"#) != Some(0)
        && begun.elapsed() < Duration::from_secs(30)
    {
        first.alerts.tell(&[], &first.eyes, &first.memory);
    }
    // As `kill -9` does: nothing is flushed.
    drop(first);
    let mut second = agent_of(record(), &state, settings(folder.path(), ""));
    (0..205).for_each(|_| drop(second.eyes.next(&second.inbox).unwrap()));
    second.run().unwrap();
    let told = told_when(folder.path(), |told| told.contains("resolved"));
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.lines().nth(1).unwrap().contains("resolved (cleared) pressure critical"), "{told}");
}

#[test]
fn a_state_that_cannot_be_written_is_said_once_and_alerts_go_out() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let record = vec![series("shop/waiting", 8 * HOUR - 10..8 * HOUR + 400, waiting)];
    let mut agent = agent_of(record, &state, settings(folder.path(), ""));
    fs::remove_dir_all(&state).unwrap();
    let words = go_on(&mut agent, 390);
    let complaints = words.iter().filter(|line| line.starts_with("what is told cannot be kept"));
    assert_eq!(complaints.count(), 1, "{words:?}");
    let told = told_when(folder.path(), |told| told.contains("resolved"));
    assert_eq!(told.lines().count(), 2, "{told}");
    // The disk is there again.
    fs::create_dir(&state).unwrap();
    assert!(go_on(&mut agent, 15).contains(&"what is told is kept again".to_owned()));
}

#[test]
fn a_reload_takes_rules_receivers_and_silences_and_a_bad_one_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let record = vec![series("shop/waiting", 8 * HOUR - 10..8 * HOUR + 400, waiting)];
    let file = folder.path().join("agent.yaml");
    let mut agent = agent_of(record, &state, settings(folder.path(), ""));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}  alerts: {{rules: {{pressure: {{enabled: false}}}}, sink: []}}\n"))
        .unwrap();
    agent.reload().unwrap();
    assert!(agent.settings.refused.clone().unwrap().contains("sink"));
    go_on(&mut agent, 60);
    assert!(told_when(folder.path(), |told| told.contains("pressure")).contains("fired pressure"));
    let second = folder.path().join("second");
    let text = text.replace("told}", "second}").replace("name: file", "name: other");
    fs::write(&file, format!("{text}  alerts: {{rules: {{pressure: {{enabled: false}}}}}}\n")).unwrap();
    agent.reload().unwrap();
    assert_eq!(agent.settings.refused, None);
    go_on(&mut agent, 1);
    let begun = Instant::now();
    while fs::read_to_string(&second).unwrap_or_default().is_empty()
        && begun.elapsed() < Duration::from_secs(30)
    {
        std::thread::yield_now();
    }
    let ended: Value = serde_json::from_str(&fs::read_to_string(&second).unwrap()).unwrap();
    assert_eq!(ended["notice"]["resolved_because"], "rule_off");
    assert_eq!(told(folder.path()).lines().count(), 1);
}

#[test]
fn a_command_is_started_for_the_container_and_not_again_while_it_cools_down() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let out = folder.path().join("dumps");
    let waits = |at: i64| waiting(8 * HOUR + at % 600);
    let record = vec![series("shop/waiting", 0..1_300, waits)];
    let spec = format!(
        "  commands:\n    - name: dump\n      rules: [pressure]\n      names: ['shop/*']\n      program: /bin/sh\n      args: ['-c', 'echo $HIGHWATER_RULE $HIGHWATER_CONTAINER $HIGHWATER_CGROUP >> {}; echo fine >&2']\n",
        out.display()
    );
    let mut agent = agent_of(record, &state, settings(folder.path(), &spec));
    let mut words = go_on(&mut agent, 1_300);
    let begun = Instant::now();
    while !words.iter().any(|line| line.contains("ended")) && begun.elapsed() < Duration::from_secs(30) {
        agent.alerts.tell(&[], &agent.eyes, &agent.memory);
        words.extend(agent.alerts.words());
    }
    assert_eq!(fs::read_to_string(&out).unwrap(), "pressure shop/waiting /shop/waiting\n");
    let of_command: Vec<&String> = words.iter().filter(|line| line.starts_with("command")).collect();
    let is_cooling = of_command.iter().filter(|line| line.contains("it was lately; again in")).count();
    assert!(of_command.iter().any(|line| line.contains("exit status: 0: fine")), "{of_command:?}");
    assert_eq!(is_cooling, 2, "{of_command:?}");
}

/// What the metrics say of one series, as a whole number.
fn metric(agent: &Agent, series: &str) -> Option<u64> {
    let text = report::prometheus_text(agent);
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn metrics_tell_what_fires_and_which_receiver_is_not_reached() {
    const FIRING: &str = r#"highwater_alerts{rule="pressure",severity="critical",state="firing"}"#;
    const SILENCED: &str = r#"highwater_alerts{rule="pressure",severity="critical",state="silenced"}"#;
    const WAITING: &str = r#"highwater_alert_receiver_waiting{receiver="hook"}"#;
    const FAILURES: &str = r#"highwater_alert_receiver_failures_total{receiver="hook"}"#;
    const DELIVERIES: &str = r#"highwater_alert_receiver_deliveries_total{receiver="hook"}"#;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let names = ["shop/waiting", "shop/other", "shop/quiet"];
    let record = names.map(|name| series(name, 8 * HOUR - 10..8 * HOUR + 500, waiting)).into();
    let server = ScriptedReceiver::start(&[Answer::Status(500)]).unwrap();
    let spec = format!(
        "    - name: hook\n      webhook: {{url: '{}'}}\n  silences:\n    - {{names: ['shop/quiet'], reason: known}}\n",
        server.url("/")
    );
    let mut agent = agent_of(record, &state, settings(folder.path(), &spec));
    let said = |agent: &Agent| [FIRING, SILENCED, WAITING, FAILURES].map(|series| metric(agent, series));
    go_on(&mut agent, 1);
    assert_eq!(said(&agent), [Some(0); 4]);
    go_on(&mut agent, 200);
    let begun = Instant::now();
    while metric(&agent, FAILURES) == Some(0) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::yield_now();
    }
    // The pause after the first failure is half a second at least, and nobody collects meanwhile.
    assert_eq!(said(&agent), [Some(2), Some(1), Some(2), Some(1)]);
    while metric(&agent, WAITING) != Some(0) && begun.elapsed() < Duration::from_secs(30) {
        agent.alerts.tell(&[], &agent.eyes, &agent.memory);
    }
    assert_eq!(said(&agent), [Some(2), Some(1), Some(0), Some(1)]);
    assert_eq!(metric(&agent, DELIVERIES), Some(2));
    go_on(&mut agent, 290);
    assert_eq!(said(&agent)[..2], [Some(0), Some(0)]);
    assert_eq!(metric(&agent, FAILURES), Some(1));
}
