//! Whether a command may be started for an alert now: for each container once in a while, and for all together so often an hour.

use crate::policy::pattern;
use model::alert::command::CommandSettings;
use model::alert::{AlertChange, ChangeKind, Moment};
use model::policy::WorkloadClass;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// When commands were started.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    by_command: BTreeMap<String, VecDeque<Moment>>,
    by_subject: BTreeMap<(String, String), Moment>,
}

/// Why a command is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// It was started for this container lately.
    Cooling {
        /// For so long it is not started again.
        left: Duration,
    },
    /// It was started so often within the last hour.
    TooOften {
        /// As often as it may.
        starts: usize,
    },
}

/// Whether a command is wanted at a change: when an alert begins, or gets worse. Whose class is not known is of none.
#[must_use]
pub fn is_wanted(
    settings: &CommandSettings,
    change: &AlertChange,
    class: impl FnOnce() -> Option<WorkloadClass>,
) -> bool {
    let alert = &change.alert;
    let is_beginning = match change.kind {
        ChangeKind::Fired | ChangeKind::Escalated => true,
        ChangeKind::Repeated | ChangeKind::Resolved(_) => false,
    };
    let any = |patterns: &[String], text: Option<&str>| {
        let matches = |text: &str| patterns.iter().any(|it| pattern::matches(it, text));
        patterns.is_empty() || text.is_some_and(matches)
    };
    is_beginning
        && settings.rules.contains(&alert.key.rule)
        && any(&settings.names, Some(&alert.key.subject))
        && any(&settings.images, alert.labels.get("image").map(String::as_str))
        && (settings.classes.is_empty() || class().is_some_and(|class| settings.classes.contains(&class)))
}

impl Starts {
    /// Notes that a command is started for a container now.
    ///
    /// # Errors
    /// When it may not be; then nothing is noted.
    pub fn note(&mut self, settings: &CommandSettings, subject: &str, now: &Moment) -> Result<(), NotNow> {
        let key = (settings.name.clone(), subject.to_owned());
        if let Some(at) = self.by_subject.get(&key) {
            let left = settings.cool_down.saturating_sub(now.since(at));
            if !left.is_zero() {
                return Err(NotNow::Cooling { left });
            }
        }
        let starts = self.by_command.entry(settings.name.clone()).or_default();
        starts.retain(|at| now.since(at) < HOUR);
        if starts.len() >= settings.starts_per_hour_max {
            return Err(NotNow::TooOften { starts: starts.len() });
        }
        starts.push_back(*now);
        // Who has cooled down needs no mark any more.
        self.by_subject.retain(|(name, _), at| *name != settings.name || now.since(at) < settings.cool_down);
        self.by_subject.insert(key, *now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{NotNow, Starts, is_wanted};
    use model::alert::command::CommandSettings;
    use model::alert::evidence::Evidence;
    use model::alert::{Alert, AlertChange, AlertKey, AlertRule, ChangeKind, Moment, Phase};
    use model::finding::Severity;
    use model::policy::WorkloadClass;
    use model::snapshot::Timestamp;
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::time::Duration;

    fn at(seconds: u64) -> Moment {
        Moment { wall: Timestamp(0), uptime: Duration::from_secs(seconds), boot: None }
    }

    fn dump() -> CommandSettings {
        CommandSettings {
            name: "dump".to_owned(),
            rules: vec![AlertRule::Leak],
            names: Vec::new(),
            images: Vec::new(),
            classes: Vec::new(),
            program: PathBuf::from("/bin/true"),
            args: Vec::new(),
            deadline: Duration::from_secs(1),
            starts_per_hour_max: 2,
            cool_down: Duration::from_secs(600),
        }
    }

    #[test]
    fn a_command_of_a_class_is_not_started_for_others_nor_for_whom_nobody_knows() {
        let begins = |rule| AlertChange {
            kind: ChangeKind::Fired,
            alert: Alert {
                key: AlertKey { rule, subject: "web".to_owned(), occurrence: None },
                severity: Severity::Warning,
                labels: BTreeMap::new(),
                evidence: Evidence::default(),
                since: at(0),
                phase: Phase::Firing { clear_since: None, told: None },
            },
            at: at(0),
        };
        let of_class =
            CommandSettings { classes: vec![WorkloadClass::Database, WorkloadClass::Cache], ..dump() };
        let leak = begins(AlertRule::Leak);
        assert!(is_wanted(&dump(), &leak, || panic!("nobody asked for a class")));
        assert!(is_wanted(&of_class, &leak, || Some(WorkloadClass::Cache)));
        assert!(!is_wanted(&of_class, &leak, || Some(WorkloadClass::Api)));
        assert!(!is_wanted(&of_class, &leak, || None));
        assert!(!is_wanted(&of_class, &begins(AlertRule::Pressure), || Some(WorkloadClass::Cache)));
    }

    #[test]
    fn a_container_cools_down_and_an_hour_has_so_many_starts() {
        let dump = dump();
        let mut starts = Starts::default();
        assert_eq!(starts.note(&dump, "web", &at(0)), Ok(()));
        let left = Duration::from_secs(540);
        assert_eq!(starts.note(&dump, "web", &at(60)), Err(NotNow::Cooling { left }));
        assert_eq!(starts.note(&dump, "db", &at(60)), Ok(()));
        assert_eq!(starts.note(&dump, "web", &at(700)), Err(NotNow::TooOften { starts: 2 }));
        assert_eq!(starts.note(&dump, "web", &at(3_600)), Ok(()));
        assert_eq!(starts.by_subject.len(), 1);
    }
}
