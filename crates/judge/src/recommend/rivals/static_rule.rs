//! The static rule: what was the largest until the limit was set and 15 %, and never looked at again.

use crate::recommend::{Limits, Rule};

const BUFFER: f64 = 1.15;

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaticRule {
    largest: f64,
    limit: Option<f64>,
}

impl Rule for StaticRule {
    fn observe(&mut self, _seconds: u64, usage: f64) {
        self.largest = self.largest.max(usage);
    }

    fn oom(&mut self, _seconds: u64, _total: f64) {}

    fn recommend(&mut self, _seconds: u64) -> Limits {
        Limits { memory: *self.limit.get_or_insert(self.largest * BUFFER), swap: 0.0 }
    }
}
