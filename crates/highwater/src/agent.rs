//! The agent of one machine: one loop that collects, judges, remembers and tells.

pub mod alerts;
pub mod doors;
pub mod eyes;
pub mod inbox;
pub mod memory;
pub mod mouth;
pub mod report;
pub mod settings;
#[cfg(test)]
mod tests;

use crate::exit_code::Outcome;
use alerts::Alerts;
use doors::Doors;
use eyes::Eyes;
use inbox::{Inbox, Question};
use judge::look_rate::LookRate;
use memory::Memory;
use mouth::Mouth;
use report::Costs;
use settings::Settings;

/// Everything that can happen to the agent.
#[derive(Debug)]
pub enum Event {
    /// Something was seen: figures, or the kernel's log.
    Seen,
    /// Somebody asks how it is, or for its metrics.
    Asked(Question),
    /// The configuration is to be read again.
    Reload,
    /// It is to end, or a record is at its end.
    Stop,
}

/// The agent while it runs.
pub struct Agent {
    /// Where it reads its settings, and what they say.
    pub settings: Settings,
    /// What it sees with.
    pub eyes: Eyes,
    /// What it remembers.
    pub memory: Memory,
    /// What it alerts of.
    pub alerts: Alerts,
    /// What it tells with.
    pub mouth: Mouth,
    /// Where it can be asked.
    pub doors: Doors,
    /// What others want of it.
    pub inbox: Inbox,
    /// How often it looks.
    pub rate: LookRate,
    /// What it costs.
    pub costs: Costs,
}

impl Agent {
    /// The loop.
    ///
    /// # Errors
    /// When standard output cannot be written, or `--docker-host` is no unix socket.
    pub fn run(mut self) -> anyhow::Result<Outcome> {
        self.mouth.say_ready(&self.settings, &self.doors);
        loop {
            match self.eyes.next(&self.inbox)? {
                Event::Seen => {
                    // Collect: the eyes have looked, the log is read.
                    let incidents = self.eyes.incidents();
                    let news = self.mouth.news(&incidents);
                    // Judge and remember: each look once.
                    let is_new_look = self.eyes.has_new_look();
                    if is_new_look {
                        let history = self.memory.remember(self.eyes.snapshot(), self.eyes.boot_id());
                        self.mouth.tell_history(&history)?;
                        self.slow_down_or_not();
                    }
                    let mut changes = Vec::new();
                    if is_new_look || !news.is_empty() {
                        changes = self.alerts.judge(&mut self.eyes, &self.memory, &news);
                    }
                    self.memory.count(&incidents);
                    // Tell: an incident counts as told only when its alert is on its way.
                    self.alerts.tell(&changes, &self.eyes, &self.memory);
                    self.mouth.tell_words(&self.alerts.words());
                    self.mouth.tell(&incidents, self.eyes.settled_cursor())?;
                    self.mouth.say_alive();
                }
                Event::Asked(question) => question.answer(&self),
                Event::Reload => self.reload()?,
                Event::Stop => return self.end(),
            }
        }
    }

    /// Looks more rarely where looking takes too much, and says so.
    fn slow_down_or_not(&mut self) {
        let cpu = self.costs.looked(&self.eyes);
        if let Some(interval) = self.rate.looked(cpu) {
            self.eyes.look_every(interval);
            self.alerts.look_every(interval);
            self.mouth.say_rate(&self.rate, cpu, self.eyes.snapshot().cgroups.len());
        }
    }

    /// Takes the configuration as it is now; a bad one is told, and the old one kept.
    fn reload(&mut self) -> anyhow::Result<()> {
        self.mouth.say_reloading();
        if let Err(why) = self.settings.read_again() {
            self.mouth.say_refused(&why);
            self.mouth.say_ready_as_before(&self.settings, &self.doors);
            return Ok(());
        }
        self.rate = LookRate::new(self.settings.wanted.interval);
        self.eyes.look_every(self.rate.interval());
        self.memory.limit(&self.settings.wanted);
        self.alerts.reconfigure(&self.settings.wanted, &self.eyes.moment());
        if let Err(why) = self.doors.listen(&self.settings) {
            self.mouth.say_refused(&why);
            self.settings.refused = Some(why);
        }
        self.mouth.say_ready(&self.settings, &self.doors);
        Ok(())
    }

    /// Writes what is not yet on disk, and ends.
    fn end(self) -> anyhow::Result<Outcome> {
        let Self { mut mouth, memory, alerts, eyes, doors, .. } = self;
        mouth.say_stopping();
        drop(doors);
        mouth.tell_words(&alerts.end(&eyes.moment()));
        mouth.tell_lost(memory.close())?;
        mouth.finish(eyes.settled_cursor())?;
        Ok(Outcome::Fine)
    }
}
