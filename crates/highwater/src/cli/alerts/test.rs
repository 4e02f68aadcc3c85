//! `highwater alerts test`: a message to each receiver, and what it answered.

use super::telling::Telling;
use super::{Places, compose};
use crate::cli::Global;
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use api::agent_config::length;
use clap::Args;
use model::finding::Severity;
use model::notice::{Notice, NoticeKind};
use model::sink::SinkSettings;
use model::snapshot::Timestamp;
use serde_json::{Value, json};
use sinks::courier::{Fate, Pace};
use sources::host_root::HostRoot;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};
use store::alert_book::{self, Remembered};
use store::store::{Access, Store};
use view::text::{Line, Tone};

/// Between two looks at what arrived.
const LOOK: Duration = Duration::from_millis(50);

/// Flags of `alerts test`.
#[derive(Args)]
pub struct TestArgs {
    #[command(flatten)]
    places: Places,
    /// Only this receiver
    sink: Option<String>,
    /// Send as the agent does: kept in the state folder until it arrives, with attempts for this long. Also sends what waits there.
    /// Not while an agent uses the folder
    #[arg(long, value_name = "TIME", value_parser = length::parse)]
    keep: Option<Duration>,
    /// So many messages
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1000))]
    count: u32,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// What one receiver did.
struct Answer {
    sink: String,
    kind: &'static str,
    /// What it answered, or why it did not take the message.
    said: Result<String, String>,
}

/// Sends tests.
///
/// # Errors
/// When the configuration names no such receiver, or the state cannot be used.
pub fn run(global: &Global, args: &TestArgs) -> anyhow::Result<Outcome> {
    let config = args.places.configuration()?;
    let sinks: Vec<SinkSettings> = config
        .sinks
        .iter()
        .filter(|sink| args.sink.as_ref().is_none_or(|name| *name == sink.name))
        .cloned()
        .collect();
    if sinks.is_empty() {
        let names: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
        let file = args.places.config_path().display();
        match &args.sink {
            Some(name) if !names.is_empty() => bail!("receiver {name}: {file} has {}", names.join(", ")),
            Some(_) | None => bail!("{file}: no receiver: expected `sinks` in its `spec`"),
        }
    }
    let notices: Vec<Notice> = (1..=args.count).map(|number| test_notice(number, args.count)).collect();
    let answers = match args.keep {
        Some(patience) => {
            kept(&HostRoot::new(&global.root), args, (&config.sinks, &sinks), &notices, patience)?
        }
        None => at_once(&sinks, &notices),
    };
    match args.format {
        Format::Json => output::json(&document(&answers))?,
        Format::Text => output::lines(&lines(&answers))?,
    }
    Ok(if answers.iter().all(|answer| answer.said.is_ok()) { Outcome::Fine } else { Outcome::NotDone })
}

