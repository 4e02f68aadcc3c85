//! When an alert fires and when it is over: the settings of every rule, and what they are unless a file says otherwise.

use crate::alert::AlertRule;
use crate::finding::Severity;
use std::collections::BTreeMap;
use std::time::Duration;

/// The settings of alerting.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRules {
    /// An alert that stands is told again after so long.
    pub repeat: Duration,
    /// A state is over when its figures have been good for so long.
    pub clear_hold: Duration,
    /// A happening is over when it has not happened again for so long.
    pub quiet: Duration,
    /// What each rule asks for; one that is not here is off.
    pub rules: BTreeMap<AlertRule, RuleSettings>,
    /// Little is left when what is left is less than this share of the limit.
    pub headroom: Band,
    /// What is left is critical below this share, whether or not it gets less.
    pub headroom_ratio_critical: f64,
    /// It gets less fast enough when nothing is left after so long.
    pub time_left: Duration,
    /// Swap used, as a share of the container's swap limit.
    pub swap: Band,
    /// The share of time in which every task waits.
    pub stalled: Band,
    /// From this share on, waiting is critical.
    pub stalled_ratio_critical: f64,
    /// The machine's swap used, as a share of it.
    pub node_swap: Band,
}

/// What a rule asks for besides its thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSettings {
    /// How bad it is, whatever the figures say.
    pub severity: Option<Severity>,
    /// It must be broken for so long before anybody is told.
    pub hold: Duration,
}

/// Two thresholds, so that a figure that trembles about one of them is told once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Here the rule is broken.
    pub fires: f64,
    /// Here the figure is good again.
    pub clears: f64,
}

impl AlertRules {
    /// How long a rule must be broken, unless a file says otherwise.
    #[must_use]
    pub const fn hold_default(rule: AlertRule) -> Duration {
        let seconds = match rule {
            // Ten seconds are half a minute of warning for what fills a limit in forty.
            AlertRule::NearLimit => 10,
            AlertRule::SwapUsage | AlertRule::NodeSwap => 60,
            AlertRule::Pressure => 30,
            // A container that was just started is joined with its engine's record a moment later.
            AlertRule::LimitDrift => 60,
            AlertRule::Leak
            | AlertRule::EvictionLine
            | AlertRule::OomKill
            | AlertRule::InvisibleKill
            | AlertRule::UnattributedKills => 0,
        };
        Duration::from_secs(seconds)
    }
}

impl Default for AlertRules {
    fn default() -> Self {
        let settings = |rule| RuleSettings { severity: None, hold: Self::hold_default(rule) };
        Self {
            repeat: Duration::from_secs(4 * 3600),
            clear_hold: Duration::from_secs(60),
            quiet: Duration::from_secs(600),
            rules: AlertRule::ALL.into_iter().map(|rule| (rule, settings(rule))).collect(),
            headroom: Band { fires: 0.10, clears: 0.15 },
            headroom_ratio_critical: 0.03,
            time_left: Duration::from_secs(3600),
            swap: Band { fires: 0.80, clears: 0.70 },
            stalled: Band { fires: 0.05, clears: 0.025 },
            stalled_ratio_critical: 0.25,
            node_swap: Band { fires: 0.90, clears: 0.80 },
        }
    }
}
