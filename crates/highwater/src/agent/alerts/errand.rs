//! Work that is done now and then and takes its time: aside, so that the loop does not wait for it, or at once where time is recorded.

use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Whether the loop may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// It must not: the work is done in a thread of its own, and slowly.
    Aside,
    /// It may: the clock is a record's, which stands still meanwhile.
    AtOnce,
}

/// The work.
pub enum Errand<T> {
    /// It is done again at this time since boot.
    Due(Duration),
    /// It is being done.
    Running(JoinHandle<T>),
}

impl<T: Send + 'static> Errand<T> {
    /// Begins when it is due, and gives what came out when it is done; then it is due again after so long.
    pub fn step<W>(
        &mut self,
        now: Duration,
        every: Duration,
        haste: Haste,
        work: impl FnOnce() -> W,
    ) -> Option<T>
    where
        W: FnOnce() -> T + Send + 'static,
    {
        match (&*self, haste) {
            (Self::Due(due), _) if now < *due => None,
            (Self::Due(_), Haste::AtOnce) => {
                *self = Self::Due(now + every);
                Some(work()())
            }
            (Self::Due(_), Haste::Aside) => {
                *self = Self::Running(thread::spawn(work()));
                None
            }
            (Self::Running(running), _) if !running.is_finished() => None,
            (Self::Running(_), _) => match std::mem::replace(self, Self::Due(now + every)) {
                // A thread that panicked has nothing to say; it is tried again.
                Self::Running(ended) => ended.join().ok(),
                Self::Due(_) => None,
            },
        }
    }
}
