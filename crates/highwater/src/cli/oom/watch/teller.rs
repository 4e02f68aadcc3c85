//! Tells incidents to whoever wants to know: at once, and once more when an episode has taken more kills.

mod unkept;

use super::eprint;
use crate::cli::oom::ls::Words;
use crate::cli::output;
use crate::cli::output::Format;
use anyhow::Context;
use model::incident::Incident;
use model::kernel_log::KmsgCursor;
use sinks::command::CommandSink;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use store::record::{IncidentKey, StoredIncident};
use store::store::{Access, Appended, Store, StoreError};
use unkept::{Unkept, WAITING_MAX, Written};
use view::incident;

/// An episode that has taken no further kill for so long is told again with all it took.
const SETTLED: Duration = Duration::from_secs(3);

/// One that goes on and on is told again after so long all the same.
const GROWN_MAX: Duration = Duration::from_secs(15);

/// A log that never rests shall not keep the disk busy: what is read twice is told once.
const CURSOR_INTERVAL: Duration = Duration::from_secs(1);

/// Tells, remembers what was told, and keeps it in the store.
pub struct Teller {
    format: Format,
    store: Option<Store>,
    command: Option<CommandSink>,
    /// The incidents told so far, and with how many kills.
    told: HashMap<String, u64>,
    /// Those that have taken more since.
    grown: HashMap<String, GrownIncident>,
    /// When it was last noted how far the log was read.
    cursor_saved: Option<Instant>,
    /// Whether the last write to the store failed, which was said then.
    store_fails: bool,
    /// What could not be written then.
    unkept: Unkept,
}

struct GrownIncident {
    incident: Incident,
    since: Instant,
    last: Instant,
}

/// Which of the incidents that have grown are told again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grown {
    /// Those that no longer grow.
    Settled,
    /// All: the watch ends.
    All,
}

/// Whether an incident is new to those who are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    First,
    Again,
}

impl Teller {
    /// Prints in this form; keeps and starts what is given.
    pub fn new(format: Format, store: Option<Store>, command: Option<CommandSink>) -> Self {
        Self {
            format,
            store,
            command,
            told: HashMap::new(),
            grown: HashMap::new(),
            cursor_saved: None,
            store_fails: false,
            unkept: Unkept::default(),
        }
    }

    /// How many incidents were told.
    pub fn told(&self) -> usize {
        self.told.len()
    }

    /// Whether an incident is news: neither told nor, by an earlier life, kept as told, or with more kills than were told.
    #[must_use]
    pub fn is_news(&self, found: &Incident) -> bool {
        match self.told.get(&found.id.0) {
            Some(kills) => *kills < found.kills,
            None => {
                let key = key(found);
                !self.store.as_ref().zip(key).is_some_and(|(store, key)| store.knows(&key))
            }
        }
    }

    /// Tells an incident that is new; one that has grown is told again when it has come to rest.
    pub fn tell(&mut self, found: &Incident) -> anyhow::Result<()> {
        let now = Instant::now();
        match self.told.get(&found.id.0) {
            None => self.say(found, News::First),
            Some(kills) if *kills >= found.kills => Ok(()),
            Some(_) => {
                let known = self.grown.get(&found.id.0);
                let has_grown = known.is_none_or(|known| known.incident.kills < found.kills);
                if has_grown {
                    let since = known.map_or(now, |known| known.since);
                    let grown = GrownIncident { incident: found.clone(), since, last: now };
                    self.grown.insert(found.id.0.clone(), grown);
                }
                Ok(())
            }
        }
    }

    /// Tells again what has grown.
    pub fn tell_grown(&mut self, which: Grown) -> anyhow::Result<()> {
        let is_due = |grown: &GrownIncident| {
            which == Grown::All || grown.last.elapsed() >= SETTLED || grown.since.elapsed() >= GROWN_MAX
        };
        let due: Vec<GrownIncident> =
            self.grown.extract_if(|_, grown| is_due(grown)).map(|(_, grown)| grown).collect();
        due.iter().try_for_each(|grown| self.say(&grown.incident, News::Again))
    }

    /// Keeps how far the log was read, and waits for the command's last run.
    pub fn finish(mut self, cursor: Option<KmsgCursor>) -> anyhow::Result<()> {
        self.save_cursor(cursor)?;
        if let Some(command) = self.command {
            command.finish();
        }
        Ok(())
    }

