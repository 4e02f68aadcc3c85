//! The lowest usage of each half hour: what a collector or a request gives back again is not in it.

use model::history::Sample;

/// The shortest block.
const BLOCK_SECONDS_MIN: u64 = 1800;

/// Minima of equal blocks, in order; a block without a sample is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Minima {
    start: i64,
    block_seconds: u64,
    values: Vec<Option<f64>>,
}

impl Minima {
    /// Of one run's samples, aligned to its end, so that the newest block is whole.
    #[must_use]
    pub fn new(samples: &[Sample], interval_seconds: u64) -> Self {
        // A block of whole samples that divides the day.
        let least = BLOCK_SECONDS_MIN.max(interval_seconds);
        let per_day = (super::DAY_SECONDS / least).max(1);
        Self::of_blocks(samples, super::DAY_SECONDS / per_day, interval_seconds)
    }

    /// Of blocks of a length.
    #[must_use]
    pub fn of_blocks(samples: &[Sample], block_seconds: u64, interval_seconds: u64) -> Self {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
            return Self { start: 0, block_seconds, values: Vec::new() };
        };
        // A sample stands for the interval behind it.
        let end = last.seconds.saturating_add_unsigned(interval_seconds);
        let count = end.abs_diff(first.seconds) / block_seconds;
        let start = end.saturating_sub_unsigned(count * block_seconds);
        let mut values: Vec<Option<f64>> = vec![None; usize::try_from(count).unwrap_or(0)];
        for sample in samples.iter().filter(|sample| sample.seconds >= start) {
            let block = usize::try_from(sample.seconds.abs_diff(start) / block_seconds).unwrap_or(usize::MAX);
            if let Some(held) = values.get_mut(block) {
                let usage = sample.usage.0 as f64;
                *held = Some(held.map_or(usage, |held| held.min(usage)));
            }
        }
        Self { start, block_seconds, values }
    }

    /// The same of blocks that are several times as long: removes slower saw-teeth.
    #[must_use]
    pub fn coarser(&self, times: usize) -> Self {
        let skipped = self.values.len() % times;
        let kept = self.values.get(skipped..).unwrap_or_default();
        let least = |block: &[Option<f64>]| block.iter().flatten().copied().min_by(f64::total_cmp);
        Self {
            start: self.start.saturating_add_unsigned(skipped as u64 * self.block_seconds),
            block_seconds: self.block_seconds * times as u64,
            values: kept.chunks(times).map(least).collect(),
        }
    }

    /// How long it is, in whole blocks.
    #[must_use]
    pub fn span_seconds(&self) -> u64 {
        self.values.len() as u64 * self.block_seconds
    }

    /// The length of a block.
    #[must_use]
    pub const fn block_seconds(&self) -> u64 {
        self.block_seconds
    }

    /// How many blocks a day has.
    #[must_use]
    pub fn blocks_per_day(&self) -> usize {
        usize::try_from(super::DAY_SECONDS / self.block_seconds.max(1)).unwrap_or(1).max(1)
    }

    /// The minima of one day, counted back from the end: 0 is the last.
    #[must_use]
    pub fn day(&self, days_before: usize) -> Option<&[Option<f64>]> {
        let per_day = self.blocks_per_day();
        let end = self.values.len().checked_sub(days_before * per_day)?;
        self.values.get(end.checked_sub(per_day)?..end)
    }

    /// When a day begins, counted back from the end: 0 is the last.
    #[must_use]
    pub fn begin_of_day(&self, days_before: usize) -> i64 {
        let blocks = (days_before + 1) * self.blocks_per_day();
        let index = self.values.len().saturating_sub(blocks) as u64;
        self.start.saturating_add_unsigned(index * self.block_seconds)
    }

    /// What is known, with the seconds at which the blocks begin.
    pub fn known(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        let at = |index: usize| self.start.saturating_add_unsigned(index as u64 * self.block_seconds);
        self.values.iter().enumerate().filter_map(move |(index, value)| Some((at(index), (*value)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::Minima;
    use kernel::bytes::Bytes;
    use model::history::Sample;

    #[test]
    fn the_newest_block_is_whole_and_a_gap_is_unknown() {
        let minutes = (0..25 * 60).filter(|minute| !(600..700).contains(minute));
        let samples: Vec<Sample> = minutes
            .map(|minute| Sample {
                seconds: 7 + minute * 60,
                usage: Bytes(1000 + u64::from(minute % 10 == 0)),
            })
            .collect();
        let minima = Minima::new(&samples, 60);
        assert_eq!((minima.blocks_per_day(), minima.span_seconds()), (48, 25 * 3600));
        assert_eq!(minima.known().count(), 47);
        assert!(minima.known().all(|(_, value)| value == 1000.0));
        assert_eq!(minima.day(0).map(<[_]>::len), Some(48));
        assert_eq!(minima.day(1), None);
        assert_eq!(minima.coarser(8).span_seconds(), 24 * 3600);
    }
}
