//! Leaks: suspected after a day of growth that does not slow down, confirmed by three days, by restarts or by replicas.
//!
//! What looks like a leak and is none: caches that fill to a plateau, saw-teeth of collectors, a step after a deployment, load that
//! follows the day. Each condition below is there against one of them; a straight line through the samples (`predict_linear`) or a
//! Mann-Kendall test alone takes them for leaks.

pub mod day_over_day;
pub mod minima;
pub mod replicas;
pub mod restarts;
pub mod steady_growth;
pub mod trend;

use crate::leak::minima::Minima;
use crate::leak::trend::Slope;
use kernel::bytes::Bytes;
use model::history::WorkloadHistory;
use model::leak::{GrowingPart, Leak, LeakCertainty, LeakEvidence, LeakReport};

/// A day.
pub const DAY_SECONDS: u64 = 86_400;

/// Growth below this share of the limit, or of the peak where no limit is known, is none.
const GROWTH_RATIO_MIN: f64 = 0.02;

/// How far behind the line the start of the growth may lie, as a share of a day's growth.
const OFF_LINE_RATIO: f64 = 0.25;

/// What one series says.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Less than a day.
    TooShort,
    /// Nothing.
    Healthy,
    /// A leak.
    Leak(Box<Leak>),
}

/// Judges one series by itself.
#[must_use]
pub fn judge(history: &WorkloadHistory, interval_seconds: u64) -> Verdict {
    let runs = restarts::runs(history, interval_seconds);
    let scale = scale(history);
    let by_restarts = restarts::confirmed(&runs, interval_seconds, scale);
    let Some(run) = runs.last() else { return Verdict::TooShort };
    if let Some((count, slope)) = by_restarts {
        let minima = Minima::new(run, interval_seconds);
        return leak(history, &minima, LeakCertainty::Confirmed(LeakEvidence::Restarts(count)), slope);
    }
    let minima = Minima::new(run, interval_seconds);
    if minima.span_seconds() < DAY_SECONDS {
        return Verdict::TooShort;
    }
    // Three days know better than one: what they do not confirm is suspected only when it began on the last of them.
    if let Some(slope) = day_over_day::confirmed(&minima, scale) {
        return leak(history, &minima, LeakCertainty::Confirmed(LeakEvidence::DayOverDay), slope);
    }
    match steady_growth::suspected(&minima, scale).filter(|_| day_over_day::is_above_yesterday(&minima)) {
        Some(slope) => leak(history, &minima, LeakCertainty::Suspected, slope),
        None => Verdict::Healthy,
    }
}

/// What all series say together: replicas that all grow confirm one another.
#[must_use]
pub fn report(histories: &[WorkloadHistory], verdicts: Vec<Verdict>) -> LeakReport {
    let mut report = LeakReport::default();
    let suspects: Vec<bool> = verdicts.iter().map(|verdict| matches!(verdict, Verdict::Leak(_))).collect();
    let judged: Vec<bool> = verdicts.iter().map(|verdict| *verdict != Verdict::TooShort).collect();
    let votes = replicas::votes(histories, &judged, &suspects);
    for (verdict, vote) in verdicts.into_iter().zip(votes) {
        match verdict {
            Verdict::TooShort => report.too_short += 1,
            Verdict::Healthy => report.judged += 1,
            Verdict::Leak(mut leak) => {
                report.judged += 1;
                if let (LeakCertainty::Suspected, Some(evidence)) = (leak.certainty, vote) {
                    leak.certainty = LeakCertainty::Confirmed(evidence);
                }
                report.leaks.push(*leak);
            }
        }
    }
    report.leaks.sort_by(|one, other| {
        let key = |leak: &Leak| leak.certainty == LeakCertainty::Suspected;
        key(one).cmp(&key(other)).then(other.bytes_per_day.total_cmp(&one.bytes_per_day))
    });
    report
}

/// What growth is measured against.
fn scale(history: &WorkloadHistory) -> f64 {
    let limit = history.limits.and_then(|limits| limits.memory);
    let peak = history.series.peak().map(|sample| sample.usage);
    limit.or(peak).map_or(0.0, |bytes| bytes.0 as f64)
}

fn leak(history: &WorkloadHistory, minima: &Minima, certainty: LeakCertainty, slope: Slope) -> Verdict {
    let usage = history.series.samples().last().map_or(Bytes::ZERO, |sample| sample.usage);
    let limits = history.limits;
    let memory = limits.and_then(|limits| limits.memory);
    // Unlimited swap ends where the machine's does, which is not known here: what is sure is the memory.
    let swap = limits.and_then(|limits| limits.swap?.0.bytes()).unwrap_or_default();
    let limit = memory.map(|memory| memory.saturating_add(swap));
    let per_day = DAY_SECONDS as f64;
    Verdict::Leak(Box::new(Leak {
        name: history.name.clone(),
        origin: history.origin.clone(),
        certainty,
        part: GrowingPart::Usage,
        bytes_per_day: slope.per_second * per_day,
        interval: model::replay::Interval { low: slope.low * per_day, high: slope.high * per_day },
        since_seconds: since(minima, certainty, slope.per_second),
        usage,
        limit,
        seconds_to_limit: limit.map(|limit| limit.saturating_sub(usage).0 as f64 / slope.per_second),
    }))
}

/// Goes back from the end while the minima lie near the line; for a leak that three days show, while each day is above the one
/// before.
fn since(minima: &Minima, certainty: LeakCertainty, per_second: f64) -> i64 {
    match certainty {
        LeakCertainty::Confirmed(LeakEvidence::DayOverDay) => day_over_day::since(minima),
        LeakCertainty::Confirmed(LeakEvidence::Restarts(_) | LeakEvidence::Replicas { .. })
        | LeakCertainty::Suspected => since_on_line(minima, per_second),
    }
}

fn since_on_line(minima: &Minima, per_second: f64) -> i64 {
    let values: Vec<(i64, f64)> = minima.known().collect();
    let last_day = values.len().saturating_sub(minima.blocks_per_day());
    let recent = values.get(last_day..).unwrap_or_default();
    let offsets = recent.iter().map(|(seconds, value)| value - per_second * *seconds as f64).collect();
    let Some(offset) = trend::median(offsets) else { return 0 };
    let off_line = OFF_LINE_RATIO * per_second * DAY_SECONDS as f64;
    let near =
        |(seconds, value): &&(i64, f64)| (value - per_second * *seconds as f64 - offset).abs() <= off_line;
    let on_line = values.iter().rev().take_while(near).count().max(recent.len());
    values.get(values.len().saturating_sub(on_line)).map_or(0, |(seconds, _)| *seconds)
}