/// One attempt for each receiver, all at the same time.
fn at_once(sinks: &[SinkSettings], notices: &[Notice]) -> Vec<Answer> {
    let answer = |settings: &SinkSettings| {
        let mut receiver = sinks::receiver::of(settings, &[]);
        let mut said = Ok(String::new());
        for notice in notices {
            said = receiver.deliver(&[notice]).map_err(|error| error.words);
            if said.is_err() {
                break;
            }
        }
        Answer { sink: settings.name.clone(), kind: settings.kind.as_str(), said }
    };
    thread::scope(|scope| {
        let running: Vec<_> = sinks.iter().map(|settings| scope.spawn(move || answer(settings))).collect();
        // A thread that panicked has nothing more to say.
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

/// Through the outbox, as the agent sends.
fn kept(
    root: &HostRoot,
    args: &TestArgs,
    (all, sinks): (&[SinkSettings], &[SinkSettings]),
    notices: &[Notice],
    patience: Duration,
) -> anyhow::Result<Vec<Answer>> {
    let folder = &args.places.state;
    // Its lock: an agent that uses the folder delivers by itself.
    let store = Store::open(folder)?;
    if let Access::ReadOnly { why } = store.access() {
        bail!("{}: cannot be written: {why}", folder.display());
    }
    // What stands goes to receivers that forget, as when the agent starts.
    let standing = match alert_book::load(folder)? {
        Remembered::Book(book) => compose::standing(book.alerts.values(), &super::now(root)),
        Remembered::Nothing | Remembered::Damaged => Vec::new(),
    };
    let context = || folder.display().to_string();
    let mut telling = Telling::open(folder, all, &standing, Pace::default()).with_context(context)?;
    let told = if args.sink.is_some() { telling.tell_only(sinks, notices) } else { telling.tell(notices) };
    told.with_context(context)?;
    let begun = Instant::now();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let is_waiting = |telling: &Telling| telling.waiting().values().any(|waiting| *waiting > 0);
    while is_waiting(&telling) && begun.elapsed() < patience {
        for arrival in telling.collect()? {
            if let Fate::Refused(why) = arrival.fate {
                refused.insert(arrival.sink, why);
            }
        }
        thread::sleep(LOOK);
    }
    let answers = answers(&telling, sinks, &refused);
    telling.finish(Duration::from_secs(1))?;
    Ok(answers)
}

fn answers(telling: &Telling, sinks: &[SinkSettings], refused: &BTreeMap<String, String>) -> Vec<Answer> {
    let (waiting, health) = (telling.waiting(), telling.health());
    let answer = |settings: &SinkSettings| {
        let name = settings.name.as_str();
        let waiting = waiting.get(name).copied().unwrap_or(0);
        let said = match (refused.get(name), waiting) {
            (Some(why), _) => Err(why.clone()),
            (None, 0) => Ok("everything arrived".to_owned()),
            (None, waiting) => {
                let error = health.get(name).and_then(|health| health.error.clone());
                let why = error.unwrap_or_else(|| "no answer yet".to_owned());
                Err(format!("{} kept until it arrives: {why}", view::units::count(waiting as u64, "message")))
            }
        };
        Answer { sink: settings.name.clone(), kind: settings.kind.as_str(), said }
    };
    sinks.iter().map(answer).collect()
}

fn lines(answers: &[Answer]) -> Vec<Line> {
    let line = |answer: &Answer| {
        let head = Line::of(Tone::Strong, &answer.sink).and(Tone::Quiet, format!(" ({}) ", answer.kind));
        match &answer.said {
            Ok(said) => head.and(Tone::Good, "took it").and(Tone::Quiet, format!(": {said}")),
            Err(why) => head.and(Tone::Critical, "did not take it").and(Tone::Plain, format!(": {why}")),
        }
    };
    answers.iter().map(line).collect()
}

fn document(answers: &[Answer]) -> Value {
    let answer = |answer: &Answer| {
        let (answered, error) = match &answer.said {
            Ok(said) => (Some(said), None),
            Err(why) => (None, Some(why)),
        };
        json!({
            "sink": answer.sink,
            "kind": answer.kind,
            "delivered": answer.said.is_ok(),
            "answered": answered,
            "error": error,
        })
    };
    json!({
        "schema": "highwater/alerts-test/v1",
        "receivers": answers.iter().map(answer).collect::<Value>(),
    })
}

/// Each test is another one: a receiver may drop what it knows.
fn test_notice(number: u32, of: u32) -> Notice {
    let Timestamp(millis) = sources::proc::wall_clock();
    let key = format!("test/{millis}-{}-{number}", std::process::id());
    let place = if of == 1 { String::new() } else { format!(" ({number} of {of})") };
    let title = format!("Test: this is how an alert of Highwater arrives{place}");
    let text = "Nothing is wrong. Sent by highwater alerts test.".to_owned();
    let document = json!({
        "schema": "highwater/alert/v1",
        "key": key,
        "change": "fired",
        "resolved_because": null,
        "at_unix_milliseconds": millis,
        "is_over": false,
        "alert": {"rule": "test", "severity": "notice", "title": title, "text": text},
    });
    Notice {
        topic: key.clone(),
        key,
        kind: NoticeKind::Test,
        severity: Severity::Notice,
        rule: "test".to_owned(),
        title,
        text,
        labels: BTreeMap::new(),
        begins: Timestamp(millis),
        ends: None,
        document: document.to_string(),
    }
}
