//! What fires, who is told and what cannot be judged, in the document of `agent status`.

use super::{missing, read_missing};
use crate::alerts::severity;
use crate::object::Object;
use model::agent::{AlertsState, FiringAlert, ReceiverState};
use model::finding::Severity;
use serde_json::Value;
use std::time::Duration;

/// The part `alerts`.
pub fn document(state: &AlertsState) -> Value {
    let firing = |alert: &FiringAlert| {
        Object::new()
            .known("rule", alert.rule.as_str())
            .known("severity", severity(alert.severity))
            .known("title", alert.title.as_str())
            .known("age_seconds", alert.age.as_secs())
            .known("is_told", alert.is_told)
            .finish()
    };
    let receiver = |receiver: &ReceiverState| {
        Object::new()
            .known("name", receiver.name.as_str())
            .known("waiting", receiver.waiting)
            .known("failures", receiver.failures)
            .known("error", receiver.error.clone())
            .finish()
    };
    Object::new()
        .known("firing", state.firing.iter().map(firing).collect::<Value>())
        .known("held", state.held)
        .known("receivers", state.receivers.iter().map(receiver).collect::<Value>())
        .known("not_judged", missing(&state.not_judged))
        .finish()
}

/// Reads it; nothing where it is none.
pub fn read(document: &Value) -> Option<AlertsState> {
    let list = |key: &str| document.get(key).and_then(Value::as_array);
    Some(AlertsState {
        firing: list("firing")?.iter().map(firing).collect::<Option<_>>()?,
        held: count(document, "held")?,
        receivers: list("receivers")?.iter().map(receiver).collect::<Option<_>>()?,
        not_judged: read_missing(document.get("not_judged")?)?,
    })
}

fn firing(alert: &Value) -> Option<FiringAlert> {
    let severities = [Severity::Notice, Severity::Warning, Severity::Critical];
    let found = alert.get("severity")?.as_str()?;
    Some(FiringAlert {
        rule: words(alert, "rule")?,
        severity: severities.into_iter().find(|known| severity(*known) == found)?,
        title: words(alert, "title")?,
        age: Duration::from_secs(alert.get("age_seconds")?.as_u64()?),
        is_told: alert.get("is_told")?.as_bool()?,
    })
}

fn receiver(receiver: &Value) -> Option<ReceiverState> {
    Some(ReceiverState {
        name: words(receiver, "name")?,
        waiting: count(receiver, "waiting")?,
        failures: u32::try_from(receiver.get("failures")?.as_u64()?).ok()?,
        error: words(receiver, "error"),
    })
}

fn words(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn count(object: &Value, key: &str) -> Option<usize> {
    usize::try_from(object.get(key)?.as_u64()?).ok()
}
