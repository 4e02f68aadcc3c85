//! Moments as dates, without a clock and without a time zone.

use crate::units;
use model::incident::{Assumed, When};
use model::reading::Reading;
use model::snapshot::Timestamp;

/// The moment in as few words as a list has room for.
pub(super) fn short(when: &When) -> String {
    if let Some(wall) = when.wall.get() {
        return format!("{} UTC", date(wall));
    }
    match (&when.printed, when.since_boot.get()) {
        (Some(printed), _) => printed.clone(),
        (None, Some(since)) => format!("boot + {}", units::duration(since)),
        (None, None) => "time unknown".to_owned(),
    }
}

/// The moment by every clock that was there.
pub(super) fn long(when: &When) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(when.wall.get().map(|wall| format!("{} UTC", date(wall))));
    words.extend(when.printed.as_ref().map(|printed| match (&when.wall, guess(when.assumed)) {
        (Reading::Value(_), None) => format!("printed as `{printed}`"),
        (Reading::Value(_), Some(guess)) => format!("printed as `{printed}`: {guess} assumed"),
        (Reading::Absent, _) => format!("printed as `{printed}`"),
        (Reading::Failed(why), _) => format!("printed as `{printed}`: {why}"),
    }));
    words.extend(when.since_boot.get().map(|since| format!("{} after boot", units::duration(since))));
    if words.is_empty() { "time unknown".to_owned() } else { words.join(", ") }
}

/// What of a date the log does not say, and what was taken for it.
pub(super) const fn guess(assumed: Assumed) -> Option<&'static str> {
    match assumed {
        Assumed::Nothing => None,
        Assumed::Year => Some("the latest year that fits"),
        Assumed::Zone => Some("this machine's time zone"),
        Assumed::YearAndZone => Some("the latest year that fits and this machine's time zone"),
    }
}

/// The proleptic Gregorian calendar in eras of 400 years that begin in March (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
pub(crate) fn date(moment: Timestamp) -> String {
    let seconds = moment.0 / 1_000;
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, date};

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_709_251_199, "2024-02-29 23:59:59"),
            (1_795_230_000, "2026-11-21 03:00:00"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date(Timestamp(seconds * 1_000)), text);
        }
    }
}
