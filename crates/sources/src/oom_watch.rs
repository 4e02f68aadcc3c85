//! The live watch for kills: the kernel's log, counters that move and the machine's own count, joined into one waiting step.
//!
//! The log comes first: it is polled for and handed over before anything else is read. Counters are read when inotify (cgroup
//! v2) or an eventfd (v1) says so, and at every tick of the timer. What every cgroup held shortly before is kept in memory.

pub mod counters;
pub mod ring;
mod schedule;
mod v1_notification;
mod wake;

use crate::collect::join::Witnesses;
use crate::collect::{Collector, Habit, Heard, Scope};
use crate::host_root::HostRoot;
use crate::kmsg::record::KernelRecord;
use crate::kmsg::{Kmsg, KmsgStart, KmsgStep};
use crate::mark_victim::MarkVictim;
use crate::proc;
use counters::KnownCounters;
use kernel::hierarchy::CgroupVersion;
use kernel::mark_victim::MarkedVictim;
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal};
use model::kernel_log::{BootId, KmsgCursor};
use model::snapshot::{Missing, Snapshot};
use ring::{BeforeKill, Memories};
use rustix::fd::{AsFd, OwnedFd};
use schedule::Schedule;
use std::time::{Duration, Instant};
use v1_notification::V1Notification;
use wake::{LogGrowth, Wake, Wakers};

/// So many records are handed over at once; a flood leaves room for the rest between two batches.
const RECORDS_MAX: usize = 512;

/// How to watch.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// Where in the kernel's log to begin.
    pub start: KmsgStart,
    /// Which cgroups to count and remember. Kills in others are still heard of through the log and the machine's count.
    pub scope: Scope,
    /// How often everything is read when nothing happens.
    pub interval: Duration,
    /// How long a cgroup's figures are remembered.
    pub remembered: Duration,
    /// How long a cgroup is remembered that is gone.
    pub remembered_gone: Duration,
    /// The most memory that these figures may take.
    pub bytes_max: usize,
    /// The most cgroup files that may be kept open, whatever the process may have.
    pub descriptors_max: usize,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The kernel wrote this into its log.
    KernelRecord {
        /// The record.
        record: KernelRecord,
        /// Time since boot when it was read, by the clock of [`Happening::CountersMoved`]; the kernel's own in it drifts.
        heard_at: Duration,
    },
    /// So many records were overwritten before they could be read.
    Lost {
        /// How many.
        records: u64,
    },
    /// A cgroup's counters of kills moved.
    CountersMoved(CounterChange),
    /// The tracepoint `oom:mark_victim` named a process, where somebody switched it on.
    VictimMarked {
        /// The process.
        victim: MarkedVictim,
        /// Time since boot when it was read; the mark is older.
        heard_at: Duration,
    },
    /// The machine's own count of kills rose: what all of the above has to add up to.
    HostKills(KillTotal),
}

/// Watches one machine.
pub struct OomWatch {
    root: HostRoot,
    collector: Collector,
    kmsg: Option<Kmsg>,
    log_growth: Option<LogGrowth>,
    v1: Option<V1Notification>,
    mark_victim: Option<MarkVictim>,
    missing: Vec<Missing>,
    known: KnownCounters,
    memories: Memories,
    schedule: Schedule,
    /// The machine's count of kills before v1 last began to notify.
    kills_at_rest: Option<u64>,
    looks: u64,
    caller: Option<OwnedFd>,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            start: KmsgStart::OnlyNew,
            scope: Scope::Everything,
            interval: Duration::from_secs(1),
            remembered: Duration::from_secs(120),
            remembered_gone: Duration::from_secs(300),
            bytes_max: 16 * 1024 * 1024,
            descriptors_max: usize::MAX,
        }
    }
}

