//! What the agent sees with: the machine itself, or a record of one. Both give snapshots with their own clock.

use super::Event;
use super::inbox::Inbox;
use crate::cli::Global;
use crate::cli::oom::watch::desk::Desk;
use crate::cli::oom::watch::{Names, QUIET, WAIT};
use judge::kill_balance::KillBalance;
use judge::oom::Observed;
use model::alert::Moment;
use model::incident::Incident;
use model::incident::observed::CounterChange;
use model::kernel_log::{BootId, KmsgCursor};
use model::reading::Reading;
use model::snapshot::{Missing, Snapshot};
use sources::oom_watch::counters::KnownCounters;
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
    boot: BootId,
    balance: KillBalance,
}

/// A record.
pub struct Recorded {
    machine: RecordedMachine,
    boot: BootId,
    counters: KnownCounters,
}

impl Eyes {
    /// This machine. `names` are asked as containers come.
    ///
    /// # Errors
    /// When `--docker-host` is no unix socket.
    pub fn live(watch: OomWatch, mut names: Names) -> anyhow::Result<Self> {
        names.ask_about(watch.snapshot())?;
        let boot = watch.boot_id().unwrap_or(BootId(0));
        let balance = KillBalance::begun(watch.snapshot().uptime);
        Ok(Self::Live(Box::new(Live { watch, desk: Desk::default(), names, looks_taken: 0, boot, balance })))
    }

    /// A record; `boot` stands for the boots that it was made in.
    #[must_use]
    pub fn recorded(machine: RecordedMachine, boot: BootId) -> Self {
        Self::Recorded(Box::new(Recorded { machine, boot, counters: KnownCounters::default() }))
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
            Self::Live(live) => {
                let incidents = live.desk.incidents(&live.watch, &live.names);
                incidents.iter().for_each(|incident| live.balance.tell(incident));
                incidents
            }
            Self::Recorded(recorded) => recorded.incidents(),
        }
    }

    /// Kills that the kernel counted and nothing explains.
    pub fn unattributed_kills(&mut self) -> Reading<u64> {
        match self {
            Self::Live(live) => {
                let now = live.watch.snapshot().uptime;
                kills_counted(live.watch.snapshot()).and_then(|_| live.balance.unexplained(now))
            }
            Self::Recorded(_) => Reading::failed("a record does not hold the machine's own count"),
        }
    }

    /// Kills that the kernel counted since boot.
    #[must_use]
    pub fn kills_counted(&self) -> Reading<u64> {
        match self {
            Self::Live(live) => kills_counted(live.watch.snapshot()),
            Self::Recorded(_) => Reading::failed("a record does not hold the machine's own count"),
        }
    }

    /// The moment of the last look.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let snapshot = self.snapshot();
        Moment { wall: snapshot.taken_at, uptime: snapshot.uptime, boot: Some(self.boot_id()) }
    }

    /// Where the machine itself can be asked; a record cannot be.
    #[must_use]
    pub fn machine(&self) -> Option<&Global> {
        match self {
            Self::Live(live) => Some(live.names.global()),
            Self::Recorded(_) => None,
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
    pub const fn boot_id(&self) -> BootId {
        match self {
            Self::Live(live) => live.boot,
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
        for happening in &happenings {
            if let Happening::HostKills(total) = happening {
                self.balance.count(*total);
            }
        }
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

impl Recorded {
    /// What the counters of the record tell; there is no log.
    fn incidents(&mut self) -> Vec<Incident> {
        let snapshot = self.machine.snapshot();
        let happenings = self.counters.changes(snapshot, snapshot.uptime);
        let changes: Vec<CounterChange> = happenings
            .into_iter()
            .filter_map(|happening| match happening {
                Happening::CountersMoved(change) => Some(change),
                Happening::KernelRecord { .. }
                | Happening::Lost { .. }
                | Happening::VictimMarked { .. }
                | Happening::HostKills(_) => None,
            })
            .collect();
        if changes.is_empty() {
            return Vec::new();
        }
        let boot = Reading::Value(self.boot);
        let observed =
            Observed { boot, changes: &changes, cgroups: &snapshot.cgroups, ..Observed::default() };
        judge::oom::incidents(&observed).incidents
    }
}

/// What `/proc/vmstat` counts.
fn kills_counted(snapshot: &Snapshot) -> Reading<u64> {
    let words = "the kernel counts no kills (`oom_kill` in /proc/vmstat, Linux 4.13)";
    snapshot
        .host
        .vmstat
        .as_ref()
        .and_then(|vmstat| vmstat.get("oom_kill").map_or_else(|| Reading::failed(words), Reading::Value))
}
