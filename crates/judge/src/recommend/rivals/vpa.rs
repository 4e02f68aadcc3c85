//! The Vertical Pod Autoscaler's memory recommender: a percentile of daily peaks, halved in weight each day, and 15 %.
//!
//! Written in kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender: model/container.go (`addMemorySample`, `RecordOOM`),
//! util/decaying_histogram.go, util/histogram.go, logic/estimator.go and recommender.go (percentile 0.9, margin 0.15). The pod's
//! least of 250 MiB is left out, so that rules are compared; requests equal limits.

use crate::recommend::histogram::Histogram;
use crate::recommend::{Limits, MIB, Rule};

const DAY_SECONDS: f64 = 86_400.0;
const MARGIN: f64 = 1.15;
const OOM_RATIO: f64 = 1.2;
const OOM_LEAST: f64 = 100.0 * MIB;

/// Below this a weight is nothing (`epsilon` of model/aggregations_config.go).
const EPSILON: f64 = 1e-4;

/// Weights are brought down after so many half-lives, before they leave the floating point's range.
const HALF_LIVES_MAX: f64 = 50.0;

/// The percentile of VPA's target when nobody sets another.
pub const PERCENTILE: f64 = 0.9;

/// The rule.
#[derive(Clone, Debug)]
pub struct Vpa {
    percentile: f64,
    peaks: Histogram,
    reference: f64,
    window: Option<Window>,
}

/// The day under way: one peak, replaced in place.
#[derive(Clone, Copy, Debug)]
struct Window {
    end: f64,
    peak: f64,
    oom_peak: f64,
}

/// What a sample comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Usage,
    Oom,
}

impl Vpa {
    /// With a target percentile as a share.
    #[must_use]
    pub fn new(percentile: f64) -> Self {
        Self { percentile, peaks: Histogram::default(), reference: 0.0, window: None }
    }

    fn weight(&self, seconds: f64) -> f64 {
        ((seconds - self.reference) / DAY_SECONDS).exp2()
    }

    fn sample(&mut self, seconds: f64, amount: f64, origin: Origin) {
        let mut window = self.window.unwrap_or(Window { end: seconds, peak: 0.0, oom_peak: 0.0 });
        let held = window.peak.max(window.oom_peak);
        let is_new = if seconds < window.end {
            let replaces = held != 0.0 && amount > held;
            if replaces {
                self.peaks.subtract(held, self.weight(window.end), EPSILON);
            }
            replaces
        } else {
            window.end += ((seconds - window.end) / DAY_SECONDS).floor() * DAY_SECONDS + DAY_SECONDS;
            (window.peak, window.oom_peak) = (0.0, 0.0);
            true
        };
        if is_new {
            self.peaks.add(amount, self.weight(window.end));
            match origin {
                Origin::Usage => window.peak = amount,
                Origin::Oom => window.oom_peak = amount,
            }
        }
        self.window = Some(window);
        if seconds - self.reference > HALF_LIVES_MAX * DAY_SECONDS {
            self.peaks.scale((-HALF_LIVES_MAX).exp2());
            self.reference += HALF_LIVES_MAX * DAY_SECONDS;
        }
    }
}

impl Rule for Vpa {
    fn observe(&mut self, seconds: u64, usage: f64) {
        self.sample(seconds as f64, usage, Origin::Usage);
    }

    /// VPA's observer takes the request, which here is what the container could hold.
    fn oom(&mut self, seconds: u64, total: f64) {
        let used = total.max(self.window.map_or(0.0, |window| window.peak));
        self.sample(seconds as f64, (used + OOM_LEAST).max(used * OOM_RATIO), Origin::Oom);
    }

    fn recommend(&mut self, _seconds: u64) -> Limits {
        Limits { memory: self.peaks.percentile(self.percentile) * MARGIN, swap: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{MIB, PERCENTILE, Rule, Vpa};

    /// Eight weeks of 300 MiB days with 1 GiB on each seventh: the target of each day of the last week.
    #[test]
    fn a_weekly_peak_is_forgotten_after_three_days() {
        let mut vpa = Vpa::new(PERCENTILE);
        let mut targets = Vec::new();
        for hour in 0..8 * 7 * 24_u64 {
            let is_peak = (hour / 24).is_multiple_of(7);
            vpa.observe(hour * 3600, if is_peak { 1024.0 } else { 300.0 } * MIB);
            if hour >= 7 * 7 * 24 && hour % 24 == 23 {
                targets.push((vpa.recommend(hour * 3600).memory / MIB).round() as u64);
            }
        }
        assert_eq!(targets, [1181, 1181, 1181, 363, 363, 363, 363]);
    }

    #[test]
    fn a_kill_raises_it_by_a_fifth_or_100_mib() {
        let mut vpa = Vpa::new(PERCENTILE);
        vpa.observe(0, 50.0 * MIB);
        let before = vpa.recommend(0).memory;
        vpa.oom(60, 60.0 * MIB);
        let after = vpa.recommend(60).memory;
        assert!(before < 70.0 * MIB && after > 160.0 * MIB * 1.15 && after < 160.0 * MIB * 1.15 * 1.1);
    }
}