impl OomWatch {
    /// Opens the log, and reads every cgroup once. What cannot be had is told by [`OomWatch::missing`]; the rest goes on.
    #[must_use]
    pub fn new(root: HostRoot, options: &WatchOptions) -> Self {
        let mut missing = Vec::new();
        // The log first: a kill while the cgroups are read is then in the log.
        let kmsg = match Kmsg::open(&root, options.start) {
            Ok(kmsg) => Some(kmsg),
            Err(error) => {
                missing.push(Missing { what: LOG.to_owned(), why: error.to_string() });
                None
            }
        };
        let log_growth = kmsg.as_ref().and_then(LogGrowth::of);
        let mut collector = Collector::new(root.clone(), options.scope, Habit::Repeatedly);
        collector.keep_at_most(options.descriptors_max);
        collector.scan();
        let v1 = V1Notification::new(&root, collector.snapshot(), &mut missing);
        let mark_victim = MarkVictim::open(&root, &mut missing);
        let mut watch = Self {
            root,
            collector,
            kmsg,
            log_growth,
            v1,
            mark_victim,
            missing,
            known: KnownCounters::default(),
            memories: Memories::new(options),
            schedule: Schedule::new(options.interval, Instant::now()),
            kills_at_rest: None,
            looks: 1,
            caller: None,
        };
        watch.known.changes(watch.collector.snapshot(), proc::uptime(&watch.root));
        watch.memories.remember(watch.collector.snapshot());
        watch
    }

    /// Waits until something was seen, the time is over (nothing), or a signal or the caller came (nothing).
    pub fn wait(&mut self, timeout: Duration) -> Vec<Happening> {
        let deadline = Instant::now() + timeout;
        loop {
            let mut happenings = self.hear_kernel();
            let now = Instant::now();
            if self.schedule.is_overdue(now) || (happenings.is_empty() && self.schedule.is_due(now)) {
                happenings.extend(self.look());
            }
            if !happenings.is_empty() || now >= deadline {
                return happenings;
            }
            match self.block(deadline.min(self.schedule.next_step(now))) {
                Wake::Interrupted | Wake::Caller => return happenings,
                Wake::Log | Wake::Cgroups | Wake::V1 | Wake::Time => {}
            }
        }
    }

    /// Everything new in the kernel's log, without waiting.
    fn hear_kernel(&mut self) -> Vec<Happening> {
        let mut happenings = Vec::new();
        while let Some(kmsg) = &mut self.kmsg
            && happenings.len() < RECORDS_MAX
        {
            match kmsg.step() {
                Ok(KmsgStep::Record(record)) => {
                    let heard_at = proc::uptime(&self.root);
                    happenings.push(Happening::KernelRecord { record, heard_at });
                }
                Ok(KmsgStep::Lost(records)) => happenings.push(Happening::Lost { records }),
                Ok(KmsgStep::Quiet) => break,
                Err(error) => {
                    self.missing.push(Missing { what: LOG.to_owned(), why: error.to_string() });
                    self.kmsg = None;
                }
            }
        }
        happenings
    }

    /// Reads what moved in every cgroup.
    fn look(&mut self) -> Vec<Happening> {
        let now = Instant::now();
        if !self.schedule.is_certain(now) && !self.was_somebody_killed() {
            self.schedule.leave_out(now);
            return Vec::new();
        }
        if self.schedule.begin_look(now) == schedule::Look::Closely {
            self.collector.read_counters_next();
        }
        self.looks += 1;
        let comings_and_goings = self.collector.comings_and_goings();
        self.collector.scan();
        self.register_new(comings_and_goings);
        let snapshot = self.collector.snapshot();
        self.memories.remember(snapshot);
        let mut happenings = self.known.changes(snapshot, proc::uptime(&self.root));
        if let Some(mark_victim) = &mut self.mark_victim {
            let heard_at = proc::uptime(&self.root);
            let marked = mark_victim.victims().into_iter();
            happenings.extend(marked.map(|victim| Happening::VictimMarked { victim, heard_at }));
        }
        happenings
    }

    /// v1 also notifies when a cgroup goes, and where containers come and go all day looking at everything each time is dear.
    /// Every kill is in the machine's count (`oom_kill` in `/proc/vmstat`, 4.13); where that cannot be read, it may be one.
    fn was_somebody_killed(&self) -> bool {
        let kills = proc::kills(&self.root);
        kills.is_none() || kills != self.kills_at_rest
    }

