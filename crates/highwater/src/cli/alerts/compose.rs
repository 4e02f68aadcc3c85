//! A change of an alert as the message that receivers get: words by `view`, the document by `api`, the key by `judge`.

use api::alerts::{ToldAlert, message};
use judge::alerting::notice_key::notice_key;
use model::alert::{Alert, AlertChange, ChangeKind, Moment, Phase, TellsOf};
use model::notice::{Notice, NoticeKind};

/// The message of a change.
#[must_use]
pub fn notice(change: &AlertChange) -> Notice {
    let alert = &change.alert;
    let kind = match (alert.key.rule.tells_of(), change.kind) {
        (TellsOf::State, ChangeKind::Resolved(_)) => NoticeKind::StateEnds,
        (TellsOf::Happening, ChangeKind::Resolved(_)) => NoticeKind::HappenedEnds,
        (TellsOf::State, ChangeKind::Fired | ChangeKind::Escalated | ChangeKind::Repeated) => {
            NoticeKind::StateBegins
        }
        (TellsOf::Happening, ChangeKind::Fired | ChangeKind::Escalated | ChangeKind::Repeated) => {
            NoticeKind::Happened
        }
    };
    let ends = match change.kind {
        ChangeKind::Resolved(_) => Some(change.at.wall),
        ChangeKind::Fired | ChangeKind::Escalated | ChangeKind::Repeated => None,
    };
    let (title, text) = (view::alerts::headline(change.kind, alert), view::alerts::text_of_change(change));
    let next = view::alerts::next(alert);
    let key = notice_key(change);
    let told = ToldAlert { alert, title: &title, text: &text, next: &next };
    let document = message(change, &key, &told).to_string();
    let mut labels = alert.labels.clone();
    if let Some(occurrence) = &alert.key.occurrence {
        labels.insert("incident".to_owned(), occurrence.clone());
    }
    Notice {
        key,
        topic: alert.key.to_string(),
        kind,
        severity: alert.severity,
        rule: alert.key.rule.as_str().to_owned(),
        title,
        text,
        labels,
        begins: alert.since.wall,
        ends,
        document,
    }
}

/// What was told and still stands, for receivers that forget.
#[must_use]
pub fn standing<'a>(alerts: impl Iterator<Item = &'a Alert>, now: &Moment) -> Vec<Notice> {
    let is_told = |alert: &&Alert| match alert.phase {
        Phase::Firing { told, .. } => told.is_some(),
        Phase::Held => false,
    };
    let change = |alert: &Alert| AlertChange { kind: ChangeKind::Repeated, alert: alert.clone(), at: *now };
    alerts.filter(is_told).map(|alert| notice(&change(alert))).collect()
}
