//! A rule that knows nothing of swap, on a host that has some: Docker grants as much swap as memory when nobody says otherwise.
//!
//! Written in Docker's reference of `docker run --memory-swap`: unset, memory and swap together are twice the memory.

use crate::recommend::{Limits, Rule};

/// The rule.
pub struct WithSwap {
    /// The rule that gives memory.
    pub rule: Box<dyn Rule>,
    /// Swap of so many times that memory.
    pub ratio: f64,
}

impl Rule for WithSwap {
    fn observe(&mut self, seconds: u64, usage: f64) {
        self.rule.observe(seconds, usage);
    }

    fn oom(&mut self, seconds: u64, total: f64) {
        self.rule.oom(seconds, total);
    }

    fn recommend(&mut self, seconds: u64) -> Limits {
        let memory = self.rule.recommend(seconds).memory;
        Limits { memory, swap: memory * self.ratio }
    }
}
