//! How far a history carries a recommendation, and what is missing when it does not.

use model::history::Series;
use model::recommendation::{Confidence, Missing};

/// Shorter histories say nothing of what a start, an hour and a lunch break need.
const SPAN_SECONDS_MIN: u64 = 3 * 3600;

/// A peak of fewer samples is luck.
const SAMPLES_MIN: u64 = 20;

/// With more gaps than samples the peak was likely missed.
const COVERAGE_MIN: f64 = 0.5;

/// A container that ended so long before the newest sample is gone.
const GONE_SECONDS: u64 = 86_400;

const DAY_SECONDS: u64 = 86_400;
const WEEK_SECONDS: u64 = 7 * DAY_SECONDS;

/// The share of the time in which there are samples.
#[must_use]
pub fn coverage(series: &Series, interval_seconds: u64) -> f64 {
    let expected = series.span_seconds() / interval_seconds.max(1) + 1;
    (series.samples().len() as f64 / expected as f64).min(1.0)
}

/// What is missing; nothing when there is enough. `newest` is the newest sample of all histories of that source.
#[must_use]
pub fn missing(series: &Series, interval_seconds: u64, newest: i64) -> Vec<Missing> {
    let Some(last) = series.samples().last() else { return vec![Missing::Samples] };
    let mut missing = Vec::new();
    let span = series.span_seconds();
    if span < SPAN_SECONDS_MIN {
        missing.push(Missing::Span { seconds: span, seconds_min: SPAN_SECONDS_MIN });
    }
    let samples = series.samples().len() as u64;
    if samples < SAMPLES_MIN {
        missing.push(Missing::Count { samples, samples_min: SAMPLES_MIN });
    }
    let ratio = coverage(series, interval_seconds);
    if ratio < COVERAGE_MIN {
        missing.push(Missing::Coverage { ratio, ratio_min: COVERAGE_MIN });
    }
    let gone = newest.abs_diff(last.seconds);
    if newest > last.seconds && gone > GONE_SECONDS {
        missing.push(Missing::Vanished { seconds: gone });
    }
    missing
}

/// How sure.
#[must_use]
pub fn of(series: &Series, interval_seconds: u64) -> Confidence {
    let coverage = coverage(series, interval_seconds);
    match series.span_seconds() {
        WEEK_SECONDS.. if coverage >= 0.9 => Confidence::High,
        DAY_SECONDS.. if coverage >= 0.75 => Confidence::Medium,
        _ => Confidence::Low,
    }
}