    /// Has v1 notify of cgroups that came since so many had come and gone.
    fn register_new(&mut self, comings_and_goings: u64) {
        let are_the_same = self.collector.comings_and_goings() == comings_and_goings;
        if let Some(v1) = self.v1.as_mut().filter(|v1| !(are_the_same && v1.is_complete())) {
            v1.register(self.collector.snapshot());
        }
    }

    fn block(&mut self, until: Instant) -> Wake {
        let now = Instant::now();
        let wakers = Wakers {
            log: self.kmsg.as_ref().and_then(Kmsg::descriptor),
            log_growth: self.log_growth.as_ref(),
            // A look that is planned will read what moved; until then the same news would wake again and again.
            cgroups: self.collector.notification().filter(|_| self.schedule.is_listening(now)),
            v1: self.v1.as_ref().map(V1Notification::descriptor),
            caller: self.caller.as_ref().map(AsFd::as_fd),
        };
        let wake = wakers.block(until.saturating_duration_since(now));
        match wake {
            Wake::Cgroups => {
                let comings_and_goings = self.collector.comings_and_goings();
                match self.collector.hear_notification() {
                    Heard::FilesMoved => self.schedule.plan_look(Instant::now()),
                    Heard::NothingToRead => self.schedule.rest(Instant::now()),
                }
                if self.collector.comings_and_goings() != comings_and_goings {
                    self.memories.meet(self.collector.snapshot(), proc::uptime(&self.root));
                }
                self.register_new(comings_and_goings);
            }
            Wake::V1 => {
                if !self.schedule.is_after_notification() {
                    self.kills_at_rest = self.collector.oom_kills_host();
                }
                if let Some(v1) = &self.v1 {
                    v1.rearm();
                }
                self.schedule.plan_looks_after_notification(Instant::now());
            }
            Wake::Caller => {
                if let Some(caller) = &self.caller {
                    v1_notification::drain(caller.as_fd());
                }
            }
            Wake::Log | Wake::Time | Wake::Interrupted => {}
        }
        wake
    }

    /// What the cgroup at `path` that lived at `at` (time since boot) held before then; it may be gone since.
    #[must_use]
    pub fn before_kill(&self, path: &str, at: Duration) -> Option<&BeforeKill> {
        self.memories.before_kill(path, at)
    }

    /// The last figures up to `at` (time since boot) of the cgroup at `path` and of each below it: who else was there.
    #[must_use]
    pub fn neighbours(&self, path: &str, at: Duration) -> Vec<CgroupMoment> {
        self.memories.neighbours(path, at)
    }

    /// Takes what Docker and systemd said, to be joined with the cgroups.
    pub fn hear(&mut self, witnesses: Witnesses) {
        self.collector.hear(witnesses);
    }

    /// Wakes [`OomWatch::wait`] whenever `descriptor` can be read, and empties it. It must not block.
    pub fn wake_by(&mut self, descriptor: OwnedFd) {
        self.caller = Some(descriptor);
    }

    /// Looks so often from now on.
    pub const fn look_every(&mut self, interval: Duration) {
        self.schedule.tick_every(interval);
    }

    /// How often the cgroups were looked at: when it rose, the snapshot is another.
    #[must_use]
    pub const fn looks(&self) -> u64 {
        self.looks
    }

    /// How many cgroup files are kept open.
    #[must_use]
    pub fn descriptors_kept(&self) -> usize {
        self.collector.descriptors_kept()
    }

    /// The machine as it was at the last look.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        self.collector.snapshot()
    }

    /// How far the log was read, to be kept for the next start.
    #[must_use]
    pub fn cursor(&self) -> Option<KmsgCursor> {
        self.kmsg.as_ref().and_then(Kmsg::cursor)
    }

    /// The boot that is watched.
    #[must_use]
    pub fn boot_id(&self) -> Option<BootId> {
        crate::kmsg::boot_id(&self.root)
    }

    /// Witnesses that cannot be heard, and why.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }
}

const LOG: &str = "the kernel's log: who was killed, and at which limit";

/// Whether the machine counts on cgroup v1.
fn is_v1(snapshot: &Snapshot) -> bool {
    snapshot.host.cgroup_version.value() == Some(&CgroupVersion::V1)
}
