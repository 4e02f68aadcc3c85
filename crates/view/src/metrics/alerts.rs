//! Metrics of the agent's own alerts: what fires by rule, what is not judged, and how receivers are doing.

use super::page::{Family, Kind, Page, Value, labels};
use model::agent::{AlertsState, ReceiverTotals};
use model::alert::AlertRule;
use model::finding::Severity;
use std::collections::BTreeMap;

/// With their words in `agent status` and `alerts ls`.
const SEVERITIES: [(Severity, &str); 3] =
    [(Severity::Notice, "notice"), (Severity::Warning, "warning"), (Severity::Critical, "critical")];

/// What fires, and how each receiver is doing. No series is of a container: there are as many as rules and receivers.
pub fn families(page: &mut Page, state: &AlertsState, totals: &BTreeMap<&str, ReceiverTotals>) {
    firing(page, state);
    not_judged(page, state);
    receivers(page, state, totals);
}

/// Each rule at each severity, also where nothing fires: a series that is not there cannot be compared.
fn firing(page: &mut Page, state: &AlertsState) {
    let family = Family {
        name: "highwater_alerts",
        kind: Kind::Gauge,
        help: "Alerts that stand, by rule; silenced is one that nobody was told of.",
    };
    let samples = AlertRule::ALL.into_iter().flat_map(|rule| {
        SEVERITIES.into_iter().flat_map(move |(severity, word)| {
            [("firing", true), ("silenced", false)].map(|(phase, is_told)| {
                let rule = rule.as_str();
                let alerts = state.firing.iter().filter(|alert| {
                    alert.rule == rule && alert.severity == severity && alert.is_told == is_told
                });
                let pairs = [("rule", rule), ("severity", word), ("state", phase)];
                (labels(&pairs), Value::Whole(alerts.count() as u64))
            })
        })
    });
    let samples: Vec<(String, Value)> = samples.collect();
    page.family(family, samples.iter().map(|(labels, value)| (labels.as_str(), *value)));
}

/// A rule that sees nothing fires nothing, and its zeros above say nothing.
fn not_judged(page: &mut Page, state: &AlertsState) {
    let family = Family {
        name: "highwater_alert_rule_not_judged",
        kind: Kind::Gauge,
        help: "Whether a rule is on and does not see what it judges by.",
    };
    let samples = AlertRule::ALL.map(|rule| {
        let is_unjudged = state.not_judged.iter().any(|missing| missing.what == rule.as_str());
        (labels(&[("rule", rule.as_str())]), Value::Whole(u64::from(is_unjudged)))
    });
    page.family(family, samples.iter().map(|(labels, value)| (labels.as_str(), *value)));
}

fn receivers(page: &mut Page, state: &AlertsState, totals: &BTreeMap<&str, ReceiverTotals>) {
    let named: Vec<String> =
        state.receivers.iter().map(|receiver| labels(&[("receiver", &receiver.name)])).collect();
    let family = Family {
        name: "highwater_alert_receiver_waiting",
        kind: Kind::Gauge,
        help: "Messages that the receiver does not have yet.",
    };
    let waiting = state.receivers.iter().map(|receiver| Value::Whole(receiver.waiting as u64));
    page.family(family, named.iter().map(String::as_str).zip(waiting));
    let mut counter = |name, help, count: fn(&ReceiverTotals) -> u64| {
        let samples = state.receivers.iter().zip(&named).filter_map(|(receiver, labels)| {
            totals.get(receiver.name.as_str()).map(|totals| (labels.as_str(), Value::Whole(count(totals))))
        });
        page.family(Family { name, kind: Kind::Counter, help }, samples);
    };
    counter(
        "highwater_alert_receiver_failures_total",
        "Attempts to tell the receiver that failed.",
        |totals| totals.failures,
    );
    counter(
        "highwater_alert_receiver_deliveries_total",
        "Attempts at which the receiver took what it was given, one message or several.",
        |totals| totals.deliveries,
    );
    counter(
        "highwater_alert_receiver_refused_total",
        "Messages that the receiver would not have, which are not told it any more.",
        |totals| totals.refused,
    );
}

#[cfg(test)]
mod tests {
    use super::{AlertsState, BTreeMap, Page, ReceiverTotals, Severity, families};
    use crate::metrics::Dialect;
    use model::agent::{FiringAlert, ReceiverState};
    use model::snapshot::Missing;
    use std::time::Duration;

    fn alert(rule: &str, severity: Severity, name: &str, is_told: bool) -> FiringAlert {
        let (rule, title) = (rule.to_owned(), format!("{name} has little left"));
        FiringAlert { rule, severity, title, age: Duration::from_secs(9), is_told }
    }

    fn written(state: &AlertsState, totals: &BTreeMap<&str, ReceiverTotals>, dialect: Dialect) -> String {
        let mut page = Page::new(dialect);
        families(&mut page, state, totals);
        page.finish()
    }

    #[test]
    fn what_fires_is_counted_by_rule_and_receivers_are_told_apart() {
        let receiver = |name: &str, waiting, failures| ReceiverState {
            name: name.to_owned(),
            waiting,
            failures,
            error: None,
        };
        let state = AlertsState {
            firing: vec![
                alert("near-limit", Severity::Warning, "a", true),
                alert("near-limit", Severity::Warning, "b", true),
                alert("near-limit", Severity::Critical, "c", true),
                alert("near-limit", Severity::Warning, "d", false),
                alert("oom-kill", Severity::Critical, "e", true),
            ],
            held: 7,
            receivers: vec![receiver("a\"m", 0, 0), receiver("team", 3, 2), receiver("new", 1, 0)],
            not_judged: vec![Missing { what: "leak".to_owned(), why: "too short".to_owned() }],
        };
        let totals = BTreeMap::from([
            ("a\"m", ReceiverTotals { failures: 0, deliveries: 12, refused: 1 }),
            // It failed, recovered and fails again: more than the attempts that failed since.
            ("team", ReceiverTotals { failures: 40, deliveries: 5, refused: 0 }),
        ]);
        insta::assert_snapshot!(written(&state, &totals, Dialect::OpenMetrics));
    }

    #[test]
    fn a_machine_full_of_alerts_has_as_many_series_as_a_quiet_one() {
        let count = |state: &AlertsState| {
            let text = written(state, &BTreeMap::new(), Dialect::Prometheus);
            let samples = text.lines().filter(|line| !line.starts_with('#'));
            let sum = samples.clone().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
            (samples.count(), sum)
        };
        let quiet = AlertsState::default();
        let firing =
            (0..3_000).map(|number| alert("pressure", Severity::Critical, &format!("web-{number}"), true));
        let full = AlertsState { firing: firing.collect(), ..AlertsState::default() };
        assert_eq!((count(&quiet).1, count(&full)), (0, (count(&quiet).0, 3_000)));
    }
}
