//! `highwater alerts ls`: what stands, what is silenced, what waits for a receiver; read while the agent writes.

use super::{Places, now, standing};
use crate::cli::Global;
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::Context;
use api::alerts::ToldAlert;
use clap::Args;
use model::alert::book::AlertBook;
use model::alert::silence::Silence;
use model::alert::{Alert, AlertKey, Moment};
use model::notice::WaitingFor;
use model::reading::Reading;
use sources::host_root::HostRoot;
use std::collections::BTreeMap;
use store::alert_book::{self, Remembered};
use store::outbox::Outbox;

/// Flags of `alerts ls`.
#[derive(Args)]
pub struct LsArgs {
    #[command(flatten)]
    places: Places,
    /// The exit code is 1 when an alert stands
    #[arg(long)]
    check: bool,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Lists alerts.
///
/// # Errors
/// When the state cannot be read, or standard output cannot be written.
pub fn run(global: &Global, args: &LsArgs) -> anyhow::Result<Outcome> {
    let state = &args.places.state;
    let now = now(&HostRoot::new(&global.root));
    let configuration = args.places.configuration()?;
    let mut silences = configuration.silences;
    silences.extend(store::silences::load(state)?);
    let book = match alert_book::load(state)? {
        Remembered::Book(book) => book,
        Remembered::Nothing => AlertBook::default(),
        Remembered::Damaged => anyhow::bail!("{}: alerts: not what was written there", state.display()),
    };
    let outbox = Outbox::open_to_read(state).with_context(|| state.display().to_string())?;
    let waiting = waiting(&outbox);
    let mut alerts: Vec<&Alert> = book.alerts.values().collect();
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
    match args.format {
        Format::Json => {
            let flag = args.places.state_flag();
            output::json(&document(&alerts, &silences, &waiting, (&book, &flag), &now))?;
        }
        Format::Text => {
            let rows: Vec<_> = alerts
                .iter()
                .map(|alert| (*alert, now.since(&alert.since), silencing(&silences, &alert.key, &now)))
                .collect();
            let silences = standing(&silences, &now);
            let flag = args.places.state_flag();
            let origin = view::alerts::Origin { state: &flag, receivers: configuration.sinks.len() };
            output::lines(&view::alerts::list(origin, &rows, &silences, &waiting, output::width()))?;
        }
    }
    Ok(if args.check && !alerts.is_empty() { Outcome::Findings } else { Outcome::Fine })
}

fn document(
    alerts: &[&Alert],
    silences: &[Silence],
    waiting: &[WaitingFor],
    (book, state): (&AlertBook, &str),
    now: &Moment,
) -> serde_json::Value {
    let words: Vec<(String, String, Vec<String>)> = alerts
        .iter()
        .map(|alert| {
            (view::alerts::title(alert), view::alerts::text(alert), view::alerts::next_below(alert, state))
        })
        .collect();
    let told: Vec<(ToldAlert<'_>, Option<&str>)> = alerts
        .iter()
        .zip(&words)
        .map(|(alert, (title, text, next))| {
            (ToldAlert { alert, title, text, next }, silencing(silences, &alert.key, now))
        })
        .collect();
    let looked = Reading::from(book.looked.map(|looked| looked.wall.0));
    api::alerts::list(&told, &standing(silences, now), waiting, looked)
}

/// The silence that keeps an alert back.
fn silencing<'a>(silences: &'a [Silence], key: &AlertKey, now: &Moment) -> Option<&'a str> {
    let covers =
        |silence: &&Silence| judge::alerting::silence::covers(std::slice::from_ref(silence), key, now);
    silences.iter().find(covers).map(|silence| silence.id.as_str())
}

fn waiting(outbox: &Outbox) -> Vec<WaitingFor> {
    let mut all: BTreeMap<&str, WaitingFor> = BTreeMap::new();
    for waiting in outbox.waiting().values() {
        for receiver in &waiting.receivers {
            let oldest = waiting.notice.begins.0;
            let entry = all.entry(receiver).or_insert_with(|| WaitingFor {
                sink: receiver.clone(),
                notices: 0,
                oldest_millis: oldest,
            });
            entry.notices += 1;
            entry.oldest_millis = entry.oldest_millis.min(oldest);
        }
    }
    all.into_values().collect()
}
