//! What the agent sees with: the machine itself, or a record of one. Both give snapshots with their own clock.

use super::Event;
use super::inbox::Inbox;
use crate::cli::oom::watch::desk::Desk;
use crate::cli::oom::watch::{Names, QUIET, WAIT};
use model::incident::Incident;
use model::kernel_log::{BootId, KmsgCursor};
use model::snapshot::{Missing, Snapshot};
use sources::oom_watch::{Happening, OomWatch};
use sources::recorded::RecordedMachine;
use std::time::Duration;

/// What the agent sees with.
pub enum Eyes {
    /// This machine, as time passes.
    Live(Box<Live>),
    /// What was remembered of one, as fast as it can be read.
    Recorded(Box<Recorded>),
}

/// This machine.
pub struct Live {
    watch: OomWatch,
    desk: Desk,
    names: Names,
    looks_taken: u64,
}

/// A record.
pub struct Recorded {
    machine: RecordedMachine,
    boot: BootId,
}

impl Eyes {
    /// This machine. `names` are asked as containers come.
    ///
    /// # Errors
    /// When `--docker-host` is no unix socket.
    pub fn live(watch: OomWatch, mut names: Names) -> anyhow::Result<Self> {
        names.ask_about(watch.snapshot())?;
        Ok(Self::Live(Box::new(Live { watch, desk: Desk::default(), names, looks_taken: 0 })))
    }

    /// A record; `boot` stands for the boots that it was made in.
    #[must_use]
    pub fn recorded(machine: RecordedMachine, boot: BootId) -> Self {
        Self::Recorded(Box::new(Recorded { machine, boot }))
    }

    /// Waits for something to happen.
    ///
    /// # Errors
    /// When `--docker-host` is no unix socket.
    pub fn next(&mut self, inbox: &Inbox) -> anyhow::Result<Event> {
        if let Some(event) = inbox.next() {
            return Ok(event);
        }
        match self {
            Self::Live(live) => live.next(inbox),
            Self::Recorded(recorded) => {
                Ok(if recorded.machine.step().is_some() { Event::Seen } else { Event::Stop })
            }
        }
    }

    /// The machine as it was last seen.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Live(live) => live.watch.snapshot(),
            Self::Recorded(recorded) => recorded.machine.snapshot(),
        }
    }

    /// Whether the machine was looked at since this was last asked.
    pub fn has_new_look(&mut self) -> bool {
        match self {
            Self::Live(live) => {
                let looks = live.watch.looks();
                std::mem::replace(&mut live.looks_taken, looks) != looks
            }
            Self::Recorded(_) => true,
        }
    }

    /// The incidents of what was seen lately. A record tells kills by its counters alone.
    pub fn incidents(&mut self) -> Vec<Incident> {
        match self {
            Self::Live(live) => live.desk.incidents(&live.watch, &live.names),
            Self::Recorded(_) => Vec::new(),
        }
    }

    /// How far the log was read, when everything up to there is told: a restart has to read the rest again.
    #[must_use]
    pub fn settled_cursor(&self) -> Option<KmsgCursor> {
        match self {
            Self::Live(live) => live.watch.cursor().filter(|_| !live.desk.is_waiting()),
            Self::Recorded(_) => None,
        }
    }

    /// The boot that is seen.
    #[must_use]
    pub fn boot_id(&self) -> BootId {
        match self {
            Self::Live(live) => live.watch.boot_id().unwrap_or(BootId(0)),
            Self::Recorded(recorded) => recorded.boot,
        }
    }

    /// Looks so often from now on.
    pub fn look_every(&mut self, interval: Duration) {
        match self {
            Self::Live(live) => live.watch.look_every(interval),
            Self::Recorded(_) => {}
        }
    }

    /// How many cgroup files are kept open.
    #[must_use]
    pub fn descriptors_kept(&self) -> usize {
        match self {
            Self::Live(live) => live.watch.descriptors_kept(),
            Self::Recorded(_) => 0,
        }
    }

    /// Who cannot be heard.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        match self {
            Self::Live(live) => {
                live.watch.missing().iter().chain(&live.watch.snapshot().missing).cloned().collect()
            }
            Self::Recorded(_) => Vec::new(),
        }
    }
}

impl Live {
    fn next(&mut self, inbox: &Inbox) -> anyhow::Result<Event> {
        let timeout = if self.desk.has_open_report { QUIET } else { WAIT };
        let happenings = self.watch.wait(timeout);
        // Counters go on coming while the log is quiet: a story does not wait for them.
        let is_log_quiet =
            !happenings.iter().any(|happening| matches!(happening, Happening::KernelRecord { .. }));
        self.desk.take(happenings);
        self.names.runtime.hear();
        if is_log_quiet {
            self.desk.flush();
        }
        self.names.hear(&mut self.watch);
        self.names.ask_about(self.watch.snapshot())?;
        // What was seen is told before anything else is done: a stop must not lose a kill.
        let has_seen = self.watch.looks() != self.looks_taken || !is_log_quiet;
        Ok(if has_seen { Event::Seen } else { inbox.next().unwrap_or(Event::Seen) })
    }
}
