//! One alert from one look to the next: held, firing, told, over.

use super::verdict::{Broken, Verdict};
use model::alert::rules::{AlertRules, RuleSettings};
use model::alert::{Alert, AlertChange, AlertKey, ChangeKind, Moment, Phase, Resolution, TellsOf, Told};

/// What decides beside the verdict.
pub struct Circumstances<'a> {
    /// The settings of alerting.
    pub rules: &'a AlertRules,
    /// Those of this rule.
    pub settings: &'a RuleSettings,
    /// Whether a silence keeps it back.
    pub is_silenced: bool,
    /// The moment of the look.
    pub now: &'a Moment,
}

/// What becomes of an alert, and what is to be told.
pub fn advance(
    before: Option<Alert>,
    key: &AlertKey,
    verdict: Verdict,
    circumstances: &Circumstances<'_>,
) -> (Option<Alert>, Option<AlertChange>) {
    let Some(before) = before else {
        return match verdict {
            Verdict::Broken(broken) => held_or_fired(begun(key, broken, circumstances), circumstances),
            Verdict::Between | Verdict::Good => (None, None),
        };
    };
    match (before.phase, verdict) {
        (Phase::Held, Verdict::Broken(broken)) => {
            held_or_fired(broken_again(before, broken, circumstances), circumstances)
        }
        // It must be broken all the time.
        (Phase::Held, Verdict::Between | Verdict::Good) => (None, None),
        (Phase::Firing { told, .. }, Verdict::Broken(broken)) => {
            let mut alert = broken_again(before, broken, circumstances);
            if key.rule.tells_of() == TellsOf::Happening {
                alert.since = *circumstances.now;
            }
            tell(alert, told, circumstances)
        }
        (Phase::Firing { told, .. }, Verdict::Between) => match key.rule.tells_of() {
            TellsOf::State => tell(before, told, circumstances),
            TellsOf::Happening if circumstances.now.since(&before.since) >= circumstances.rules.quiet => {
                (None, ended(before, Resolution::Quiet, circumstances.now))
            }
            TellsOf::Happening => tell(before, told, circumstances),
        },
        (Phase::Firing { clear_since, told }, Verdict::Good) => {
            let now = circumstances.now;
            let clear_since = clear_since.unwrap_or(*now);
            if now.since(&clear_since) >= circumstances.rules.clear_hold {
                return (None, ended(before, Resolution::Cleared, now));
            }
            (Some(Alert { phase: Phase::Firing { clear_since: Some(clear_since), told }, ..before }), None)
        }
    }
}

/// An alert that is over: told only to those who were told that it began.
pub fn ended(alert: Alert, why: Resolution, now: &Moment) -> Option<AlertChange> {
    match alert.phase {
        Phase::Firing { told: Some(_), .. } => {
            Some(AlertChange { kind: ChangeKind::Resolved(why), alert, at: *now })
        }
        Phase::Held | Phase::Firing { told: None, .. } => None,
    }
}

fn begun(key: &AlertKey, broken: Broken, circumstances: &Circumstances<'_>) -> Alert {
    let Broken { severity, evidence, labels } = broken;
    let severity = circumstances.settings.severity.unwrap_or(severity);
    Alert { key: key.clone(), severity, labels, evidence, since: *circumstances.now, phase: Phase::Held }
}

fn broken_again(before: Alert, broken: Broken, circumstances: &Circumstances<'_>) -> Alert {
    let Broken { severity, evidence, labels } = broken;
    let severity = circumstances.settings.severity.unwrap_or_else(|| match before.phase {
        Phase::Held => severity,
        // Up and down again would be told each time.
        Phase::Firing { .. } => severity.max(before.severity),
    });
    Alert { severity, evidence, labels, ..before }
}

fn held_or_fired(alert: Alert, circumstances: &Circumstances<'_>) -> (Option<Alert>, Option<AlertChange>) {
    if circumstances.now.since(&alert.since) < circumstances.settings.hold {
        return (Some(Alert { phase: Phase::Held, ..alert }), None);
    }
    tell(alert, None, circumstances)
}

/// An alert that stands, and what is to be told of it now.
fn tell(
    alert: Alert,
    told: Option<Told>,
    circumstances: &Circumstances<'_>,
) -> (Option<Alert>, Option<AlertChange>) {
    let now = circumstances.now;
    let is_repeated = alert.key.rule.tells_of() == TellsOf::State;
    let kind = match told {
        _ if circumstances.is_silenced => None,
        None => Some(ChangeKind::Fired),
        Some(told) if told.severity < alert.severity => Some(ChangeKind::Escalated),
        Some(told) if is_repeated && now.since(&told.at) >= circumstances.rules.repeat => {
            Some(ChangeKind::Repeated)
        }
        Some(_) => None,
    };
    let told = match kind {
        None => told,
        Some(_) => {
            let times = told.map_or(0, |told| told.times) + 1;
            Some(Told { at: *now, severity: alert.severity, times })
        }
    };
    let alert = Alert { phase: Phase::Firing { clear_since: None, told }, ..alert };
    let change = kind.map(|kind| AlertChange { kind, alert: alert.clone(), at: *now });
    (Some(alert), change)
}
