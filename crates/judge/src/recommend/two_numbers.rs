//! The two-number rule: memory for what is used nearly always, swap for the rest of what may be needed.
//!
//! The total is generous, because beyond the usual need it is swap and costs little; memory follows a percentile, which alone would
//! be a bad limit, because its tail is killed. With swap behind it the tail is only slow.

use super::histogram::DecayingHistogram;
use super::margin::WITH_SWAP;
use super::one_number::Total;
use super::steady::Steady;
use super::{Limits, MIB, Rule};
use model::replay::ReplayTiming;

/// Memory covers this share of the samples, the newest weighing most.
pub const MEMORY_SHARE: f64 = 0.98;

/// Autopilot's half-life for memory (Rzadca et al., EuroSys 2020): a container's habits are about two days old.
const HALF_LIFE_SECONDS: f64 = 48.0 * 3600.0;

/// On top of the percentile: a bucket is five percent wide and its end already counts, so little is enough.
const MEMORY_RATIO: f64 = 1.03;

/// And an absolute amount for containers of a few MiB.
const MEMORY_FLOOR: f64 = 8.0 * MIB;

/// The rule.
#[derive(Clone, Debug)]
pub struct TwoNumbers {
    /// Memory and swap together.
    pub total: Total,
    usual: DecayingHistogram,
    swap_ratio_max: f64,
    steady: Steady,
}

impl TwoNumbers {
    /// For a class that may have swap of so many times its memory.
    #[must_use]
    pub fn new(timing: &ReplayTiming, swap_ratio_max: f64) -> Self {
        Self {
            total: Total::new(timing, WITH_SWAP),
            usual: DecayingHistogram::new(timing.interval_seconds, HALF_LIFE_SECONDS),
            swap_ratio_max,
            steady: Steady::default(),
        }
    }

    /// What it stays below for nearly all of the time.
    #[must_use]
    pub fn usual(&self) -> f64 {
        self.usual.percentile(MEMORY_SHARE)
    }
}

impl Rule for TwoNumbers {
    fn observe(&mut self, seconds: u64, usage: f64) {
        self.usual.add(usage);
        self.total.observe(seconds, usage);
    }

    fn oom(&mut self, _seconds: u64, total: f64) {
        self.total.oom(total);
    }

    fn recommend(&mut self, seconds: u64) -> Limits {
        let total = self.total.amount();
        let memory = self.usual() * MEMORY_RATIO + MEMORY_FLOOR;
        let memory = memory.max(total / (1.0 + self.swap_ratio_max)).min(total);
        self.steady.largest(seconds, memory, total)
    }
}
