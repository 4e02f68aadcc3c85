//! What a date needs that a log printed without its year or its time zone.

use crate::snapshot::Timestamp;

/// How the dates of a log are read. Whoever opens the log knows it; thought has neither clock nor zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Nothing in the log is younger: when it was last written, or now.
    pub latest: Timestamp,
    /// The local time's offsets, oldest first.
    pub offsets: Vec<ZoneOffset>,
}

/// One offset of local time, until the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffset {
    /// Since when, in seconds since 1970.
    pub from_seconds: i64,
    /// How far east of UTC, in seconds.
    pub east_seconds: i64,
}

impl Calendar {
    /// A machine that keeps UTC.
    #[must_use]
    pub fn utc(latest: Timestamp) -> Self {
        Self { latest, offsets: vec![ZoneOffset { from_seconds: i64::MIN, east_seconds: 0 }] }
    }

    /// The offset at a moment; UTC when none is known.
    #[must_use]
    pub fn east_seconds_at(&self, seconds: i64) -> i64 {
        let begun = self.offsets.partition_point(|offset| offset.from_seconds <= seconds);
        let index = begun.saturating_sub(1);
        self.offsets.get(index).map_or(0, |offset| offset.east_seconds)
    }
}
