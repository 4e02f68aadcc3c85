//! What the agent tells: incidents on standard output and in the store, itself on standard error and to the service manager.

use super::doors::Doors;
use super::settings::Settings;
use crate::cli::oom::watch::teller::{Grown, Teller};
use judge::look_rate::LookRate;
use model::incident::Incident;
use model::kernel_log::KmsgCursor;
use sinks::sd_notify::{SdNotify, ServiceState};
use std::io::Write;
use std::time::{Duration, Instant};
use store::history::writer::HistoryNews;
use view::agent::{self, Configured};

/// What the agent tells with.
pub struct Mouth {
    teller: Teller,
    manager: SdNotify,
    alive_at: Option<Instant>,
}

impl Mouth {
    /// Tells incidents with `teller`, and how the agent is to the service manager.
    pub const fn new(teller: Teller, manager: SdNotify) -> Self {
        Self { teller, manager, alive_at: None }
    }

    /// Incidents of which nobody was told yet, or not of all their kills.
    pub fn news<'a>(&self, incidents: &'a [Incident]) -> Vec<&'a Incident> {
        incidents.iter().filter(|incident| self.teller.is_news(incident)).collect()
    }

    /// Tells what alerting says of itself.
    pub fn tell_words(&self, words: &[String]) {
        words.iter().for_each(|line| drop(self.say(line)));
    }

    /// Tells incidents that are new or have grown, and keeps how far the log was read.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn tell(&mut self, incidents: &[Incident], cursor: Option<KmsgCursor>) -> anyhow::Result<()> {
        for incident in incidents {
            self.teller.tell(incident)?;
        }
        self.teller.tell_grown(Grown::Settled)?;
        self.teller.remember(cursor)
    }

    /// Tells what became of the history, when that is news.
    ///
    /// # Errors
    /// When standard error cannot be written.
    pub fn tell_history(&mut self, news: &HistoryNews) -> anyhow::Result<()> {
        match news {
            HistoryNews::None => Ok(()),
            HistoryNews::Stopped { why } => self.say(&agent::history_stopped(why)),
            HistoryNews::Resumed { lost_seconds } => {
                self.say(&agent::history_resumed(Duration::from_secs(*lost_seconds)))
            }
        }
    }

    /// Tells that the last seconds could not be written.
    ///
    /// # Errors
    /// When standard error cannot be written.
    pub fn tell_lost(&mut self, why: Option<String>) -> anyhow::Result<()> {
        why.map_or(Ok(()), |why| self.say(&agent::history_cut(&why)))
    }

    /// The agent has started, or has read its configuration.
    pub fn say_ready(&mut self, settings: &Settings, doors: &Doors) {
        let place = settings.file.as_ref().map(|file| file.display().to_string());
        self.say_watching(place.as_deref().map_or(Configured::Without, Configured::As), settings, doors);
    }

    /// The agent has read its configuration, and what held before holds on.
    pub fn say_ready_as_before(&mut self, settings: &Settings, doors: &Doors) {
        self.say_watching(Configured::AsBefore, settings, doors);
    }

    fn say_watching(&mut self, config: Configured<'_>, settings: &Settings, doors: &Doors) {
        self.manager.tell(&ServiceState::Ready);
        let line = agent::ready(settings.wanted.interval, config, doors.url().as_deref());
        self.manager.tell(&ServiceState::Status(line.clone()));
        let _ = self.say(&line);
    }

    /// The agent lives.
    pub fn say_alive(&mut self) {
        let Some(every) = self.manager.alive_every() else { return };
        if self.alive_at.is_none_or(|at| at.elapsed() >= every / 2) {
            self.manager.tell(&ServiceState::Watchdog);
            self.alive_at = Some(Instant::now());
        }
    }

    /// The agent looks more rarely, or again as before.
    pub fn say_rate(&mut self, rate: &LookRate, cpu: Duration, cgroups: usize) {
        let line = agent::rate(rate.interval(), rate.slowed_from(), cpu, cgroups);
        self.manager.tell(&ServiceState::Status(line.clone()));
        let _ = self.say(&line);
    }

    /// The agent reads its configuration again.
    pub fn say_reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let now = Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0));
        self.manager.tell(&ServiceState::Reloading(now));
    }

    /// The configuration as it is now was not taken.
    pub fn say_refused(&mut self, why: &str) {
        let _ = self.say(&agent::refused(why));
    }

    /// The agent ends.
    pub fn say_stopping(&self) {
        self.manager.tell(&ServiceState::Stopping);
    }

    /// Tells what is left, and keeps how far the log was read.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn finish(mut self, cursor: Option<KmsgCursor>) -> anyhow::Result<()> {
        self.teller.tell_grown(Grown::All)?;
        self.teller.finish(cursor)
    }

    fn say(&self, line: &str) -> anyhow::Result<()> {
        let line = view::text::escaped(line);
        Ok(anstream::stderr().write_all(format!("highwater: {line}\n").as_bytes())?)
    }
}
