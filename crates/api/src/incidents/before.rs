//! The minutes before a kill in an incident's document: written, and read again from one that was kept.

use crate::object::Object;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::recorded::{Peaked, RecordedSeries, RecordedStep, Step, StepLength, WorkloadName};
use serde_json::{Map, Value};

/// Why there are none.
pub(super) const NOBODY_WATCHED: &str =
    "nobody watched before the kill: the agent does, and `highwater oom watch --state DIR`";

/// The steps before a kill, and the kill; a figure that was not read in a step is null there.
#[must_use]
pub fn before(series: &RecordedSeries) -> Value {
    let steps: Vec<Value> = series.steps.iter().map(step).collect();
    Object::new()
        .known("workload", series.workload.as_str())
        .known("step_seconds", series.step_length.seconds())
        .known("steps", steps)
        .finish()
}

/// The series of the document of an incident; `None` where nobody watched.
#[must_use]
pub fn read(document: &Value) -> Option<RecordedSeries> {
    let before = document.pointer("/incident/before")?;
    let length = before.get("step_seconds")?.as_u64()?;
    let step_length = StepLength::ALL.into_iter().find(|known| known.seconds() == length)?;
    let steps: Option<Vec<RecordedStep>> = before.get("steps")?.as_array()?.iter().map(read_step).collect();
    Some(RecordedSeries {
        workload: WorkloadName::new(before.get("workload")?.as_str()?),
        step_length,
        steps: steps?,
    })
}

fn step(at: &RecordedStep) -> Value {
    let Step { usage, swap, memory_limit, oom_kills, .. } = at.step;
    let amount = |amount: Option<Bytes>| amount.map_or(Value::Null, |amount| amount.0.into());
    let mut step = Map::new();
    step.insert("at_seconds".to_owned(), at.seconds.into());
    step.insert("usage_bytes".to_owned(), amount(usage.map(|usage| usage.last)));
    step.insert("usage_peak_bytes".to_owned(), amount(usage.map(|usage| usage.peak)));
    step.insert("swap_bytes".to_owned(), amount(swap.map(|swap| swap.peak)));
    step.insert("memory_limit_bytes".to_owned(), amount(memory_limit.and_then(Limit::bytes)));
    if let Some(limit) = memory_limit {
        step.insert("memory_limit_unlimited".to_owned(), (limit == Limit::Unlimited).into());
    }
    if let Some(kills) = oom_kills {
        step.insert("oom_kills".to_owned(), kills.into());
    }
    Value::Object(step)
}

fn read_step(step: &Value) -> Option<RecordedStep> {
    let amount = |key: &str| step.get(key).and_then(Value::as_u64).map(Bytes);
    let (last, peak) = (amount("usage_bytes"), amount("usage_peak_bytes"));
    let unlimited = step.get("memory_limit_unlimited").and_then(Value::as_bool) == Some(true);
    let step_figures = Step {
        usage: last.zip(peak).map(|(last, peak)| Peaked { last, peak }),
        swap: amount("swap_bytes").map(Peaked::at),
        memory_limit: if unlimited {
            Some(Limit::Unlimited)
        } else {
            amount("memory_limit_bytes").map(Limit::At)
        },
        oom_kills: step.get("oom_kills").and_then(Value::as_u64),
        ..Step::default()
    };
    Some(RecordedStep { seconds: step.get("at_seconds")?.as_i64()?, step: step_figures })
}

#[cfg(test)]
mod tests {
    use super::{
        Bytes, Limit, Peaked, RecordedSeries, RecordedStep, Step, StepLength, WorkloadName, before, read,
    };
    use serde_json::json;

    #[test]
    fn what_was_written_is_read_again() {
        let step = |mib: u64, limit| Step {
            usage: Some(Peaked { last: Bytes::from_mib(mib), peak: Bytes::from_mib(mib + 1) }),
            swap: (mib > 3).then(|| Peaked::at(Bytes::from_mib(2))),
            memory_limit: limit,
            oom_kills: (mib == 5).then_some(2),
            ..Step::default()
        };
        let limits = [None, Some(Limit::Unlimited), Some(Limit::At(Bytes::from_mib(8)))];
        let steps = (1..=5).zip(limits.into_iter().cycle());
        let steps =
            steps.map(|(mib, limit)| RecordedStep { seconds: 100 + mib as i64, step: step(mib, limit) });
        let series = RecordedSeries {
            workload: WorkloadName::new("shop/web"),
            step_length: StepLength::TenSeconds,
            steps: steps.collect(),
        };
        let document = json!({"incident": {"before": before(&series)}});
        assert_eq!(read(&document), Some(series));
    }

    #[test]
    fn what_is_no_series_is_none() {
        for document in [
            json!({}),
            json!({"incident": {"before": null}}),
            json!({"incident": {"before": {"workload": "a", "step_seconds": 7, "steps": []}}}),
            json!({"incident": {"before": {"workload": "a", "step_seconds": 1, "steps": [{"at_seconds": "x"}]}}}),
        ] {
            assert_eq!(read(&document), None, "{document}");
        }
    }
}
