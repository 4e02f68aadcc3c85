//! Memory that grows and is not given back: what was seen, how sure that is, how fast it goes.

use crate::replay::Interval;
use kernel::bytes::Bytes;

/// How sure a leak is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakCertainty {
    /// A day of growth that does not slow down.
    Suspected,
    /// More than that.
    Confirmed(LeakEvidence),
}

/// What confirms a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakEvidence {
    /// At nearly every hour it is higher than a day before, and that was higher than two days before.
    DayOverDay,
    /// It grew alike after so many restarts.
    Restarts(u64),
    /// Nearly all replicas grow.
    Replicas {
        /// So many.
        growing: u64,
        /// Of so many.
        of: u64,
    },
}

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowingPart {
    /// All that was recorded, whatever it is made of.
    Usage,
}

/// A workload that leaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// The workload.
    pub name: String,
    /// Where its history was read.
    pub origin: String,
    /// How sure it is.
    pub certainty: LeakCertainty,
    /// What grows.
    pub part: GrowingPart,
    /// How much more it holds after a day, in bytes.
    pub bytes_per_day: f64,
    /// Where that lies with 95 % certainty.
    pub interval: Interval,
    /// Since when it grows, in the source's seconds.
    pub since_seconds: i64,
    /// What it held at the end.
    pub usage: Bytes,
    /// Its limit, memory and swap together, when that is known.
    pub limit: Option<Bytes>,
    /// How long until it is there.
    pub seconds_to_limit: Option<f64>,
}

/// What was looked at, and what leaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeakReport {
    /// The leaks, the surest and fastest first.
    pub leaks: Vec<Leak>,
    /// Series that were looked at.
    pub judged: u64,
    /// Series shorter than a day: nothing can be said of them.
    pub too_short: u64,
}
