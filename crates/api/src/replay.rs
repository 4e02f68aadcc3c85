//! `highwater/replay/v1`: how rules did on histories.

use crate::object::Object;
use model::history::{HistoryRemark, RemarkEffect};
use model::replay::{
    Comparison, Interval, PolicyOutcome, Replay, ReplayScore, ScoreIntervals, TodayKnown, WarmUp,
};
use serde_json::{Value, json};

/// Why a rule has no figures.
const NOT_JUDGED: &str = "no series is longer than the warm-up";

/// Why what is set today has none.
const NOT_KNOWN: &str = "no memory limit of today is known";

/// The document of `replay`.
#[must_use]
pub fn replay(replay: &Replay, remarks: &[HistoryRemark]) -> Value {
    let mut object = Object::new()
        .known("schema", "highwater/replay/v1")
        .known("interval_seconds", replay.interval_seconds)
        .known("warm_ups", replay.warm_ups.iter().map(warm_up).collect::<Vec<_>>())
        .known("policies", replay.outcomes.iter().map(|one| outcome(one, &replay.today)).collect::<Vec<_>>())
        .known("comparisons", replay.comparisons.iter().map(comparison).collect::<Vec<_>>());
    if let Some(draws) = replay.draws {
        object = object.known("draws", draws);
    }
    object.known("remarks", self::remarks(remarks)).finish()
}

fn warm_up(warm_up: &WarmUp) -> Value {
    json!({
        "warm_up_seconds": warm_up.timing.warm_up_seconds,
        "decision_seconds": warm_up.timing.decision_seconds,
        "series": warm_up.series,
    })
}

/// What is to be said of histories.
#[must_use]
pub fn remarks(remarks: &[HistoryRemark]) -> Vec<Value> {
    let remark = |remark: &HistoryRemark| {
        let effect = match remark.effect {
            RemarkEffect::Kept => "kept",
            RemarkEffect::TooLittle => "too_little",
            RemarkEffect::Refused => "refused",
        };
        json!({
            "origin": remark.origin, "line": remark.line, "column": remark.column,
            "message": remark.words, "effect": effect,
        })
    };
    remarks.iter().map(remark).collect()
}

fn outcome(outcome: &PolicyOutcome, today: &TodayKnown) -> Value {
    let is_known = outcome.policy != "limits-today" || today.limited > 0;
    let why = if is_known { NOT_JUDGED } else { NOT_KNOWN };
    let mut object = Object::new().known("policy", outcome.policy.as_str());
    object = match outcome.score {
        Some(score) => figures(object, &score),
        None => object.reading_or("series", model::reading::Reading::<u64>::Absent, why),
    };
    if let Some(intervals) = &outcome.intervals {
        object = object.known("intervals", self::intervals(intervals));
    }
    object.finish()
}

fn figures(object: Object, score: &ReplayScore) -> Object {
    object
        .known("series", score.series)
        .known("container_days", score.container_days)
        .known("oom_episodes_per_100_container_days", score.oom_episodes_per_100_container_days)
        .known("slack_bytes_ratio", score.slack_bytes_ratio)
        .known("slack_mean_ratio", score.slack_mean_ratio)
        .known("changes_per_container_day", score.changes_per_container_day)
        .known("swap_active_ratio", score.swap_active_ratio)
        // An infinite number is null in JSON.
        .known("swap_promised_ratio", score.swap_promised_ratio)
        .known("swap_promised_unlimited", score.swap_promised_ratio.is_infinite())
}

fn intervals(intervals: &ScoreIntervals) -> Value {
    json!({
        "oom_episodes_per_100_container_days": interval(intervals.oom_episodes_per_100_container_days),
        "slack_bytes_ratio": interval(intervals.slack_bytes_ratio),
        "slack_mean_ratio": interval(intervals.slack_mean_ratio),
        "changes_per_container_day": interval(intervals.changes_per_container_day),
    })
}

fn interval(interval: Interval) -> Value {
    json!({"low": interval.low, "high": interval.high})
}

fn comparison(comparison: &Comparison) -> Value {
    let mut object = Object::new()
        .known("policy", comparison.policy.as_str())
        .known("against", comparison.against.as_str())
        .known("memory_ratio", comparison.memory_ratio)
        .reading_or(
            "oom_episodes_ratio",
            comparison.oom_episodes_ratio.into(),
            "the other rule had no episode",
        );
    if let Some(intervals) = &comparison.intervals {
        let episodes = intervals.oom_episodes_ratio.map(interval);
        object = object.known(
            "intervals",
            json!({"memory_ratio": interval(intervals.memory_ratio), "oom_episodes_ratio": episodes}),
        );
    }
    object.finish()
}
