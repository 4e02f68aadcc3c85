//! A series brought to equal steps: what happened between two steps counts with its peak, and a gap keeps what was before it.

use model::history::Series;

/// What was used at each step, in bytes, from the first sample to the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// By step.
    pub usage: Vec<f64>,
}

impl Grid {
    /// Brings a series to steps of so many seconds.
    #[must_use]
    pub fn new(series: &Series, interval_seconds: u64) -> Self {
        let samples = series.samples();
        let Some(first) = samples.first() else { return Self { usage: Vec::new() } };
        let interval = interval_seconds.max(1);
        let mut usage: Vec<f64> = Vec::with_capacity(samples.len());
        for sample in samples {
            let step = (sample.seconds.abs_diff(first.seconds) + interval / 2) / interval;
            let step = usize::try_from(step).unwrap_or(usize::MAX);
            let amount = sample.usage.0 as f64;
            if step < usage.len() {
                if let Some(held) = usage.last_mut() {
                    *held = held.max(amount);
                }
                continue;
            }
            let before = usage.last().copied().unwrap_or(amount);
            usage.resize(step, before);
            usage.push(amount);
        }
        Self { usage }
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use kernel::bytes::Bytes;
    use model::history::{Sample, Series};

    fn grid(samples: &[(i64, u64)], interval: u64) -> Vec<f64> {
        let samples =
            samples.iter().map(|(seconds, usage)| Sample { seconds: *seconds, usage: Bytes(*usage) });
        Grid::new(&Series::new(samples.collect()), interval).usage
    }

    #[test]
    fn gaps_keep_what_was_before_and_finer_samples_their_peak() {
        assert_eq!(grid(&[(120, 1), (180, 2), (360, 3)], 60), [1.0, 2.0, 2.0, 2.0, 3.0]);
        assert_eq!(grid(&[(0, 1), (15, 9), (29, 2), (60, 4)], 60), [9.0, 4.0]);
        // A clock that is a little late does not make a gap.
        assert_eq!(grid(&[(0, 1), (61, 2), (119, 3)], 60), [1.0, 2.0, 3.0]);
        assert_eq!(grid(&[], 60), Vec::<f64>::new());
    }
}
