//! Alertmanager's API v2: what stands is posted again each minute, with an end in the near future.
//!
//! So nothing stands for ever when the agent is gone. Written at <https://prometheus.io/docs/alerting/latest/alerts_api/>.

use crate::delivery::{Deliver, DeliveryError, Refreshed};
use crate::http::{self, Post};
use crate::secret;
use model::finding::Severity;
use model::notice::{Notice, NoticeKind};
use model::sink::Address;
use model::snapshot::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Prometheus itself posts each minute at the latest.
const REFRESH: Duration = Duration::from_secs(60);

/// What is not posted again for so long is over: four posts may be lost, as with Prometheus.
const STANDS: Duration = Duration::from_secs(300);

/// The path of the API below the address.
const PATH: &str = "/api/v2/alerts";

/// Posts alerts, and keeps what stands.
#[derive(Debug)]
pub struct Alertmanager {
    url: Address,
    token_file: Option<PathBuf>,
    authority: Option<PathBuf>,
    deadline: Duration,
    /// By topic.
    standing: BTreeMap<String, Notice>,
}

impl Alertmanager {
    /// For an address without `/api/v2/alerts`; what stands already is posted first.
    #[must_use]
    pub fn new(
        url: Address,
        token_file: Option<PathBuf>,
        authority: Option<PathBuf>,
        deadline: Duration,
        standing: &[Notice],
    ) -> Self {
        let standing = standing.iter().map(|notice| (notice.topic.clone(), notice.clone())).collect();
        Self { url, token_file, authority, deadline, standing }
    }

    fn post(&self, alerts: Vec<Value>) -> Result<String, DeliveryError> {
        http::send(&Post {
            url: secret::address(&self.url)?.below(PATH),
            authorization: self.token_file.as_deref().map(secret::bearer).transpose()?,
            idempotency_key: None,
            body: Value::Array(alerts).to_string(),
            authority: self.authority.clone(),
            deadline: self.deadline,
        })
    }
}

impl Deliver for Alertmanager {
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError> {
        let now = now();
        let mut standing = self.standing.clone();
        let mut alerts: BTreeMap<String, Value> = BTreeMap::new();
        for notice in notices {
            // A severity is a label, and other labels are another alert: the one before has to end.
            let before = standing.get(&notice.topic).filter(|before| labels(before) != labels(notice));
            if let Some(before) = before {
                alerts.insert(labels(before).to_string(), alert(before, now));
            }
            alerts.insert(labels(notice).to_string(), alert(notice, ends(notice, now)));
            match notice.ends {
                Some(_) => standing.remove(&notice.topic),
                None if notice.kind == NoticeKind::Test => None,
                None => standing.insert(notice.topic.clone(), (*notice).clone()),
            };
        }
        let answer = self.post(alerts.into_values().collect())?;
        self.standing = standing;
        Ok(answer)
    }

    fn batch_max(&self) -> usize {
        64
    }

    fn refresh(&mut self) -> Result<Refreshed, DeliveryError> {
        let now = now();
        let alerts: Vec<Value> =
            self.standing.values().map(|notice| alert(notice, ends(notice, now))).collect();
        if alerts.is_empty() {
            return Ok(Refreshed::Nothing { again: REFRESH });
        }
        self.post(alerts)?;
        Ok(Refreshed::Told { again: REFRESH })
    }
}

fn alert(notice: &Notice, ends: Timestamp) -> Value {
    json!({
        "labels": labels(notice),
        "annotations": { "summary": notice.title, "description": notice.text },
        "startsAt": rfc3339(notice.begins),
        "endsAt": rfc3339(Timestamp(ends.0.max(notice.begins.0 + 1))),
    })
}

fn ends(notice: &Notice, now: Timestamp) -> Timestamp {
    notice.ends.unwrap_or(Timestamp(now.0 + STANDS.as_millis() as u64))
}

/// Label names are of letters, digits and underscores; an empty value is no label.
fn labels(notice: &Notice) -> Value {
    let mut labels: BTreeMap<String, String> = notice
        .labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.chars().map(label_char).collect(), value.clone()))
        .collect();
    let severity = match notice.severity {
        Severity::Notice => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    labels.insert("alertname".to_owned(), alert_name(&notice.rule));
    labels.insert("severity".to_owned(), severity.to_owned());
    labels.insert("topic".to_owned(), notice.topic.clone());
    json!(labels)
}

fn label_char(letter: char) -> char {
    if letter.is_ascii_alphanumeric() { letter } else { '_' }
}

/// `near-limit` is `HighwaterNearLimit`, as the field spells names of alerts.
fn alert_name(rule: &str) -> String {
    rule.split('-').fold("Highwater".to_owned(), |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.extend(letters);
        name
    })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}

/// A date as RFC 3339 has it, in UTC. Days become a date as in Howard Hinnant's `civil_from_days`.
fn rfc3339(at: Timestamp) -> String {
    let (seconds, millis) = (at.0 / 1000, at.0 % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::{alert_name, labels, rfc3339};
    use crate::receiver::test_notice;
    use model::snapshot::Timestamp;

    #[test]
    fn dates_are_as_the_rfc_has_them() {
        for (millis, date) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(millis)), date);
        }
    }

    #[test]
    fn labels_are_spelled_as_the_field_does() {
        assert_eq!(alert_name("near-limit"), "HighwaterNearLimit");
        let mut notice = test_notice("a");
        notice.labels =
            [("com.docker/x", "1"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let labels = labels(&notice);
        assert_eq!(labels["com_docker_x"], "1");
        assert_eq!(labels.get("empty"), None);
    }
}
