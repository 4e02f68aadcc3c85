//! The limits that are set today, as if they had been set all the time.

use crate::recommend::{Limits, Rule};

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct LimitsSet {
    /// What is set.
    pub limits: Limits,
}

impl Rule for LimitsSet {
    fn observe(&mut self, _seconds: u64, _usage: f64) {}

    fn oom(&mut self, _seconds: u64, _total: f64) {}

    fn recommend(&mut self, _seconds: u64) -> Limits {
        self.limits
    }
}
