//! One receiver on a thread of its own: a bounded queue, attempts with growing pauses, and reports of what arrived.
//!
//! Whoever offers a notice never waits. What does not fit the queue is refused and stays with whoever keeps it; the queue is in
//! order, and a notice leaves it only when it was delivered, or when its receiver will not have it.

use crate::delivery::{Deliver, DeliveryError, Hope, Refreshed};
use model::agent::ReceiverTotals;
use model::notice::Notice;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many notices wait; more stay where they are kept.
const QUEUE_MAX: usize = 1_024;

/// A receiver that says no so often does not want this notice.
const REFUSALS_MAX: u32 = 3;

/// How long is waited after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After the first.
    pub first: Duration,
    /// At most; each pause is twice the one before.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(300) }
    }
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It waits for its turn.
    Taken,
    /// The queue is full: offer it again later.
    Full,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The number with which it was offered.
    pub sequence: u64,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// This receiver is not told such notices.
    NotWanted,
    /// The receiver will not have it, for this reason.
    Refused(String),
}

/// How a receiver is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Attempts that failed since the last that did not.
    pub failures: u32,
    /// Why the last one failed.
    pub error: Option<String>,
    /// Notices that wait.
    pub waiting: usize,
}

#[derive(Debug, Default)]
struct Shared {
    queue: VecDeque<(u64, Notice)>,
    health: Health,
    totals: ReceiverTotals,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Desk {
    shared: Mutex<Shared>,
    moved: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something in the queue, at most for a while; false when it is over.
    fn wait_for_notice(&self, longest: Duration) -> bool {
        let is_idle = |shared: &mut Shared| shared.queue.is_empty() && !shared.is_over;
        let waited = self.moved.wait_timeout_while(self.lock(), longest, is_idle);
        let (shared, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !shared.is_over
    }

    /// Waits, unless it is over meanwhile.
    fn rest(&self, pause: Duration) {
        let waited = self.moved.wait_timeout_while(self.lock(), pause, |shared| !shared.is_over);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// A receiver at work.
#[derive(Debug)]
pub struct Courier {
    desk: Arc<Desk>,
    reports: Receiver<Report>,
    ended: Receiver<()>,
}

impl Courier {
    /// Sets a receiver to work.
    #[must_use]
    pub fn start(receiver: Box<dyn Deliver>, pace: Pace) -> Self {
        let desk = Arc::new(Desk::default());
        let (told, reports) = channel();
        let (over, ended) = channel();
        let round = Round { receiver, pace, desk: Arc::clone(&desk), told, pauses: 0, refusals: 0 };
        thread::spawn(move || {
            round.run();
            // Nobody may be waiting for it any more.
            let _ = over.send(());
        });
        Self { desk, reports, ended }
    }

    /// Offers a notice under a number of the caller's; never waits for the receiver.
    #[must_use]
    pub fn offer(&self, sequence: u64, notice: &Notice) -> Offered {
        let mut shared = self.desk.lock();
        if shared.queue.len() >= QUEUE_MAX {
            return Offered::Full;
        }
        shared.queue.push_back((sequence, notice.clone()));
        drop(shared);
        self.desk.moved.notify_all();
        Offered::Taken
    }

    /// What became of notices since it was last asked.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        self.reports.try_iter().collect()
    }

    /// Waits for what becomes of a notice.
    #[must_use]
    pub fn next_report(&self, longest: Duration) -> Option<Report> {
        self.reports.recv_timeout(longest).ok()
    }

    /// How the receiver is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        let shared = self.desk.lock();
        Health { waiting: shared.queue.len(), ..shared.health.clone() }
    }

    /// What became of all attempts so far.
    #[must_use]
    pub fn totals(&self) -> ReceiverTotals {
        self.desk.lock().totals
    }

    /// Ends it after the attempt that runs, and returns the reports that nobody took; an attempt that takes too long is left to
    /// itself. What waits is not delivered: whoever keeps it offers it again.
    #[must_use]
    pub fn finish(self, patience: Duration) -> Vec<Report> {
        self.desk.lock().is_over = true;
        self.desk.moved.notify_all();
        // Patience is all that this waits for.
        let _ = self.ended.recv_timeout(patience);
        self.reports()
    }
}

struct Round {
    receiver: Box<dyn Deliver>,
    pace: Pace,
    desk: Arc<Desk>,
    told: Sender<Report>,
    /// Attempts that failed in a row.
    pauses: u32,
    /// How often the first notice of the queue was refused.
    refusals: u32,
}

impl Round {
    fn run(mut self) {
        // What stands already comes first; after a notice it would be that notice again.
        let mut refresh = self.refresh();
        loop {
            let idle =
                refresh.map_or(Duration::from_secs(3600), |at| at.saturating_duration_since(Instant::now()));
            if !self.desk.wait_for_notice(idle) {
                return;
            }
            if self.drop_unwanted() {
                continue;
            }
            let batch = self.batch();
            if batch.is_empty() {
                refresh = self.refresh();
            } else {
                self.attempt(&batch);
            }
        }
    }

    fn refresh(&mut self) -> Option<Instant> {
        match self.receiver.refresh() {
            Ok(Refreshed::Never) => None,
            Ok(Refreshed::Nothing { again }) => Instant::now().checked_add(again),
            Ok(Refreshed::Told { again }) => {
                self.succeed();
                Instant::now().checked_add(again)
            }
            Err(error) => {
                self.note(&error);
                Instant::now().checked_add(self.pause(error.hope))
            }
        }
    }

    /// Drops the first notice where the receiver is not told such; true when it did.
    fn drop_unwanted(&self) -> bool {
        let mut shared = self.desk.lock();
        let unwanted = shared.queue.front().filter(|(_, notice)| !self.receiver.wants(notice));
        let Some(sequence) = unwanted.map(|(sequence, _)| *sequence) else { return false };
        shared.queue.pop_front();
        drop(shared);
        self.tell(sequence, Fate::NotWanted);
        true
    }

    /// The first notices that are wanted, as many as the receiver takes. After a refusal one at a time, to find the one.
    fn batch(&self) -> Vec<(u64, Notice)> {
        let most = if self.refusals > 0 { 1 } else { self.receiver.batch_max().max(1) };
        let shared = self.desk.lock();
        let wanted = shared.queue.iter().take_while(|(_, notice)| self.receiver.wants(notice));
        wanted.take(most).cloned().collect()
    }

    fn attempt(&mut self, batch: &[(u64, Notice)]) {
        let notices: Vec<&Notice> = batch.iter().map(|(_, notice)| notice).collect();
        match self.receiver.deliver(&notices) {
            Ok(_) => {
                self.refusals = 0;
                self.succeed();
                self.leave(batch, &Fate::Delivered);
            }
            Err(error) => {
                self.note(&error);
                if error.hope == Hope::Refused {
                    // Several at once: each has three attempts of its own, and this one found out nothing.
                    self.refusals = if batch.len() > 1 { 1 } else { self.refusals.max(1) + 1 };
                    if batch.len() == 1 && self.refusals > REFUSALS_MAX {
                        self.refusals = 1;
                        self.desk.lock().totals.refused += 1;
                        self.leave(batch, &Fate::Refused(error.words));
                        return;
                    }
                }
                self.desk.rest(self.pause(error.hope));
            }
        }
    }

    fn leave(&self, batch: &[(u64, Notice)], fate: &Fate) {
        let mut shared = self.desk.lock();
        shared.queue.drain(..batch.len());
        drop(shared);
        for (sequence, _) in batch {
            self.tell(*sequence, fate.clone());
        }
    }

    fn tell(&self, sequence: u64, fate: Fate) {
        // Whoever asked may be gone; what was delivered stays delivered.
        let _ = self.told.send(Report { sequence, fate });
    }

    fn succeed(&mut self) {
        self.pauses = 0;
        let mut shared = self.desk.lock();
        shared.totals.deliveries += 1;
        shared.health = Health::default();
    }

    fn note(&mut self, error: &DeliveryError) {
        self.pauses = self.pauses.saturating_add(1);
        let mut shared = self.desk.lock();
        shared.totals.failures += 1;
        shared.health = Health { failures: self.pauses, error: Some(error.words.clone()), waiting: 0 };
    }

    /// Between half of it and all of it: many agents must not come back at once.
    fn pause(&self, hope: Hope) -> Duration {
        let doubled = self.pace.first.saturating_mul(1 << self.pauses.saturating_sub(1).min(20));
        let pause = doubled.min(self.pace.longest);
        // A hasher's keys are random for each.
        let share = RandomState::new().hash_one(self.pauses) % 512 + 512;
        let jittered = pause.mul_f64(share as f64 / 1024.0);
        match hope {
            Hope::Later { after: Some(after) } => jittered.max(after),
            Hope::Later { after: None } | Hope::Refused => jittered,
        }
    }
}

#[cfg(test)]
mod tests;
