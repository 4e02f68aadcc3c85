//! The peaks of blocks of time: their largest within a window, and how high they usually are.

/// How long a peak is remembered: two weeks, so that a weekly one is always in sight.
pub const WINDOW_SECONDS: u64 = 14 * 86_400;

/// Peaks of finished blocks in a window that moves, and of the block under way.
#[derive(Clone, Debug)]
pub struct BlockPeaks {
    block_seconds: u64,
    interval_seconds: u64,
    finished: Vec<f64>,
    blocks_max: usize,
    next: usize,
    running: f64,
    peak: f64,
    usual: f64,
    scratch: Vec<f64>,
}

/// Whether a sample was the last of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// More of it follows.
    Running,
    /// The next sample begins another.
    Finished,
}

impl BlockPeaks {
    /// For blocks of a length, of samples so far apart.
    #[must_use]
    pub fn new(block_seconds: u64, interval_seconds: u64) -> Self {
        let block_seconds = block_seconds.max(1);
        Self {
            block_seconds,
            interval_seconds,
            finished: Vec::new(),
            blocks_max: usize::try_from(WINDOW_SECONDS / block_seconds).unwrap_or(usize::MAX).max(1),
            next: 0,
            running: 0.0,
            peak: 0.0,
            usual: 0.0,
            scratch: Vec::new(),
        }
    }

    /// Counts a sample. `share` is the quantile that [`BlockPeaks::usual`] tells.
    pub fn add(&mut self, seconds: u64, usage: f64, share: f64) -> Block {
        self.running = self.running.max(usage);
        if (seconds + self.interval_seconds) / self.block_seconds == seconds / self.block_seconds {
            return Block::Running;
        }
        if self.finished.len() < self.blocks_max {
            self.finished.push(self.running);
        } else if let Some(oldest) = self.finished.get_mut(self.next) {
            *oldest = self.running;
        }
        self.next = (self.next + 1) % self.blocks_max;
        self.running = 0.0;
        self.peak = self.finished.iter().copied().fold(0.0, f64::max);
        self.usual = self.upper_quantile(share);
        Block::Finished
    }

    /// The block under way needed at least so much.
    pub fn raise(&mut self, usage: f64) {
        self.running = self.running.max(usage);
    }

    /// The largest peak of the window, the block under way included.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.peak.max(self.running)
    }

    /// The largest peak of the finished blocks against their quantile, as a logarithm: zero for a flat series.
    #[must_use]
    pub fn burstiness(&self) -> f64 {
        (self.peak.max(super::MIB) / self.usual.max(super::MIB)).ln()
    }

    /// The peaks of the finished blocks, in no order.
    #[must_use]
    pub fn finished(&self) -> &[f64] {
        &self.finished
    }

    /// The peak that a share of the finished blocks stay below, at least one block being above it.
    fn upper_quantile(&mut self, share: f64) -> f64 {
        let count = self.finished.len();
        if count < 2 {
            return self.peak;
        }
        let above = (((1.0 - share) * count as f64).ceil() as usize).clamp(1, count - 1);
        self.scratch.clone_from(&self.finished);
        let (_, quantile, _) = self.scratch.select_nth_unstable_by(count - 1 - above, f64::total_cmp);
        *quantile
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, BlockPeaks};

    #[test]
    fn a_peak_counts_at_once_and_leaves_after_two_weeks() {
        let mut peaks = BlockPeaks::new(3600, 1800);
        assert_eq!(peaks.add(0, 7e8, 0.95), Block::Running);
        assert_eq!(peaks.peak(), 7e8);
        assert_eq!(peaks.add(1800, 1e8, 0.95), Block::Finished);
        let mut seconds = 3600;
        while seconds < 14 * 86_400 {
            peaks.add(seconds, 1e8, 0.95);
            seconds += 1800;
        }
        assert_eq!(peaks.peak(), 7e8);
        assert!((peaks.burstiness() - 7.0_f64.ln()).abs() < 1e-12);
        for _ in 0..2 {
            peaks.add(seconds, 1e8, 0.95);
            seconds += 1800;
        }
        assert_eq!((peaks.peak(), peaks.burstiness()), (1e8, 0.0));
    }
}
