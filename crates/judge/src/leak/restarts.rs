//! What a workload did between restarts: the same growth after each confirms a leak sooner than three days.
//!
//! A restart is a kill, or a gap after which much less is used. A fall alone may be a collector.

use super::minima::Minima;
use super::steady_growth;
use super::trend::{self, Slope};
use model::history::{Sample, WorkloadHistory};

/// A gap of more intervals than this may hide a restart.
const GAP_INTERVALS: u64 = 2;

/// After a restart at most so much of what was used before is used.
const FALL_RATIO_MAX: f64 = 0.7;

/// So many runs must grow alike: two restarts.
const RUNS_MIN: usize = 3;

/// A shorter run says nothing.
const RUN_SECONDS_MIN: u64 = 2 * 3600;

/// The slopes of the runs differ by this factor at most.
const SLOPE_FACTOR_MAX: f64 = 2.0;

/// A run is looked at in so many blocks.
const BLOCKS: u64 = 24;

/// The runs, in the order of time; the last is the one that goes on.
#[must_use]
pub fn runs(history: &WorkloadHistory, interval_seconds: u64) -> Vec<&[Sample]> {
    let samples = history.series.samples();
    let is_killed_between = |one: &Sample, next: &Sample| {
        history.kills.iter().any(|kill| (one.seconds..next.seconds).contains(&kill.seconds))
    };
    samples
        .chunk_by(|one, next| {
            let falls = (next.usage.0 as f64) < FALL_RATIO_MAX * one.usage.0 as f64;
            let gap = next.seconds.abs_diff(one.seconds) > GAP_INTERVALS * interval_seconds;
            !(falls && (gap || is_killed_between(one, next)))
        })
        .collect()
}

/// How many restarts showed the same growth, and its slope.
#[must_use]
pub fn confirmed(runs: &[&[Sample]], interval_seconds: u64, scale: f64) -> Option<(u64, Slope)> {
    let recent = runs.get(runs.len().checked_sub(RUNS_MIN)?..)?;
    let slopes: Vec<Slope> = recent.iter().filter_map(|run| growth(run, interval_seconds, scale)).collect();
    let fastest = slopes.iter().map(|slope| slope.per_second).fold(0.0, f64::max);
    let slowest = slopes.iter().map(|slope| slope.per_second).fold(f64::INFINITY, f64::min);
    if slopes.len() < RUNS_MIN || fastest > SLOPE_FACTOR_MAX * slowest {
        return None;
    }
    let slope = Slope {
        per_second: trend::median(slopes.iter().map(|slope| slope.per_second).collect())?,
        low: slopes.iter().map(|slope| slope.low).fold(f64::INFINITY, f64::min),
        high: slopes.iter().map(|slope| slope.high).fold(0.0, f64::max),
    };
    Some((runs.len() as u64 - 1, slope))
}

fn growth(run: &[Sample], interval_seconds: u64, scale: f64) -> Option<Slope> {
    let span = run.last()?.seconds.abs_diff(run.first()?.seconds);
    if span < RUN_SECONDS_MIN {
        return None;
    }
    let minima = Minima::of_blocks(run, (span / BLOCKS).max(interval_seconds), interval_seconds);
    let stretch: Vec<(i64, f64)> = minima.known().collect();
    // A start fills what it needs; that is no growth of the run.
    steady_growth::grows_steadily(stretch.get(stretch.len() / 8..)?, scale)
}
