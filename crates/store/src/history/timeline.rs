//! Boots on one axis of wall-clock time: each by its last known clock, none overlapping another.
//!
//! Within a boot, time since boot orders everything and the wall clock's last known distance from it places it, so a clock
//! that was set back or forth neither doubles nor reverses anything. A boot that would end after the next one began (its clock
//! was wrong to the end) is moved back until it does not.

use super::chunk::BootClock;
use super::segment::{BootSpan, add_span};
use model::kernel_log::BootId;

/// Where each boot is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The boots, oldest first, with what is to be added to seconds since boot.
    boots: Vec<(BootSpan, i64)>,
}

impl Timeline {
    /// From parts of boots in the order in which they were recorded.
    pub fn of<'a>(spans: impl Iterator<Item = &'a BootSpan>) -> Self {
        let mut known: Vec<BootSpan> = Vec::new();
        spans.for_each(|span| add_span(&mut known, *span));
        let mut boots: Vec<(BootSpan, i64)> = Vec::with_capacity(known.len());
        let mut next_begins = i64::MAX;
        for span in known.into_iter().rev() {
            let clocks = seconds_of(span.clock);
            let overlap = clocks.saturating_add(signed(span.end_seconds)).saturating_sub(next_begins).max(0);
            let add = clocks.saturating_sub(overlap);
            next_begins = add.saturating_add(signed(span.first_seconds));
            boots.push((span, add));
        }
        boots.reverse();
        Self { boots }
    }

    /// What is to be added to a boot's seconds to have seconds since 1970.
    pub fn add_seconds(&self, boot_id: BootId) -> Option<i64> {
        let boot = self.boots.iter().find(|(span, _)| span.clock.boot_id == boot_id);
        boot.map(|(_, add)| *add)
    }

    /// A moment of a boot, in seconds since 1970.
    pub fn seconds(&self, boot_id: BootId, since_boot: u64) -> Option<i64> {
        Some(self.add_seconds(boot_id)?.saturating_add(signed(since_boot)))
    }

    /// A place among the boots for sorting; a boot that is not known is the newest.
    pub fn place(&self, boot_id: BootId) -> usize {
        let place = self.boots.iter().position(|(span, _)| span.clock.boot_id == boot_id);
        place.unwrap_or(self.boots.len())
    }
}

const fn seconds_of(clock: BootClock) -> i64 {
    clock.offset_millis.div_euclid(1_000)
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{BootClock, BootId, BootSpan, Timeline};

    fn span(boot: u128, offset_seconds: i64, first_seconds: u64, end_seconds: u64) -> BootSpan {
        let clock = BootClock { boot_id: BootId(boot), offset_millis: offset_seconds * 1_000 };
        BootSpan { clock, first_seconds, end_seconds }
    }

    #[test]
    fn the_last_clock_of_a_boot_places_all_of_it() {
        let timeline = Timeline::of([span(1, 0, 10, 20), span(1, 1_700_000_000, 20, 30)].iter());
        assert_eq!(timeline.seconds(BootId(1), 10), Some(1_700_000_010));
        assert_eq!(timeline.seconds(BootId(2), 10), None);
    }

    #[test]
    fn a_boot_whose_clock_ran_ahead_ends_before_the_next() {
        let timeline = Timeline::of([span(1, 9_000_000, 0, 100), span(2, 5_000, 5, 50)].iter());
        assert_eq!(timeline.seconds(BootId(1), 100), Some(5_005));
        assert_eq!(timeline.seconds(BootId(2), 5), Some(5_005));
    }
}
