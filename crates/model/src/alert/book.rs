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
    /// How much less it gets each second, smoothed; negative when it grows.
    pub bytes_per_second: f64,
}
