//! Silences: alerts that nobody is told of for a while, and why.

use crate::alert::{AlertRule, Moment};
use std::time::Duration;

/// Alerts that nobody is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// What to type to remove it.
    pub id: String,
    /// Patterns of names; one is enough. `*` stands for any text.
    pub names: Vec<String>,
    /// Rules; none is all.
    pub rules: Vec<AlertRule>,
    /// Why, for the people who ask.
    pub reason: Option<String>,
    /// For how long.
    pub span: SilenceSpan,
}

/// For how long a silence holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SilenceSpan {
    /// As long as it stands in the configuration.
    Standing,
    /// For a while.
    For {
        /// Since when.
        from: Moment,
        /// For how long.
        duration: Duration,
    },
}

impl Silence {
    /// How long it still holds: nothing when it is over. One without an end has all the time there is.
    #[must_use]
    pub fn left(&self, now: &Moment) -> Option<Duration> {
        match self.span {
            SilenceSpan::Standing => Some(Duration::MAX),
            SilenceSpan::For { from, duration } => {
                duration.checked_sub(now.since(&from)).filter(|left| !left.is_zero())
            }
        }
    }
}

/// A silence and how long it still holds.
#[derive(Clone, Copy, Debug)]
pub struct StandingSilence<'a> {
    /// The silence.
    pub silence: &'a Silence,
    /// How long it still holds.
    pub left: Duration,
}
