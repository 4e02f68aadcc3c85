//! `highwater/alert/v1`: what receivers are told; `highwater/alerts/v1`: what stands, what is silenced and what waits.

use crate::object::Object;
use model::alert::evidence::Figure;
use model::alert::silence::{SilenceSpan, StandingSilence};
use model::alert::{Alert, AlertChange, ChangeKind, Phase, Resolution};
use model::finding::Severity;
use model::notice::WaitingFor;
use model::reading::Reading;
use serde_json::{Value, json};

/// An alert, its sentences and the commands to run next.
#[derive(Clone, Copy, Debug)]
pub struct ToldAlert<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// What is the matter, in one line.
    pub title: &'a str,
    /// What that means and what to do.
    pub text: &'a str,
    /// Commands to run next.
    pub next: &'a [String],
}

/// The document of a message.
#[must_use]
pub fn message(change: &AlertChange, key: &str, told: &ToldAlert<'_>) -> Value {
    let (why, is_over) = match change.kind {
        ChangeKind::Resolved(why) => (Value::from(resolution(why)), true),
        ChangeKind::Fired | ChangeKind::Escalated | ChangeKind::Repeated => (Value::Null, false),
    };
    Object::new()
        .known("schema", "highwater/alert/v1")
        .known("key", key)
        .known("change", change.kind.as_str())
        .known("resolved_because", why)
        .known("at_unix_milliseconds", change.at.wall.0)
        .known("is_over", is_over)
        .known("alert", alert(told, None))
        .finish()
}

/// The document of `alerts ls`.
#[must_use]
pub fn list(
    alerts: &[(ToldAlert<'_>, Option<&str>)],
    silences: &[StandingSilence<'_>],
    waiting: &[WaitingFor],
    looked: Reading<u64>,
) -> Value {
    let waiting = waiting.iter().map(|waiting| {
        json!({
            "sink": waiting.sink,
            "notices": waiting.notices,
            "oldest_unix_milliseconds": waiting.oldest_millis,
        })
    });
    Object::new()
        .known("schema", "highwater/alerts/v1")
        .reading_or("looked_unix_milliseconds", looked, "no agent has looked yet with this state folder")
        .known("alerts", alerts.iter().map(|(told, silence)| alert(told, Some(*silence))).collect::<Value>())
        .known("silences", self::silences(silences))
        .known("waiting", waiting.collect::<Value>())
        .finish()
}

/// Silences as a list.
#[must_use]
pub fn silences(silences: &[StandingSilence<'_>]) -> Value {
    let silence = |StandingSilence { silence, left }: &StandingSilence<'_>| {
        let rules: Vec<&str> = silence.rules.iter().map(|rule| rule.as_str()).collect();
        let (left, is_standing) = match silence.span {
            SilenceSpan::Standing => (Value::Null, true),
            SilenceSpan::For { .. } => (Value::from(left.as_secs()), false),
        };
        json!({
            "id": silence.id,
            "names": silence.names,
            "rules": rules,
            "reason": silence.reason,
            "left_seconds": left,
            "without_end": is_standing,
        })
    };
    silences.iter().map(silence).collect()
}

/// How bad something is.
#[must_use]
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

const fn resolution(why: Resolution) -> &'static str {
    match why {
        Resolution::Cleared => "cleared",
        Resolution::Gone => "gone",
        Resolution::Quiet => "quiet",
        Resolution::RuleOff => "rule_off",
    }
}

fn alert(told: &ToldAlert<'_>, silence: Option<Option<&str>>) -> Value {
    let alert = told.alert;
    let evidence = alert.evidence.0.iter().fold(Object::new(), |object, (key, figure)| {
        let figure = match figure {
            Figure::Bytes(bytes) => Value::from(bytes.0),
            Figure::Number(number) => Value::from(*number),
            Figure::Count(count) => Value::from(*count),
            Figure::Word(word) => Value::from(word.as_str()),
        };
        object.known(key.as_str(), figure)
    });
    let (phase, told_times) = match alert.phase {
        Phase::Held => ("held", 0),
        Phase::Firing { told, .. } => ("firing", told.map_or(0, |told| told.times)),
    };
    let mut object = Object::new()
        .known("rule", alert.key.rule.as_str())
        .known("subject", alert.key.subject.as_str())
        .known("occurrence", alert.key.occurrence.clone())
        .known("severity", severity(alert.severity))
        .known("phase", phase)
        .known("told_times", told_times)
        .known("since_unix_milliseconds", alert.since.wall.0)
        .known("title", told.title)
        .known("text", told.text)
        .known("labels", json!(alert.labels))
        .known("evidence", evidence.finish())
        .known("next", told.next.to_vec());
    if let Some(silence) = silence {
        object = object.known("silenced_by", silence);
    }
    object.finish()
}
