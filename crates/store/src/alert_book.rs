//! What alerting remembers, over a restart: one file of a checksum and versioned JSON, replaced whole.

use crate::checksum::crc32;
use crate::files;
use crate::outbox::StoredSeverity;
use crate::record::checked;
use model::alert::book::AlertBook;
use model::alert::evidence::{Evidence, EvidenceKey, Figure};
use model::alert::{Alert, AlertKey, AlertRule, Moment, Phase, Told};
use model::kernel_log::BootId;
use model::snapshot::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The version that is written here.
const VERSION: u32 = 1;

/// The file.
const NAME: &str = "alerts";

#[derive(Serialize, Deserialize)]
struct StoredBook {
    version: u32,
    alerts: Vec<StoredAlert>,
    looked: Option<StoredMoment>,
    unattributed_told: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredAlert {
    rule: String,
    subject: String,
    occurrence: Option<String>,
    severity: StoredSeverity,
    labels: BTreeMap<String, String>,
    evidence: Vec<(String, StoredFigure)>,
    since: StoredMoment,
    /// Nothing while it is held.
    firing: Option<StoredFiring>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredFigure {
    Bytes(u64),
    Number(f64),
    Count(u64),
    Word(String),
}

#[derive(Serialize, Deserialize)]
struct StoredFiring {
    clear_since: Option<StoredMoment>,
    told: Option<StoredTold>,
}

#[derive(Serialize, Deserialize)]
struct StoredTold {
    at: StoredMoment,
    severity: StoredSeverity,
    times: u64,
}

/// A moment, as files of the store say it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredMoment {
    wall_millis: u64,
    uptime_millis: u64,
    boot_id: Option<String>,
}

/// What was remembered.
#[derive(Clone, Debug, PartialEq)]
pub enum Remembered {
    /// This.
    Book(AlertBook),
    /// Nothing was ever written.
    Nothing,
    /// The file is not what was written: what stands is told once more.
    Damaged,
}

/// Reads what was remembered below a store's folder.
///
/// # Errors
/// When the file cannot be read, or a later Highwater wrote it.
pub fn load(folder: &Path) -> io::Result<Remembered> {
    let path = folder.join(NAME);
    let bytes = files::read(&path)?;
    if bytes.is_empty() {
        return Ok(Remembered::Nothing);
    }
    let json = bytes.strip_suffix(b"\n").and_then(checked);
    let Some(stored) = json.and_then(|json| serde_json::from_slice::<serde_json::Value>(json).ok()) else {
        return Ok(Remembered::Damaged);
    };
    if stored.get("version").and_then(serde_json::Value::as_u64).is_some_and(|found| found > VERSION.into()) {
        let words = format!("{}: written by a later Highwater", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    let book = serde_json::from_value::<StoredBook>(stored).ok();
    Ok(book.map_or(Remembered::Damaged, |book| Remembered::Book(restored(book))))
}

/// Remembers it: on disk when this returns.
///
/// # Errors
/// When the file cannot be written.
pub fn save(folder: &Path, book: &AlertBook) -> io::Result<()> {
    let stored = StoredBook {
        version: VERSION,
        alerts: book.alerts.values().map(stored_alert).collect(),
        looked: book.looked.as_ref().map(StoredMoment::of),
        unattributed_told: book.unattributed_told,
    };
    let json = serde_json::to_string(&stored)?;
    let line = format!("{:08x} {json}\n", crc32(json.as_bytes()));
    files::replace(&folder.join(NAME), line.as_bytes())
}

fn stored_alert(alert: &Alert) -> StoredAlert {
    let firing = match alert.phase {
        Phase::Held => None,
        Phase::Firing { clear_since, told } => Some(StoredFiring {
            clear_since: clear_since.as_ref().map(StoredMoment::of),
            told: told.map(|told| StoredTold {
                at: StoredMoment::of(&told.at),
                severity: StoredSeverity::of(told.severity),
                times: told.times,
            }),
        }),
    };
    let figure = |(key, figure): &(EvidenceKey, Figure)| {
        let figure = match figure {
            Figure::Bytes(bytes) => StoredFigure::Bytes(bytes.0),
            Figure::Number(number) => StoredFigure::Number(*number),
            Figure::Count(count) => StoredFigure::Count(*count),
            Figure::Word(word) => StoredFigure::Word(word.clone()),
        };
        (key.as_str().to_owned(), figure)
    };
    StoredAlert {
        rule: alert.key.rule.as_str().to_owned(),
        subject: alert.key.subject.clone(),
        occurrence: alert.key.occurrence.clone(),
        severity: StoredSeverity::of(alert.severity),
        labels: alert.labels.clone(),
        evidence: alert.evidence.0.iter().map(figure).collect(),
        since: StoredMoment::of(&alert.since),
        firing,
    }
}

fn restored(book: StoredBook) -> AlertBook {
    // A rule that is no more has no alerts.
    let alerts = book.alerts.into_iter().filter_map(restored_alert);
    AlertBook {
        alerts: alerts.map(|alert| (alert.key.clone(), alert)).collect(),
        trends: BTreeMap::new(),
        looked: book.looked.map(StoredMoment::restored),
        unattributed_told: book.unattributed_told,
    }
}

fn restored_alert(stored: StoredAlert) -> Option<Alert> {
    let rule = AlertRule::parse(&stored.rule)?;
    let evidence = stored.evidence.into_iter().filter_map(|(key, figure)| {
        let figure = match figure {
            StoredFigure::Bytes(bytes) => Figure::Bytes(kernel::bytes::Bytes(bytes)),
            StoredFigure::Number(number) => Figure::Number(number),
            StoredFigure::Count(count) => Figure::Count(count),
            StoredFigure::Word(word) => Figure::Word(word),
        };
        Some((EvidenceKey::parse(&key)?, figure))
    });
    let phase = stored.firing.map_or(Phase::Held, |firing| Phase::Firing {
        clear_since: firing.clear_since.map(StoredMoment::restored),
        told: firing.told.map(|told| Told {
            at: told.at.restored(),
            severity: told.severity.restored(),
            times: told.times,
        }),
    });
    Some(Alert {
        key: AlertKey { rule, subject: stored.subject, occurrence: stored.occurrence },
        severity: stored.severity.restored(),
        labels: stored.labels,
        evidence: Evidence(evidence.collect()),
        since: stored.since.restored(),
        phase,
    })
}

impl StoredMoment {
    /// As it is written.
    pub(crate) fn of(moment: &Moment) -> Self {
        Self {
            wall_millis: moment.wall.0,
            uptime_millis: u64::try_from(moment.uptime.as_millis()).unwrap_or(u64::MAX),
            boot_id: moment.boot.map(|boot| boot.to_string()),
        }
    }

    /// As it is meant.
    pub(crate) fn restored(self) -> Moment {
        Moment {
            wall: Timestamp(self.wall_millis),
            uptime: Duration::from_millis(self.uptime_millis),
            boot: self.boot_id.as_deref().and_then(BootId::parse),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Remembered, load, save};
    use model::alert::book::AlertBook;
    use model::alert::evidence::{Evidence, EvidenceKey, Figure};
    use model::alert::{Alert, AlertKey, AlertRule, Moment, Phase, Told};
    use model::finding::Severity;
    use model::kernel_log::BootId;
    use model::snapshot::Timestamp;
    use std::collections::BTreeMap;
    use std::fs;
    use std::time::Duration;

    fn book() -> AlertBook {
        let at = Moment { wall: Timestamp(7), uptime: Duration::from_millis(1500), boot: Some(BootId(9)) };
        let told = Some(Told { at, severity: Severity::Warning, times: 3 });
        let phases = [Phase::Held, Phase::Firing { clear_since: Some(at), told }];
        let alerts = AlertRule::ALL.into_iter().enumerate().map(|(number, rule)| {
            let occurrence = (number == 3).then(|| "abc".to_owned());
            let key = AlertKey { rule, subject: "we\"b\n".to_owned(), occurrence };
            let evidence = Evidence::default()
                .and(EvidenceKey::Headroom, Figure::Bytes(kernel::bytes::Bytes(u64::MAX)))
                .and(EvidenceKey::TimeLeft, Figure::Number(0.1))
                .and(EvidenceKey::Kills, Figure::Count(2))
                .and(EvidenceKey::Cause, Figure::Word("it".to_owned()));
            let labels = BTreeMap::from([("container".to_owned(), "web".to_owned())]);
            let phase = phases[number % 2];
            (key.clone(), Alert { key, severity: Severity::Critical, labels, evidence, since: at, phase })
        });
        let alerts = alerts.collect();
        AlertBook { alerts, trends: BTreeMap::new(), looked: Some(at), unattributed_told: 4 }
    }

    #[test]
    fn a_book_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), Remembered::Nothing);
        save(folder.path(), &book()).unwrap();
        assert_eq!(load(folder.path()).unwrap(), Remembered::Book(book()));
    }

    #[test]
    fn a_changed_byte_is_damage_and_a_later_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &book()).unwrap();
        let path = folder.path().join("alerts");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("web", "wab", 1)).unwrap();
        assert_eq!(load(folder.path()).unwrap(), Remembered::Damaged);
        let json = "{\"version\":2}";
        fs::write(&path, format!("{:08x} {json}\n", crate::checksum::crc32(json.as_bytes()))).unwrap();
        assert!(load(folder.path()).unwrap_err().to_string().contains("later Highwater"));
    }
}
