//! The JSON of what was remembered: one workload's steps, or all workloads.

use crate::object::Object;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::recorded::{Peaked, RecordedSeries, RecordedStep, Step, TimeSpan};
use serde_json::{Map, Value};

/// The figures of a step: the key, and what it is in a step.
type Figure = (&'static str, fn(&Step) -> Option<Value>);

const FIGURES: [Figure; 12] = [
    ("usage_bytes", |step| last(step.usage)),
    ("usage_peak_bytes", |step| peak(step.usage)),
    ("working_set_bytes", |step| last(step.working_set)),
    ("working_set_peak_bytes", |step| peak(step.working_set)),
    ("swap_bytes", |step| last(step.swap)),
    ("swap_peak_bytes", |step| peak(step.swap)),
    ("memory_limit_bytes", |step| ceiling(step.memory_limit)),
    ("swap_limit_bytes", |step| ceiling(step.swap_limit.map(|limit| limit.0))),
    ("pressure_some_ratio", |step| ratio(step.pressure_some)),
    ("pressure_full_ratio", |step| ratio(step.pressure_full)),
    ("oom_kills", |step| step.oom_kills.map(Value::from)),
    ("refaults", |step| step.refaults.map(Value::from)),
];

/// The document of `history NAME`.
#[must_use]
pub fn one(series: &RecordedSeries, within: TimeSpan, sentences: &[String]) -> Value {
    let steps: Vec<Value> = series.steps.iter().map(step).collect();
    let document = Object::new()
        .known("schema", "highwater/history/v1")
        .known("workload", series.workload.as_str())
        .known("from_seconds", within.from_seconds)
        .known("to_seconds", within.to_seconds)
        .known("step_seconds", series.step_length.seconds())
        .known("sentences", sentences.to_vec())
        .known("steps", steps);
    let mut document = document.finish();
    let unknown = unknown(series);
    if let (Some(document), false) = (document.as_object_mut(), unknown.is_empty()) {
        document.insert("unknown".to_owned(), Value::Object(unknown));
    }
    document
}

/// The document of `history`.
#[must_use]
pub fn all(all: &[RecordedSeries], within: Option<TimeSpan>) -> Value {
    let workloads = all.iter().map(|series| {
        let kills: u64 = series.kills().map(|(_, kills)| kills).sum();
        let last = series.steps.last().map(|at| &at.step);
        let usage = last.and_then(|step| step.usage).map(|usage| usage.last);
        let limit = last.and_then(|step| step.memory_limit);
        Object::new()
            .known("workload", series.workload.as_str())
            .bytes("usage_bytes", &usage.into())
            .bytes("usage_peak_bytes", &series.peak().map(|(_, peak)| peak).into())
            .limit("memory_limit", &limit.into())
            .known("oom_kills", kills)
            .known("recorded_seconds", series.steps.len() as u64 * series.step_length.seconds())
            .finish()
    });
    Object::new()
        .known("schema", "highwater/histories/v1")
        .reading_or("from_seconds", within.map(|within| within.from_seconds).into(), "nothing is recorded")
        .reading_or("to_seconds", within.map(|within| within.to_seconds).into(), "nothing is recorded")
        .known("workloads", workloads.collect::<Vec<Value>>())
        .finish()
}

/// A step: what was not read is null, and why stands once in the document.
fn step(at: &RecordedStep) -> Value {
    let mut step = Map::new();
    step.insert("at_seconds".to_owned(), at.seconds.into());
    for (key, figure) in FIGURES {
        step.insert(key.to_owned(), figure(&at.step).unwrap_or(Value::Null));
    }
    for (key, limit) in [
        ("memory_limit_unlimited", at.step.memory_limit),
        ("swap_limit_unlimited", at.step.swap_limit.map(|limit| limit.0)),
    ] {
        if let Some(limit) = limit {
            step.insert(key.to_owned(), (limit == Limit::Unlimited).into());
        }
    }
    Value::Object(step)
}

/// Which figures are missing in how many steps.
fn unknown(series: &RecordedSeries) -> Map<String, Value> {
    let all = series.steps.len();
    let missing = FIGURES.into_iter().filter_map(|(key, figure)| {
        let missing = series.steps.iter().filter(|at| figure(&at.step).is_none()).count();
        let why = if missing == all {
            "this kernel, cgroup version or cgroup has no such figure, or it was not read".to_owned()
        } else {
            format!("not read in {missing} of {all} steps")
        };
        (missing > 0).then(|| (key.to_owned(), Value::from(why)))
    });
    missing.collect()
}

fn last(amount: Option<Peaked>) -> Option<Value> {
    amount.map(|amount| amount.last.0.into())
}

fn peak(amount: Option<Peaked>) -> Option<Value> {
    amount.map(|amount| amount.peak.0.into())
}

/// Unlimited is null and said beside it, so it is not missing.
fn ceiling(limit: Option<Limit>) -> Option<Value> {
    limit.map(|limit| limit.bytes().map_or(Value::Null, |bytes| bytes.0.into()))
}

fn ratio(percent: Option<Percent>) -> Option<Value> {
    percent.map(|percent| percent.ratio().into())
}
