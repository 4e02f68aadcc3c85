//! A program that is started for an alert, such as a heap dump, and how often it may be.

use crate::alert::AlertRule;
use crate::policy::WorkloadClass;
use std::path::PathBuf;
use std::time::Duration;

/// A program that is started when an alert begins or gets worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSettings {
    /// Its name in the log.
    pub name: String,
    /// Alerts of these rules start it.
    pub rules: Vec<AlertRule>,
    /// Patterns of names; none is all.
    pub names: Vec<String>,
    /// Patterns of images; none is all.
    pub images: Vec<String>,
    /// Only containers of these classes; none is all.
    pub classes: Vec<WorkloadClass>,
    /// The program.
    pub program: PathBuf,
    /// What it is given.
    pub args: Vec<String>,
    /// It is killed when it takes longer.
    pub deadline: Duration,
    /// It is not started more often within an hour.
    pub starts_per_hour_max: usize,
    /// It is not started again for the same container for so long.
    pub cool_down: Duration,
}
