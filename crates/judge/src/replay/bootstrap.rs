//! Where scores may lie: series are drawn with replacement, again and again, and the middle 95 % of what comes out counts.

use crate::replay::score::total;
use model::replay::{Interval, ReplayScore, ScoreIntervals, SeriesScore};

/// The shares below and above the interval.
const TAIL: f64 = 0.025;

/// A sequence of numbers that look random and are the same in every run: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    state: u64,
}

impl Draws {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `count`, or zero of none.
    pub fn index(&mut self, count: usize) -> usize {
        // The high half of the product: even, without a division (Lemire 2019); its bias is below 2^-32 for what fits memory.
        usize::try_from((u128::from(self.bits()) * count as u128) >> 64).unwrap_or(0)
    }

    /// Between zero and one.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed around zero (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// The middle 95 % of values; `None` of none.
#[must_use]
pub fn middle(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| values.get((share * last as f64).round() as usize).copied();
    Some(Interval { low: at(TAIL)?, high: at(1.0 - TAIL)? })
}

/// The intervals of a rule's scores.
#[must_use]
pub fn intervals(
    scores: &[SeriesScore],
    interval_seconds: u64,
    draws: u32,
    seed: u64,
) -> Option<ScoreIntervals> {
    let judged: Vec<&SeriesScore> = scores.iter().filter(|score| score.samples > 0).collect();
    let mut draw = Draws::new(seed);
    let totals: Vec<ReplayScore> = (0..draws)
        .filter_map(|_| {
            let drawn = (0..judged.len()).filter_map(|_| judged.get(draw.index(judged.len())).copied());
            total(drawn, interval_seconds)
        })
        .collect();
    let of = |value: fn(&ReplayScore) -> f64| middle(totals.iter().map(value).collect());
    Some(ScoreIntervals {
        oom_episodes_per_100_container_days: of(|score| score.oom_episodes_per_100_container_days)?,
        slack_bytes_ratio: of(|score| score.slack_bytes_ratio)?,
        slack_mean_ratio: of(|score| score.slack_mean_ratio)?,
        changes_per_container_day: of(|score| score.changes_per_container_day)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Draws, intervals, middle};
    use model::replay::{Interval, SeriesScore};

    #[test]
    fn draws_are_even_and_the_same_each_time() {
        let mut draws = Draws::new(7);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[draws.index(10)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(Draws::new(7).bits(), Draws::new(7).bits());
        let mean = (0..100_000).map(|_| draws.normal()).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02);
    }

    #[test]
    fn the_middle_leaves_out_the_tails() {
        let values = (0..=1000).map(f64::from).collect();
        assert_eq!(middle(values), Some(Interval { low: 25.0, high: 975.0 }));
        assert_eq!(middle(Vec::new()), None);
    }

    #[test]
    fn one_series_that_is_like_no_other_widens_the_interval() {
        let calm = SeriesScore { samples: 1440, memory_sum: 10.0, used_sum: 9.0, ..SeriesScore::default() };
        let killed = SeriesScore { oom_episodes: 30, ..calm };
        let scores: Vec<SeriesScore> = std::iter::repeat_n(calm, 29).chain([killed]).collect();
        let found = intervals(&scores, 60, 1000, 1).unwrap();
        let episodes = found.oom_episodes_per_100_container_days;
        assert!(episodes.low == 0.0 && (200.0..=500.0).contains(&episodes.high), "{episodes:?}");
        assert!((found.slack_bytes_ratio.high - 0.1).abs() < 1e-9);
    }
}
