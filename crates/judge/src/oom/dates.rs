//! Dates that logs print, as moments: a missing year is the latest that fits, a missing zone is this machine's, and both are said.

use kernel::oom_report::printed_date::{PrintedDate, read};
use model::calendar::Calendar;
use model::incident::Assumed;
use model::reading::Reading;
use model::snapshot::Timestamp;

/// A log of a machine in another zone, read as local time, may seem to come from the future: zones are at most 26 hours apart.
const ZONES_APART_MILLIS: u64 = 26 * 3_600 * 1_000;

/// Eight years without the 29th of February lie around 2100, and four otherwise.
const YEARS_BACK: u32 = 8;

/// The moment of a date as printed, and what of it was assumed.
#[must_use]
pub fn moment(printed: &str, calendar: Option<&Calendar>) -> (Reading<Timestamp>, Assumed) {
    let date = match read(printed) {
        Ok(date) => date,
        Err(why) => return (Reading::failed(why.to_string()), Assumed::Nothing),
    };
    let needs_calendar = date.year.is_none() || date.offset_seconds.is_none();
    let Some(calendar) = calendar.filter(|_| needs_calendar) else {
        let exact = date
            .year
            .zip(date.offset_seconds)
            .and_then(|(year, offset)| date.unix_micros(year, offset))
            .map(of_micros);
        return (exact.into(), Assumed::Nothing);
    };
    let assumed = match (date.year, date.offset_seconds) {
        (None, None) => Assumed::YearAndZone,
        (None, Some(_)) => Assumed::Year,
        (Some(_), None) => Assumed::Zone,
        (Some(_), Some(_)) => Assumed::Nothing,
    };
    let found = match date.year {
        Some(year) => in_zone(&date, year, calendar),
        None => latest_year(&date, calendar),
    };
    (found.into(), assumed)
}

/// The latest year that has such a day and does not lie ahead of the log.
fn latest_year(date: &PrintedDate, calendar: &Calendar) -> Option<Timestamp> {
    let slack = if date.offset_seconds.is_none() { ZONES_APART_MILLIS } else { 0 };
    let latest = calendar.latest.0.saturating_add(slack);
    // A year has 365.2425 days; the next is tried too, as its first day may be near.
    let year = u32::try_from(1970 + latest / 31_556_952_000).ok()?.saturating_add(1);
    let years = (year.saturating_sub(YEARS_BACK)..=year).rev();
    years.filter_map(|year| in_zone(date, year, calendar)).find(|moment| moment.0 <= latest)
}

/// The moment in a year: by the zone printed, else by the machine's. Of an hour that a clock shows twice it is the first; an hour
/// that it leaves out is counted on from the one before.
fn in_zone(date: &PrintedDate, year: u32, calendar: &Calendar) -> Option<Timestamp> {
    if let Some(offset) = date.offset_seconds {
        return date.unix_micros(year, offset).map(of_micros);
    }
    let as_utc = date.unix_micros(year, 0)?;
    let seconds = i64::try_from(as_utc / 1_000_000).ok()?;
    let offsets = [seconds - DAY_SECONDS, seconds + DAY_SECONDS].map(|near| calendar.east_seconds_at(near));
    let is_shown = |offset: &&i64| calendar.east_seconds_at(seconds - **offset) == **offset;
    let offset = offsets.iter().find(is_shown).or(offsets.first())?;
    date.unix_micros(year, *offset).map(of_micros)
}

const DAY_SECONDS: i64 = 86_400;

const fn of_micros(micros: u64) -> Timestamp {
    Timestamp(micros / 1_000)
}

#[cfg(test)]
mod tests {
    use super::{Assumed, Calendar, Reading, Timestamp, moment};
    use model::calendar::ZoneOffset;

    /// 2026-11-21 03:00:00 UTC.
    const NOW: Timestamp = Timestamp(1_795_230_000_000);

    /// Berlin: one hour east, two from 2026-03-29 01:00 UTC to 2026-10-25 01:00 UTC.
    fn berlin() -> Calendar {
        let offset = |from_seconds, hours: i64| ZoneOffset { from_seconds, east_seconds: hours * 3_600 };
        let offsets = vec![offset(i64::MIN, 1), offset(1_774_746_000, 2), offset(1_792_890_000, 1)];
        Calendar { latest: NOW, offsets }
    }

    fn seconds(printed: &str, calendar: &Calendar) -> Option<u64> {
        moment(printed, Some(calendar)).0.get().map(|moment| moment.0 / 1_000)
    }

    #[test]
    fn a_date_with_year_and_zone_is_exact() {
        for calendar in [None, Some(&berlin())] {
            let (wall, assumed) = moment("2026-11-21T04:00:00.250+01:00", calendar);
            assert_eq!((wall, assumed), (Reading::Value(Timestamp(NOW.0 + 250)), Assumed::Nothing));
        }
    }

    #[test]
    fn what_is_not_printed_is_assumed_and_said() {
        for (printed, assumed) in [
            ("Nov 21 04:00:00", Assumed::YearAndZone),
            ("Nov 21 04:00:00 CET", Assumed::Year),
            ("Sat Nov 21 04:00:00 2026", Assumed::Zone),
        ] {
            assert_eq!(moment(printed, Some(&berlin())), (Reading::Value(NOW), assumed), "{printed}");
            assert_eq!(moment(printed, None).0, Reading::Absent, "{printed}");
        }
    }

    #[test]
    fn the_year_is_the_latest_that_is_not_ahead() {
        let utc = Calendar::utc(NOW);
        let years_ago =
            |printed| (NOW.0 / 1_000).checked_sub(seconds(printed, &utc).unwrap()).unwrap() / 31_536_000;
        for (printed, years) in
            [("Nov 20 03:00:00", 0), ("Jan  1 00:00:00", 0), ("Dec 31 23:59:59", 0), ("Feb 29 12:00:00", 2)]
        {
            assert_eq!(years_ago(printed), years, "{printed}");
        }
        // Twenty-six hours ahead may be another zone; a minute more is the year before.
        assert_eq!(seconds("Nov 22 05:00:00", &utc), Some(1_795_323_600));
        assert_eq!(seconds("Nov 22 05:01:00", &utc), Some(1_763_787_660));
        assert_eq!(seconds("Nov 21 03:01:00 UTC", &utc), Some(1_763_694_060));
        let new_year = Calendar::utc(Timestamp(1_798_761_600_000));
        assert_eq!(seconds("Jan  1 00:00:00", &new_year), Some(1_798_761_600));
        assert_eq!(seconds("Dec 31 23:59:59", &new_year), Some(1_798_761_599));
    }

    #[test]
    fn summer_time_begins_and_ends() {
        for (printed, expected) in [
            ("2026-03-29 01:59:59", 1_774_745_999),
            ("2026-03-29 02:30:00", 1_774_747_800),
            ("2026-03-29 03:00:00", 1_774_746_000),
            ("2026-10-25 02:30:00", 1_792_888_200),
            ("2026-10-25 03:00:00", 1_792_893_600),
        ] {
            assert_eq!(seconds(printed, &berlin()), Some(expected), "{printed}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let (wall, assumed) = moment("pon xyz 12 12:00:00 2026", Some(&berlin()));
        assert_eq!(assumed, Assumed::Nothing);
        assert_eq!(wall, Reading::failed("expected the name of a month, found `xyz`"));
    }
}
