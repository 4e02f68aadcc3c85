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

#[cfg(test)]
mod tests {
    use super::notice_key;
    use model::alert::evidence::Evidence;
    use model::alert::{Alert, AlertChange, AlertKey, AlertRule, ChangeKind, Moment, Phase, Told};
    use model::finding::Severity;
    use model::snapshot::Timestamp;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn key(rule: AlertRule, occurrence: Option<&str>, seconds: u64) -> String {
        let at = Moment { wall: Timestamp(0), uptime: Duration::from_secs(seconds), boot: None };
        let key = AlertKey { rule, subject: "web".to_owned(), occurrence: occurrence.map(str::to_owned) };
        let told = Some(Told { at, severity: Severity::Critical, times: 1 });
        let alert = Alert {
            key,
            severity: Severity::Critical,
            labels: BTreeMap::new(),
            evidence: Evidence::default(),
            since: at,
            phase: Phase::Firing { clear_since: None, told },
        };
        notice_key(&AlertChange { kind: ChangeKind::Fired, alert, at })
    }

    #[test]
    fn an_incident_that_is_met_again_has_its_key_and_a_state_that_begins_again_has_another() {
        let kill = |seconds| key(AlertRule::OomKill, Some("k1"), seconds);
        assert_eq!(kill(10), kill(99));
        assert_ne!(kill(10), key(AlertRule::OomKill, Some("k2"), 10));
        assert_ne!(key(AlertRule::Pressure, None, 10), key(AlertRule::Pressure, None, 99));
    }
}
