//! Alerts: somebody is told that something goes wrong, and once more when it is over.

pub mod book;
pub mod command;
pub mod evidence;
pub mod rules;
pub mod silence;

use crate::alert::evidence::Evidence;
use crate::finding::Severity;
use crate::kernel_log::BootId;
use crate::snapshot::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertRule {
    /// Little is left before an OOM kill, and that gets less.
    NearLimit,
    /// Swap is nearly full, measured by the container's swap limit.
    SwapUsage,
    /// Tasks wait for memory.
    Pressure,
    /// The kernel killed for memory.
    OomKill,
    /// The kernel killed a child, and the container runs on: no runtime tells of it.
    InvisibleKill,
    /// Memory grows and is not given back.
    Leak,
    /// The kernel enforces another limit than was declared.
    LimitDrift,
    /// The machine's swap is nearly full.
    NodeSwap,
    /// The kubelet evicts before the kernel swaps.
    EvictionLine,
    /// The kernel counted kills that nothing explains.
    UnattributedKills,
}

impl AlertRule {
    /// Every rule, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::NearLimit,
        Self::SwapUsage,
        Self::Pressure,
        Self::OomKill,
        Self::InvisibleKill,
        Self::Leak,
        Self::LimitDrift,
        Self::NodeSwap,
        Self::EvictionLine,
        Self::UnattributedKills,
    ];

    /// Its name in files, flags and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NearLimit => "near-limit",
            Self::SwapUsage => "swap-usage",
            Self::Pressure => "pressure",
            Self::OomKill => "oom-kill",
            Self::InvisibleKill => "invisible-kill",
            Self::Leak => "leak",
            Self::LimitDrift => "limit-drift",
            Self::NodeSwap => "node-swap",
            Self::EvictionLine => "eviction-line",
            Self::UnattributedKills => "unattributed-kills",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name)
    }

    /// Whether it tells of something that happened, or of a state that lasts.
    #[must_use]
    pub const fn tells_of(self) -> TellsOf {
        match self {
            Self::OomKill | Self::InvisibleKill | Self::UnattributedKills => TellsOf::Happening,
            Self::NearLimit
            | Self::SwapUsage
            | Self::Pressure
            | Self::Leak
            | Self::LimitDrift
            | Self::NodeSwap
            | Self::EvictionLine => TellsOf::State,
        }
    }
}

/// What kind of thing a rule tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TellsOf {
    /// A state: it ends when the figures are better, or when what it is about is gone.
    State,
    /// Something that happened: it cannot get better, only quiet.
    Happening,
}

/// What tells an alert from every other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey {
    /// The rule.
    pub rule: AlertRule,
    /// Whom it is about: a container's name, or the machine's.
    pub subject: String,
    /// Which of several: the incident's id.
    pub occurrence: Option<String>,
}

impl fmt::Display for AlertKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.rule.as_str(), self.subject)?;
        self.occurrence.as_ref().map_or(Ok(()), |occurrence| write!(out, "/{occurrence}"))
    }
}

/// A moment on three clocks. Within a boot only the time since boot counts: the wall clock may jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub wall: Timestamp,
    /// Time since boot.
    pub uptime: Duration,
    /// Which boot.
    pub boot: Option<BootId>,
}

impl Moment {
    /// How long ago the earlier one was. Over a reboot it is what the wall clock says, and at least as long as this boot.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        if self.boot == earlier.boot && self.uptime >= earlier.uptime {
            return self.uptime - earlier.uptime;
        }
        let by_wall = Duration::from_millis(self.wall.0.saturating_sub(earlier.wall.0));
        by_wall.max(self.uptime)
    }
}

/// An alert and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// What tells it from every other.
    pub key: AlertKey,
    /// How bad it has been; it does not fall while the alert stands.
    pub severity: Severity,
    /// Who that is, for machines: `container`, `namespace`, `cgroup`.
    pub labels: BTreeMap<String, String>,
    /// The figures, as they were when the rule was last broken.
    pub evidence: Evidence,
    /// Since when the rule is broken.
    pub since: Moment,
    /// How far it has come.
    pub phase: Phase,
}

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// The rule is broken, not yet for as long as it must be.
    Held,
    /// It stands.
    Firing {
        /// Since when the figures are good again.
        clear_since: Option<Moment>,
        /// When somebody was last told; nothing while a silence keeps it back.
        told: Option<Told>,
    },
}

/// That somebody was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// When, the last time.
    pub at: Moment,
    /// How bad it was said to be.
    pub severity: Severity,
    /// How often.
    pub times: u64,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertChange {
    /// What became of the alert.
    pub kind: ChangeKind,
    /// The alert, as it is after that.
    pub alert: Alert,
    /// When.
    pub at: Moment,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is told for the first time.
    Fired,
    /// It is worse than was told.
    Escalated,
    /// It still stands.
    Repeated,
    /// It is over.
    Resolved(Resolution),
}

/// Why an alert is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// The figures have been good for long enough.
    Cleared,
    /// What it was about is gone.
    Gone,
    /// It happened, and has not happened again.
    Quiet,
    /// Nobody wants to be told any more.
    RuleOff,
}

impl ChangeKind {
    /// Its name in JSON and in keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Escalated => "escalated",
            Self::Repeated => "repeated",
            Self::Resolved(_) => "resolved",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AlertRule, BootId, Duration, Moment, Timestamp};

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in AlertRule::ALL {
            assert_eq!(AlertRule::parse(rule.as_str()), Some(rule));
        }
        assert_eq!(AlertRule::parse("near_limit"), None);
    }

    #[test]
    fn within_a_boot_the_wall_clock_does_not_count() {
        let at = |wall, uptime, boot| Moment {
            wall: Timestamp(wall),
            uptime: Duration::from_secs(uptime),
            boot: Some(BootId(boot)),
        };
        assert_eq!(at(0, 70, 1).since(&at(9_000_000, 10, 1)), Duration::from_secs(60));
        assert_eq!(at(100_000, 5, 2).since(&at(40_000, 900, 1)), Duration::from_secs(60));
        // The clock went back over the reboot: at least this boot has passed.
        assert_eq!(at(0, 5, 2).since(&at(40_000, 900, 1)), Duration::from_secs(5));
    }
}
