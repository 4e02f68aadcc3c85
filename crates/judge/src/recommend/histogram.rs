//! Amounts counted in buckets that grow by five percent, and their percentiles.
//!
//! The buckets are VPA's (kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/util/histogram_options.go and
//! model/aggregations_config.go): the first ends at 10 MB, each is 1.05 times as wide as the one before, up to 1 TB.

use std::sync::LazyLock;

/// How many buckets there are: `ceil(log(1e12 × 0.05 / 1e7 + 1) / log(1.05)) + 1`.
pub const BUCKETS: usize = 176;

const FIRST_BYTES: f64 = 1e7;
const RATIO: f64 = 1.05;

static STARTS: LazyLock<[f64; BUCKETS]> = LazyLock::new(|| {
    std::array::from_fn(|bucket| FIRST_BYTES * (RATIO.powf(bucket as f64) - 1.0) / (RATIO - 1.0))
});

static LOG_RATIO: LazyLock<f64> = LazyLock::new(|| RATIO.ln());

/// The bucket that an amount falls into.
#[must_use]
pub fn bucket_of(amount: f64) -> usize {
    if amount < FIRST_BYTES {
        return 0;
    }
    let bucket = (amount * (RATIO - 1.0) / FIRST_BYTES + 1.0).ln() / *LOG_RATIO;
    (bucket as usize).min(BUCKETS - 1)
}

/// Where a bucket starts; the last for one behind it.
#[must_use]
pub fn start_of(bucket: usize) -> f64 {
    STARTS.get(bucket).or(STARTS.last()).copied().unwrap_or_default()
}

/// Weights of the buckets.
#[derive(Clone, Debug)]
pub struct Histogram {
    weights: [f64; BUCKETS],
    /// No bucket outside of these has a weight.
    low: usize,
    high: usize,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { weights: [0.0; BUCKETS], low: BUCKETS - 1, high: 0 }
    }
}

impl Histogram {
    /// Adds a weight to the bucket of an amount.
    pub fn add(&mut self, amount: f64, weight: f64) {
        let bucket = bucket_of(amount);
        self.low = self.low.min(bucket);
        self.high = self.high.max(bucket);
        if let Some(held) = self.weights.get_mut(bucket) {
            *held += weight;
        }
    }

    /// Takes a weight away again; what is left below `least` is nothing.
    pub fn subtract(&mut self, amount: f64, weight: f64, least: f64) {
        if let Some(held) = self.weights.get_mut(bucket_of(amount)) {
            *held -= weight;
            if *held < least {
                *held = 0.0;
            }
        }
    }

    /// Multiplies all weights.
    pub fn scale(&mut self, factor: f64) {
        for weight in &mut self.weights {
            *weight *= factor;
        }
    }

    /// The end of the first bucket up to which such a share of the weight lies; zero of nothing.
    ///
    /// VPA's `Percentile` (histogram.go): the end, so it is rounded up by as much as five percent.
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        let filled = self.weights.get(self.low..=self.high).unwrap_or_default();
        let total: f64 = filled.iter().fold(0.0, |sum, weight| sum + weight);
        if total <= 0.0 {
            return 0.0;
        }
        // Adding up in another order than the total was must not move the answer by a bucket.
        let wanted = share * total - 1e-12 * total;
        let mut sum = 0.0;
        let reached = filled.iter().position(|weight| {
            sum += weight;
            sum >= wanted
        });
        let last = filled.iter().rposition(|weight| *weight > 1e-300).unwrap_or(0);
        start_of((self.low + reached.unwrap_or(last).min(last) + 1).min(BUCKETS - 1))
    }
}

/// Weights that halve after a time: the same as letting each new sample weigh more.
#[derive(Clone, Debug)]
pub struct DecayingHistogram {
    histogram: Histogram,
    weight: f64,
    keep: f64,
}

impl DecayingHistogram {
    /// For samples so many seconds apart.
    #[must_use]
    pub fn new(interval_seconds: u64, half_life_seconds: f64) -> Self {
        let keep = (-(interval_seconds as f64) / half_life_seconds).exp2();
        Self { histogram: Histogram::default(), weight: 1.0, keep }
    }

    /// Counts the next sample.
    pub fn add(&mut self, amount: f64) {
        self.weight /= self.keep;
        if self.weight > 1e200 {
            self.histogram.scale(1.0 / self.weight);
            self.weight = 1.0;
        }
        self.histogram.add(amount, self.weight);
    }

    /// As [`Histogram::percentile`].
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        self.histogram.percentile(share)
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, DecayingHistogram, Histogram, bucket_of, start_of};

    #[test]
    fn the_buckets_are_vpas() {
        // The figure of histogram_options.go for these three constants.
        assert_eq!(((1e12 * 0.05 / 1e7 + 1.0_f64).ln() / 1.05_f64.ln()).ceil() as usize + 1, BUCKETS);
        assert_eq!(
            (bucket_of(0.0), bucket_of(9_999_999.0), bucket_of(1.05e7), bucket_of(1e15)),
            (0, 0, 1, 175)
        );
        for bucket in 1..BUCKETS {
            assert_eq!(bucket_of(start_of(bucket) * 1.000_001), bucket);
        }
    }

    #[test]
    fn a_percentile_is_the_end_of_its_bucket() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(0.9), 0.0);
        for _ in 0..9 {
            histogram.add(1e8, 1.0);
        }
        histogram.add(1e9, 1.0);
        assert_eq!(histogram.percentile(0.9), start_of(bucket_of(1e8) + 1));
        assert_eq!(histogram.percentile(0.91), start_of(bucket_of(1e9) + 1));
        histogram.subtract(1e9, 1.0, 1e-4);
        assert_eq!(histogram.percentile(1.0), start_of(bucket_of(1e8) + 1));
    }

    #[test]
    fn what_is_old_weighs_half() {
        let mut decaying = DecayingHistogram::new(60, 60.0);
        for amount in [1e9, 1e9, 1e8, 1e8] {
            decaying.add(amount);
        }
        // 1 + 2 against 4 + 8.
        assert!(decaying.percentile(0.79) < 2e8);
        assert!(decaying.percentile(0.81) > 9e8);
    }
}
