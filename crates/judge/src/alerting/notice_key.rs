//! The key of a message: the same message has the same key, also when it is sent again after a crash.

use model::alert::{AlertChange, Phase};

/// What tells a change from every other. The alert's beginning stands in it: the same alert may come again tomorrow. An incident comes
/// once, whoever met it first: after a crash the log is read again, at another moment.
#[must_use]
pub fn notice_key(change: &AlertChange) -> String {
    let times = match change.alert.phase {
        Phase::Firing { told: Some(told), .. } => told.times,
        Phase::Held | Phase::Firing { told: None, .. } => 0,
    };
    if change.alert.key.occurrence.is_some() {
        return format!("{}:{}-{times}", change.alert.key, change.kind.as_str());
    }
    let boot = change.alert.since.boot.map_or_else(String::new, |boot| boot.to_string());
    let boot = boot.get(..8).unwrap_or_default();
    let since = change.alert.since.uptime.as_millis();
    format!("{}@{boot}-{since}:{}-{times}", change.alert.key, change.kind.as_str())
}
