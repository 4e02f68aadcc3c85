//! `highwater/leaks/v1`: what grows and is not given back.

use crate::object::Object;
use crate::replay::remarks;
use model::history::HistoryRemark;
use model::leak::{GrowingPart, Leak, LeakCertainty, LeakEvidence, LeakReport};
use model::reading::Reading;
use serde_json::{Value, json};

/// Why a time is not known.
const NO_LIMIT: &str = "the limit of this workload is not known";

/// The document of `leaks`.
#[must_use]
pub fn leaks(report: &LeakReport, remarks: &[HistoryRemark]) -> Value {
    Object::new()
        .known("schema", "highwater/leaks/v1")
        .known("leaks", report.leaks.iter().map(leak).collect::<Vec<_>>())
        .known("series", report.judged)
        .known("series_shorter_than_a_day", report.too_short)
        .known("remarks", self::remarks(remarks))
        .finish()
}

fn leak(leak: &Leak) -> Value {
    let (certainty, evidence) = match leak.certainty {
        LeakCertainty::Suspected => ("suspected", json!({"by": "one_day"})),
        LeakCertainty::Confirmed(evidence) => (
            "confirmed",
            match evidence {
                LeakEvidence::DayOverDay => json!({"by": "three_days"}),
                LeakEvidence::Restarts(count) => json!({"by": "restarts", "restarts": count}),
                LeakEvidence::Replicas { growing, of } => {
                    json!({"by": "replicas", "growing": growing, "replicas": of})
                }
            },
        ),
    };
    let part = match leak.part {
        GrowingPart::Usage => "usage",
    };
    Object::new()
        .known("name", leak.name.as_str())
        .known("origin", leak.origin.as_str())
        .known("certainty", certainty)
        .known("evidence", evidence)
        .known("grows", part)
        .known("growth_bytes_per_day", leak.bytes_per_day)
        .known("growth_bytes_per_day_interval", json!({"low": leak.interval.low, "high": leak.interval.high}))
        .known("since_seconds", leak.since_seconds)
        .known("usage_bytes", leak.usage.0)
        .reading_or("limit_bytes", Reading::from(leak.limit.map(|limit| limit.0)), NO_LIMIT)
        .reading_or("seconds_to_limit", Reading::from(leak.seconds_to_limit), NO_LIMIT)
        .finish()
}
