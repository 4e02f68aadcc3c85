//! This machine's time zone as a value, for those who may not ask: its offsets over the years that logs are of.

use jiff::Timestamp as Moment;
use jiff::tz::TimeZone;
use model::calendar::{Calendar, ZoneOffset};
use model::snapshot::Timestamp;

/// Changes that are kept: thirty years of summer time.
const CHANGES_MAX: usize = 60;

/// How dates are read in a log of which nothing is younger than `latest`: in the zone of `TZ`, else of `/etc/localtime`.
#[must_use]
pub fn calendar(latest: Timestamp) -> Calendar {
    in_zone(&TimeZone::system(), latest)
}

fn in_zone(zone: &TimeZone, latest: Timestamp) -> Calendar {
    let millis = i64::try_from(latest.0).unwrap_or(i64::MAX);
    let moment = Moment::from_millisecond(millis).unwrap_or(Moment::MAX);
    let mut offsets: Vec<ZoneOffset> = zone
        .preceding(moment)
        .take(CHANGES_MAX)
        .map(|change| ZoneOffset {
            from_seconds: change.timestamp().as_second(),
            east_seconds: i64::from(change.offset().seconds()),
        })
        .collect();
    offsets.reverse();
    let oldest = offsets.first().map_or(moment.as_second(), |offset| offset.from_seconds);
    let before = Moment::from_second(oldest.saturating_sub(1)).unwrap_or(Moment::MIN);
    let first =
        ZoneOffset { from_seconds: i64::MIN, east_seconds: i64::from(zone.to_offset(before).seconds()) };
    offsets.insert(0, first);
    Calendar { latest, offsets }
}

#[cfg(test)]
mod tests {
    use super::{TimeZone, Timestamp, in_zone};

    #[test]
    fn a_zone_is_its_offsets() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-11-21 03:00:00 UTC.
        let calendar = in_zone(&zone, Timestamp(1_795_230_000_000));
        for (seconds, hours) in [
            (0, 1),
            (1_774_745_999, 1),
            (1_774_746_000, 2),
            (1_792_889_999, 2),
            (1_792_890_000, 1),
            (1_795_230_000, 1),
        ] {
            assert_eq!(calendar.east_seconds_at(seconds), hours * 3_600, "{seconds}");
        }
    }

    #[test]
    fn a_zone_that_never_changes_has_one_offset() {
        let calendar = in_zone(&TimeZone::posix("JST-9").unwrap(), Timestamp(0));
        assert_eq!(calendar.offsets.len(), 1);
        assert_eq!(calendar.east_seconds_at(-1), 9 * 3_600);
    }
}
