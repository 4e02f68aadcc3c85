//! The one-number rule, for classes that must not swap: the peak with a margin that the series earns, and a raise after kills.

use super::margin::{Margin, WITHOUT_SWAP};
use super::oom_bump::{OomBump, UNSEEN_NEED};
use super::peaks::{Block, BlockPeaks};
use super::steady::Steady;
use super::{Limits, Rule};
use model::replay::ReplayTiming;

/// The quantile of block peaks that the largest is measured against.
pub const USUAL_SHARE: f64 = 0.95;

/// What one number and two numbers share: the total that a container may need.
#[derive(Clone, Debug)]
pub struct Total {
    /// The constants.
    pub margin: Margin,
    /// Peaks.
    pub peaks: BlockPeaks,
    /// Kills.
    pub bump: OomBump,
    /// How long it was seen.
    pub age_seconds: f64,
    interval_seconds: f64,
    block_seconds: f64,
}

impl Total {
    /// With a margin's constants.
    #[must_use]
    pub fn new(timing: &ReplayTiming, margin: Margin) -> Self {
        Self {
            margin,
            peaks: BlockPeaks::new(timing.decision_seconds, timing.interval_seconds),
            bump: OomBump::default(),
            age_seconds: 0.0,
            interval_seconds: timing.interval_seconds as f64,
            block_seconds: timing.decision_seconds as f64,
        }
    }

    /// Counts a sample.
    pub fn observe(&mut self, seconds: u64, usage: f64) {
        self.age_seconds += self.interval_seconds;
        match self.peaks.add(seconds, usage) {
            Block::Running => {}
            Block::Finished => self.bump.fade(self.block_seconds),
        }
    }

    /// Counts a kill.
    pub fn oom(&mut self, total: f64) {
        self.bump.kill(total, self.margin.floor);
        self.peaks.raise(total * UNSEEN_NEED);
    }

    /// Memory and swap together.
    #[must_use]
    pub fn amount(&self) -> f64 {
        let above =
            self.margin.above(self.peaks.peak(), self.peaks.burstiness(USUAL_SHARE), self.age_seconds);
        above.max(self.bump.raised_to())
    }
}

/// The rule.
#[derive(Clone, Debug)]
pub struct OneNumber {
    /// The total, which here is memory.
    pub total: Total,
    steady: Steady,
}

impl OneNumber {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(timing: &ReplayTiming) -> Self {
        Self { total: Total::new(timing, WITHOUT_SWAP), steady: Steady::default() }
    }
}

impl Rule for OneNumber {
    fn observe(&mut self, seconds: u64, usage: f64) {
        self.total.observe(seconds, usage);
    }

    fn oom(&mut self, _seconds: u64, total: f64) {
        self.total.oom(total);
    }

    fn recommend(&mut self, seconds: u64) -> Limits {
        let total = self.total.amount();
        self.steady.largest(seconds, total, total)
    }
}
