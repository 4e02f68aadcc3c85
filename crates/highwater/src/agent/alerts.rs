//! What the agent alerts of: each look is judged, what changed is kept for its receivers, and then it is told.
//!
//! The order is what loses nothing: a message is on disk before the book says that it was told, and both before the store takes the
//! incident for known. Whoever dies in between meets the incident again, and its message has the same key.

pub mod commands;
pub mod errand;
pub mod inputs;
pub mod saved_book;

use super::eyes::Eyes;
use super::memory::Memory;
use crate::cli::alerts::compose;
use crate::cli::alerts::telling::{Arrival, Telling};
use api::agent_config::convert::AgentConfig;
use commands::Commands;
use errand::Haste;
use inputs::Inputs;
use judge::alerting::{self, Happened, Look};
use model::agent::{AlertsState, FiringAlert, ReceiverState, ReceiverTotals};
use model::alert::silence::Silence;
use model::alert::{AlertChange, Moment, Phase, TellsOf};
use model::cgroup::CgroupIndex;
use model::incident::Incident;
use model::notice::Notice;
use model::snapshot::Missing;
use saved_book::SavedBook;
use sinks::courier::{Fate, Pace};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;
use store::silences::SilenceFile;

/// A stop waits so long for messages that are on their way; the others go out after the next start.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the agent alerts of.
pub struct Alerts {
    saved: SavedBook,
    config: AgentConfig,
    interval: Duration,
    made: SilenceFile,
    silences: Vec<Silence>,
    inputs: Inputs,
    telling: Telling,
    commands: Commands,
    /// Whether the last write failed, which was said then.
    is_unkept: bool,
    /// What is to be said of alerting itself.
    words: Vec<String>,
}

impl Alerts {
    /// Opens what was remembered below a folder that is this process's alone, and sends what waits.
    ///
    /// # Errors
    /// When it cannot be read, or a later Highwater wrote it.
    pub fn open(folder: &Path, config: &AgentConfig, haste: Haste, now: &Moment) -> io::Result<Self> {
        let (saved, words) = SavedBook::load(folder)?;
        let standing = compose::standing(saved.book.alerts.values(), now);
        let mut alerts = Self {
            telling: Telling::open(folder, &config.sinks, &standing, Pace::default())?,
            saved,
            config: config.clone(),
            interval: config.interval,
            made: SilenceFile::new(folder),
            silences: config.silences.clone(),
            inputs: Inputs::new(haste),
            commands: Commands::default(),
            is_unkept: false,
            words: Vec::from_iter(words),
        };
        alerts.read_silences();
        Ok(alerts)
    }

    /// Takes rules, receivers, silences and commands as they are now.
    pub fn reconfigure(&mut self, config: &AgentConfig, now: &Moment) {
        let standing = compose::standing(self.saved.book.alerts.values(), now);
        let taken = self.telling.tell_these(&config.sinks, &standing, Pace::default());
        self.config = config.clone();
        self.interval = config.interval;
        self.silences = config.silences.iter().chain(self.made.silences()).cloned().collect();
        self.note(taken);
    }

