//! The peaks of blocks of time: their largest within a window, and how high they usually are.

/// How long a peak is remembered: two weeks, so that a weekly one is always in sight.
pub const WINDOW_SECONDS: u64 = 14 * 86_400;

/// Peaks of finished blocks in a window that moves, and of the block under way.
#[derive(Clone, Debug)]
pub struct BlockPeaks {
    block_seconds: u64,
    interval_seconds: u64,
    /// In the order of time, from `next` on when the window is full.
    finished: Vec<f64>,
    /// The same, from the least to the largest.
    sorted: Vec<f64>,
    blocks_max: usize,
    next: usize,
    running: f64,
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
            sorted: Vec::new(),
            blocks_max: usize::try_from(WINDOW_SECONDS / block_seconds).unwrap_or(usize::MAX).max(1),
            next: 0,
            running: 0.0,
        }
    }

    /// Counts a sample.
    pub fn add(&mut self, seconds: u64, usage: f64) -> Block {
        self.running = self.running.max(usage);
        if (seconds + self.interval_seconds) / self.block_seconds == seconds / self.block_seconds {
            return Block::Running;
        }
        let place = |sorted: &[f64], peak: f64| sorted.partition_point(|other| *other < peak);
        if self.finished.len() < self.blocks_max {
            self.finished.push(self.running);
        } else if let Some(oldest) = self.finished.get_mut(self.next) {
            let at = place(&self.sorted, *oldest);
            if at < self.sorted.len() {
                self.sorted.remove(at);
            }
            *oldest = self.running;
        }
        self.sorted.insert(place(&self.sorted, self.running), self.running);
        self.next = (self.next + 1) % self.blocks_max;
        self.running = 0.0;
        Block::Finished
    }

    /// The block under way needed at least so much.
    pub fn raise(&mut self, usage: f64) {
        self.running = self.running.max(usage);
    }

    /// The largest peak of the window, the block under way included.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.largest().max(self.running)
    }

    /// The largest peak of the finished blocks against their quantile, as a logarithm: zero for a flat series.
    #[must_use]
    pub fn burstiness(&self, share: f64) -> f64 {
        (self.largest().max(super::MIB) / self.upper_quantile(share).max(super::MIB)).ln()
    }

    fn largest(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(0.0)
    }

    /// The peak that a share of the finished blocks stay below, at least one block being above it.
    #[must_use]
    pub fn upper_quantile(&self, share: f64) -> f64 {
        let count = self.sorted.len();
        if count < 2 {
            return self.largest();
        }
        let above = (((1.0 - share) * count as f64).ceil() as usize).clamp(1, count - 1);
        self.sorted.get(count - 1 - above).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, BlockPeaks};

    #[test]
    fn a_peak_counts_at_once_and_leaves_after_two_weeks() {
        let mut peaks = BlockPeaks::new(3600, 1800);
        assert_eq!(peaks.add(0, 7e8), Block::Running);
        assert_eq!(peaks.peak(), 7e8);
        assert_eq!(peaks.add(1800, 1e8), Block::Finished);
        let mut seconds = 3600;
        while seconds < 14 * 86_400 {
            peaks.add(seconds, 1e8);
            seconds += 1800;
        }
        assert_eq!(peaks.peak(), 7e8);
        assert!((peaks.burstiness(0.95) - 7.0_f64.ln()).abs() < 1e-12);
        for _ in 0..2 {
            peaks.add(seconds, 1e8);
            seconds += 1800;
        }
        assert_eq!((peaks.peak(), peaks.burstiness(0.95)), (1e8, 0.0));
    }
}