    fn say(&mut self, found: &Incident, news: News) -> anyhow::Result<()> {
        let words = Words::of(found);
        let told = words.told(found);
        let document = match news {
            News::First => api::incidents::one(&told),
            News::Again => api::incidents::again(&told),
        };
        // A full disk must not silence the watch.
        let kept = match self.keep(found, &document, news) {
            Ok(kept) => kept,
            Err(error) => {
                self.complain(&error)?;
                Appended::New
            }
        };
        self.told.insert(found.id.0.clone(), found.kills);
        if kept == Appended::Known {
            return Ok(());
        }
        match self.format {
            Format::Json => output::text(&format!("{document}\n"))?,
            Format::Text => output::lines(&[incident::line(found)])?,
        }
        if let Some(command) = self.command.as_mut().filter(|_| news == News::First)
            && let Err(error) = command.send(&document.to_string())
        {
            eprint(&format!("highwater: --exec: {error}\n"))?;
        }
        Ok(())
    }

    /// Kept before it is told, so that after a crash it is told once. Behind those that wait for room it waits too.
    fn keep(
        &mut self,
        found: &Incident,
        document: &serde_json::Value,
        news: News,
    ) -> anyhow::Result<Appended> {
        self.keep_waiting()?;
        let Some(store) = self.store.as_mut().filter(|store| *store.access() == Access::ReadWrite) else {
            return Ok(Appended::New);
        };
        let Some(key) = key(found) else { return Ok(Appended::New) };
        let stored = StoredIncident {
            key,
            id: found.id.0.clone(),
            at_millis: found.when.wall.get().map(|wall| wall.0),
            document: document.clone(),
        };
        let kept = match self.unkept.is_empty() {
            true => unkept::append(store, &stored, news),
            false => return self.wait_for_room(stored, news),
        };
        if let Err(StoreError::Failed { .. }) = &kept {
            self.wait_for_room(stored, news)?;
        }
        kept.context("--state")
    }

    fn wait_for_room(&mut self, incident: StoredIncident, news: News) -> anyhow::Result<Appended> {
        if self.unkept.push(incident, news) {
            eprint(&format!(
                "highwater: more than {WAITING_MAX} incidents wait to be kept: the oldest are given up\n"
            ))?;
        }
        Ok(Appended::New)
    }

    /// Keeps what waits, where that works again. It is on disk before the cursor moves past it.
    fn keep_waiting(&mut self) -> anyhow::Result<()> {
        if self.unkept.is_empty() {
            return Ok(());
        }
        let Some(store) = &mut self.store else { return Ok(()) };
        match self.unkept.write(store).context("--state") {
            Ok(Written { kept, given_up }) => {
                self.store_fails = false;
                let lost = if given_up == 0 { String::new() } else { format!("; {given_up} were given up") };
                let words = format!("incidents can be kept again; kept of those that waited: {kept}{lost}");
                eprint(&format!("highwater: {words}\n")).map_err(anyhow::Error::from)
            }
            Err(error) => self.complain(&error),
        }
    }

    /// Keeps how far the log was read, now and then.
    pub fn remember(&mut self, cursor: Option<KmsgCursor>) -> anyhow::Result<()> {
        if self.cursor_saved.is_some_and(|saved| saved.elapsed() < CURSOR_INTERVAL) {
            return Ok(());
        }
        if !self.unkept.is_empty() {
            self.cursor_saved = Some(Instant::now());
        }
        self.save_cursor(cursor)
    }

    /// Says that nothing can be kept: once, until it can be again.
    fn complain(&mut self, error: &anyhow::Error) -> anyhow::Result<()> {
        if !self.store_fails {
            eprint(&format!("highwater: {error:#}; incidents are told, and kept when that works again\n"))?;
            self.store_fails = true;
        }
        Ok(())
    }

    fn save_cursor(&mut self, cursor: Option<KmsgCursor>) -> anyhow::Result<()> {
        self.keep_waiting()?;
        if !self.unkept.is_empty() {
            return Ok(());
        }
        let Some(store) = self.store.as_mut().filter(|store| *store.access() == Access::ReadWrite) else {
            return Ok(());
        };
        match cursor {
            Some(cursor) if store.cursor() != Some(cursor) => {
                self.cursor_saved = Some(Instant::now());
                match store.save_cursor(cursor).context("--state") {
                    Ok(()) => {
                        self.store_fails = false;
                        Ok(())
                    }
                    Err(error) => self.complain(&error),
                }
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What tells an incident from every other, also after a restart; nothing where its time is not known.
fn key(found: &Incident) -> Option<IncidentKey> {
    let pid = found.chosen().map_or(0, |victim| victim.pid);
    Some(IncidentKey::killed(found.when.boot.get()?, found.when.since_boot.get()?, pid))
}