    /// The looks come so often from now on.
    pub const fn look_every(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Judges a look, with the incidents that nobody was told of yet.
    pub fn judge(&mut self, eyes: &mut Eyes, memory: &Memory, news: &[&Incident]) -> Vec<AlertChange> {
        self.read_silences();
        let now = eyes.moment();
        self.inputs.look_around(eyes, memory, &now);
        let leaks = self.inputs.leaks();
        let unattributed_kills = eyes.unattributed_kills();
        let sentences: Vec<String> = news.iter().map(|incident| view::incident::sentence(incident)).collect();
        let happened = |(incident, sentence)| Happened { incident, sentence };
        let incidents: Vec<Happened<'_>> =
            news.iter().copied().zip(sentences.iter().map(String::as_str)).map(happened).collect();
        let look = Look {
            snapshot: eyes.snapshot(),
            watched: &watched(eyes, memory),
            interval: self.interval,
            incidents: &incidents,
            leaks: leaks.as_deref(),
            eviction: self.inputs.eviction(),
            unattributed_kills: &unattributed_kills,
        };
        alerting::step(&mut self.saved.book, &self.config.rules, &self.silences, &look, &now)
    }

    /// Keeps and sends what changed, starts what is to be started, and hears what became of the rest. Waits for nobody.
    pub fn tell(&mut self, changes: &[AlertChange], eyes: &Eyes, memory: &Memory) {
        if !changes.is_empty() {
            let notices: Vec<Notice> = changes.iter().map(compose::notice).collect();
            let kept = self.telling.tell(&notices);
            self.note(kept);
            // Kills are told as incidents already.
            let states = changes.iter().filter(|change| change.alert.key.rule.tells_of() == TellsOf::State);
            self.words
                .extend(states.map(|it| format!("alert: {}", view::alerts::headline(it.kind, &it.alert))));
            self.commands.start(&self.config.commands, &self.config.policy, changes, eyes, memory);
        }
        if let Some(saved) = self.saved.save(changes, &eyes.moment()) {
            self.note(saved);
        }
        match self.telling.collect() {
            Ok(arrivals) => {
                let refused = arrivals.into_iter().filter_map(|Arrival { sink, title, fate }| match fate {
                    Fate::Refused(why) => Some(view::agent::refused_by(&sink, &title, &why)),
                    Fate::Delivered | Fate::NotWanted => None,
                });
                self.words.extend(refused);
            }
            Err(error) => self.note(Err(error)),
        }
        self.words.extend(self.commands.words());
    }

    /// What is to be said of alerting itself, since this was last asked.
    pub fn words(&mut self) -> Vec<String> {
        std::mem::take(&mut self.words)
    }

    /// What stands, who is told, and what nothing can be said of.
    #[must_use]
    pub fn state(&self, eyes: &Eyes, memory: &Memory) -> AlertsState {
        let now = eyes.moment();
        let alerts = self.saved.book.alerts.values();
        let firing = alerts.clone().filter_map(|alert| match alert.phase {
            Phase::Held => None,
            Phase::Firing { told, .. } => Some(FiringAlert {
                rule: alert.key.rule.as_str().to_owned(),
                severity: alert.severity,
                title: view::alerts::title(alert),
                age: now.since(&alert.since),
                is_told: told.is_some(),
            }),
        });
        let health = self.telling.health();
        let receivers = self.telling.waiting().into_iter().map(|(name, waiting)| {
            let health = health.get(name).cloned().unwrap_or_default();
            ReceiverState { name: name.to_owned(), waiting, failures: health.failures, error: health.error }
        });
        AlertsState {
            firing: firing.collect(),
            held: alerts.filter(|alert| alert.phase == Phase::Held).count(),
            receivers: receivers.collect(),
            not_judged: self.not_judged(eyes, memory),
        }
    }

    /// What became of all attempts to tell each receiver since the agent started.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<&str, ReceiverTotals> {
        self.telling.totals()
    }

    fn not_judged(&self, eyes: &Eyes, memory: &Memory) -> Vec<Missing> {
        let look = Look {
            snapshot: eyes.snapshot(),
            watched: &watched(eyes, memory),
            interval: self.interval,
            incidents: &[],
            leaks: None,
            eviction: self.inputs.eviction(),
            unattributed_kills: &eyes.kills_counted(),
        };
        let unfed = alerting::unfed::unfed(&look, &self.config.rules, self.inputs.leaks_unseen());
        unfed.into_iter().map(|(rule, why)| Missing { what: rule.as_str().to_owned(), why }).collect()
    }

    /// Ends the couriers, and keeps the book. What waits is told after the next start.
    pub fn end(self, now: &Moment) -> Vec<String> {
        let ends = [self.saved.end(now), self.telling.finish(PATIENCE)];
        let failed = ends.into_iter().filter_map(Result::err);
        failed.map(|error| view::agent::alerts_unkept(&error.to_string())).collect()
    }

    fn read_silences(&mut self) {
        match self.made.refresh() {
            Ok(false) => {}
            Ok(true) => {
                self.silences = self.config.silences.iter().chain(self.made.silences()).cloned().collect();
            }
            Err(error) => self.words.push(view::agent::silences_unread(&error.to_string())),
        }
    }

    /// Says that nothing can be kept: once, and once more when it can be again.
    fn note(&mut self, kept: io::Result<()>) {
        match (kept, self.is_unkept) {
            (Ok(()), false) | (Err(_), true) => {}
            (Ok(()), true) => {
                self.is_unkept = false;
                self.words.push(view::agent::alerts_kept());
            }
            (Err(error), false) => {
                self.is_unkept = true;
                self.words.push(view::agent::alerts_unkept(&error.to_string()));
            }
        }
    }
}

/// Who is watched: whoever is remembered.
fn watched(eyes: &Eyes, memory: &Memory) -> Vec<CgroupIndex> {
    let cgroups = eyes.snapshot().cgroups.iter().enumerate();
    let named = cgroups.filter(|(_, cgroup)| memory.name(cgroup.id).is_some());
    named.map(|(index, _)| CgroupIndex(index)).collect()
}
