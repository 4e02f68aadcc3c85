//! What alerting remembers from one look to the next.

use crate::alert::{Alert, AlertKey, Moment};
use crate::cgroup::CgroupId;
use kernel::bytes::Bytes;
use std::collections::BTreeMap;

/// What alerting remembers from one look to the next; the store keeps it, so that a restart tells nothing twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertBook {
    /// Every alert that is held or stands.
    pub alerts: BTreeMap<AlertKey, Alert>,
    /// How fast the headroom of those that are near their limit shrinks. Not worth keeping over a restart.
    pub trends: BTreeMap<String, Trend>,
    /// The last look.
    pub looked: Option<Moment>,
    /// Kills that nothing explains, as many as were told.
    pub unattributed_told: u64,
}

/// How fast headroom shrinks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Whose: a restarted container begins anew.
    pub cgroup: CgroupId,
    /// When it was last seen.
    pub at: Moment,
    /// What was left then.
    pub headroom: Bytes,
    /// The line through the last looks: a pace that began a moment ago.
    pub recent: FittedLine,
    /// The line through many more: whether that is a growth, or a tremble that comes and goes.
    pub lasting: FittedLine,
}

/// The sums of a line through weighted looks, of which the older count less. Times and amounts count from the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FittedLine {
    /// Of all weights.
    pub weight: f64,
    /// Of their squares.
    pub weight_squared: f64,
    /// Of the seconds.
    pub seconds: f64,
    /// Of their squares.
    pub seconds_squared: f64,
    /// Of the bytes.
    pub bytes: f64,
    /// Of their squares.
    pub bytes_squared: f64,
    /// Of seconds times bytes.
    pub products: f64,
}
