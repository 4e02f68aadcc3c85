//! What a rule says of one subject at one look.

use model::alert::evidence::Evidence;
use model::alert::rules::Band;
use model::alert::{AlertKey, AlertRule};
use model::finding::Severity;
use std::collections::{BTreeMap, BTreeSet};

/// What a rule says of one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is broken.
    Broken(Broken),
    /// Neither broken nor good, or the figures cannot be read: everything stays as it is.
    Between,
    /// The figures are good.
    Good,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// How bad it is.
    pub severity: Severity,
    /// The figures.
    pub evidence: Evidence,
    /// Who that is.
    pub labels: BTreeMap<String, String>,
}

/// What all rules say of one look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// By rule and subject.
    pub verdicts: BTreeMap<AlertKey, Verdict>,
    /// Rules that looked at all their subjects: one that is not among the verdicts is gone.
    pub seen: BTreeSet<AlertRule>,
}

impl Judged {
    /// Adds what a rule says of a subject.
    pub fn say(&mut self, rule: AlertRule, subject: &str, verdict: Verdict) {
        let key = AlertKey { rule, subject: subject.to_owned(), occurrence: None };
        self.verdicts.insert(key, verdict);
    }
}

/// A verdict before it is known whom it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// It is broken: how bad it is, and the figures.
    Broken(Severity, Evidence),
    /// As [`Verdict::Between`].
    Between,
    /// The figures are good.
    Good,
}

impl Found {
    /// With whom it is about.
    pub fn with(self, labels: impl FnOnce() -> BTreeMap<String, String>) -> Verdict {
        match self {
            Self::Broken(severity, evidence) => {
                Verdict::Broken(Broken { severity, evidence, labels: labels() })
            }
            Self::Between => Verdict::Between,
            Self::Good => Verdict::Good,
        }
    }
}

/// A figure that is bad when it is high.
pub fn above(ratio: f64, band: Band, broken: impl FnOnce() -> (Severity, Evidence)) -> Found {
    if ratio >= band.fires {
        let (severity, evidence) = broken();
        Found::Broken(severity, evidence)
    } else if ratio >= band.clears {
        Found::Between
    } else {
        Found::Good
    }
}
