//! How far a long act is, shared between the one who acts and the one who watches.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes done of bytes to do; nothing is to be done until somebody says so.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Says how much there is to do.
    pub fn will_reach(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Says how much is done.
    pub fn reach(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    /// What is done, and of how much; nothing for an act that does not tell.
    #[must_use]
    pub fn seen(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed), total))
    }
}
