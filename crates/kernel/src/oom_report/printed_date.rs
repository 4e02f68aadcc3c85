//! Dates as logs print them, as numbers: what the text does not say, such as year or time zone, stays unknown.

mod months;
pub(crate) mod zone;

use crate::decimal::parse_u64;
use crate::oom_report::text::is_digits;
use std::fmt;

const SECOND_MICROS: u64 = 1_000_000;

/// Words of one date, all of them.
const WORDS_MAX: usize = 16;

/// A date as far as its text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedDate {
    /// The year; syslog prints none.
    pub year: Option<u32>,
    /// The month, from 1.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
    /// Microseconds since midnight.
    pub time_micros: u64,
    /// How far east of UTC the clock is, in seconds; `None` where no zone is printed, or one of several meanings (`CST`).
    pub offset_seconds: Option<i64>,
}

/// Why a text is not read as a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadDate {
    /// There is a time of day alone.
    NoDate,
    /// A word of a language that is not known, or of one of several meanings.
    Month(String),
    /// `10/12/2026` is a day in October or in December.
    DayOrMonth(String),
    /// No calendar has such a day, no clock such a time.
    NoSuchDay,
}

impl fmt::Display for UnreadDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDate => write!(out, "expected a date, found none"),
            Self::Month(word) => write!(out, "expected the name of a month, found `{word}`"),
            Self::DayOrMonth(date) => {
                write!(out, "expected a day and a month that cannot be taken for each other, found `{date}`")
            }
            Self::NoSuchDay => write!(out, "expected a date, found a day or time that no calendar has"),
        }
    }
}

impl std::error::Error for UnreadDate {}

impl PrintedDate {
    /// Microseconds since 1970 of this date in a year and a zone; `None` when the year has no such day, or before 1970.
    #[must_use]
    pub fn unix_micros(&self, year: u32, offset_seconds: i64) -> Option<u64> {
        if self.day > days_of_month(year, self.month) {
            return None;
        }
        let seconds = days_since_1970(year, self.month, self.day) * 86_400 - offset_seconds;
        let micros = seconds.checked_mul(1_000_000)?.checked_add(i64::try_from(self.time_micros).ok()?)?;
        u64::try_from(micros).ok()
    }
}

/// Reads a date of RFC 3339, syslog, `dmesg -T` and its like.
///
/// # Errors
/// When the text has no date, or one that could be several.
pub fn read(text: &str) -> Result<PrintedDate, UnreadDate> {
    let mut found = Found::default();
    let words = text.split([' ', '\t', '[', ']', '(', ')', '@']).filter(|word| !word.is_empty());
    for word in words.take(WORDS_MAX) {
        found.take(word.trim_end_matches(','))?;
    }
    found.date()
}

/// What the words of a date said so far.
#[derive(Default)]
struct Found<'a> {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<u64>,
    half: Option<Half>,
    offset: Option<i64>,
    /// The last word that is none of the others: the month stands behind the day of the week.
    word: Option<&'a str>,
}

/// The half of the day of a clock that goes to twelve.
#[derive(Clone, Copy)]
enum Half {
    Am,
    Pm,
}

impl<'a> Found<'a> {
    fn take(&mut self, word: &'a str) -> Result<(), UnreadDate> {
        if let Some((date, time)) = word.split_once('T')
            && let (Some(date), Some((time, offset))) = (year_first(date), time_of_day(time))
        {
            (self.year, self.month, self.day) = (Some(date.0), Some(date.1), Some(date.2));
            (self.time, self.offset) = (Some(time), offset);
        } else if let Some((time, offset)) = time_of_day(word) {
            self.time = Some(time);
            self.offset = self.offset.or(offset);
        } else if let Some(offset) = zone::offset(word).filter(|_| self.time.is_some()) {
            self.offset = self.offset.or(offset);
        } else if word.starts_with(|it: char| it.is_ascii_digit()) {
            return self.take_number(word);
        } else {
            self.take_word(word);
        }
        Ok(())
    }

    fn take_number(&mut self, word: &str) -> Result<(), UnreadDate> {
        if let Some((year, month, day)) = year_first(word) {
            (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            return Ok(());
        }
        if let Some(month) = word.strip_suffix(['月', '월']).and_then(small) {
            self.month = Some(month);
            return Ok(());
        }
        let plain = word.trim_end_matches(['.', '日', '일']);
        if is_digits(plain) {
            match plain.len() {
                1 | 2 => self.day = small(plain),
                4 => self.year = small(plain),
                _ => {}
            }
            return Ok(());
        }
        let (year, month, day) = year_last(word)?;
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        Ok(())
    }

    fn take_word(&mut self, word: &'a str) {
        match word {
            "AM" | "am" => self.half = Some(Half::Am),
            "PM" | "pm" => self.half = Some(Half::Pm),
            "de" | "d'" => {}
            _ => {
                // `Mar11` of `dmesg -H`.
                let letters = word.trim_end_matches(|it: char| it.is_ascii_digit());
                if letters.len() < word.len() && months::month(letters).is_some() {
                    self.day = word.get(letters.len()..).and_then(small);
                }
                self.word = Some(letters);
            }
        }
    }

    fn date(self) -> Result<PrintedDate, UnreadDate> {
        let (Some(day), Some(time)) = (self.day, self.time) else { return Err(UnreadDate::NoDate) };
        let month = match (self.month, self.word) {
            (Some(month), _) => month,
            (None, Some(word)) => months::month(word).ok_or_else(|| UnreadDate::Month(word.to_owned()))?,
            (None, None) => return Err(UnreadDate::NoDate),
        };
        let time_micros = match self.half {
            None => Some(time),
            Some(half) => in_half(time, half),
        };
        // 2000 is a leap year.
        let is_day =
            (1..=12).contains(&month) && (1..=days_of_month(self.year.unwrap_or(2000), month)).contains(&day);
        match time_micros.filter(|_| is_day) {
            Some(time_micros) => {
                Ok(PrintedDate { year: self.year, month, day, time_micros, offset_seconds: self.offset })
            }
            None => Err(UnreadDate::NoSuchDay),
        }
    }
}

const fn in_half(time: u64, half: Half) -> Option<u64> {
    const HOUR: u64 = 3_600 * SECOND_MICROS;
    if time >= 13 * HOUR || time < HOUR {
        return None;
    }
    let since_twelve = time % (12 * HOUR);
    Some(match half {
        Half::Am => since_twelve,
        Half::Pm => since_twelve + 12 * HOUR,
    })
}

/// `2026-10-12`, `2026/10/12`, `2026.10.12`, `2026年10月12日`.
fn year_first(word: &str) -> Option<(u32, u32, u32)> {
    let mut parts = word.trim_end_matches(['日', '일', '.']).split(['-', '/', '.', '年', '月', '년', '월']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() > 2 || day.len() > 2 || parts.next().is_some() {
        return None;
    }
    Some((small(year)?, small(month)?, small(day)?))
}

/// `12.10.2026`, and `25/12/2026` where one of the two can only be the day.
fn year_last(word: &str) -> Result<(u32, u32, u32), UnreadDate> {
    let parts: Vec<&str> = word.trim_end_matches('.').split(['.', '/', '-']).collect();
    let [first, second, year] = parts.as_slice() else { return Err(UnreadDate::NoDate) };
    let (Some(first), Some(second), Some(year)) = (small(first), small(second), small(year)) else {
        return Err(UnreadDate::NoDate);
    };
    if year < 1970 {
        return Err(UnreadDate::NoDate);
    }
    match (first, second) {
        _ if word.contains('.') => Ok((year, second, first)),
        (13.., ..=12) => Ok((year, second, first)),
        (..=12, 13..) => Ok((year, first, second)),
        (first, second) if first == second => Ok((year, first, second)),
        _ => Err(UnreadDate::DayOrMonth(word.to_owned())),
    }
}

/// `HH:MM:SS` or `HH:MM` with a fraction and an offset.
fn time_of_day(word: &str) -> Option<(u64, Option<i64>)> {
    let (hours, rest) = number(word)?;
    let (minutes, rest) = number(rest.strip_prefix(':')?)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => number(rest)?,
        None => (0, rest),
    };
    // A second is sixty-one long at the end of some years.
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("", rest),
    };
    let offset = if rest.is_empty() { None } else { zone::offset(rest)? };
    let digits = fraction.bytes().map(|it| u64::from(it - b'0')).chain(std::iter::repeat(0));
    let micros = digits.take(6).fold(0, |micros, digit| micros * 10 + digit);
    Some(((hours * 3_600 + minutes * 60 + seconds) * SECOND_MICROS + micros, offset))
}

/// One or two digits and what follows them.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits).filter(|_| matches!(digits, 1 | 2))?;
    Some((parse_u64(number)?, rest))
}

fn small(digits: &str) -> Option<u32> {
    parse_u64(digits).filter(|_| digits.len() <= 4).and_then(|number| u32::try_from(number).ok())
}

const fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The proleptic Gregorian calendar in years that begin in March (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `days_from_civil`).
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{PrintedDate, UnreadDate, days_since_1970, read};

    /// Year, month, day, seconds since midnight, hours east.
    fn date(text: &str) -> (Option<u32>, u32, u32, u64, Option<i64>) {
        let PrintedDate { year, month, day, time_micros, offset_seconds } = read(text).expect(text);
        (year, month, day, time_micros / 1_000_000, offset_seconds)
    }

    #[test]
    fn dates_of_many_forms_are_read() {
        let (noon, y) = (43_200, Some(2026));
        for (text, expected) in [
            ("2026-10-12T12:00:00.880492+00:00", (y, 10, 12, noon, Some(0))),
            ("2026-10-12T12:00:00,287197-05:30", (y, 10, 12, noon, Some(-19_800))),
            ("2026-10-12T12:00:00+0200", (y, 10, 12, noon, Some(7_200))),
            ("2026-10-12T12:00:00Z", (y, 10, 12, noon, Some(0))),
            ("2026-10-12T12:00:00", (y, 10, 12, noon, None)),
            ("2026-10-12 12:00:00,123", (y, 10, 12, noon, None)),
            ("Mon 2026-10-12 12:00:00 CEST", (y, 10, 12, noon, Some(7_200))),
            ("Mon 2026-10-12 12:00:00 CST", (y, 10, 12, noon, None)),
            ("Mon 2026-10-12 12:00:00 -03", (y, 10, 12, noon, Some(-10_800))),
            ("Oct 12 12:00:00", (None, 10, 12, noon, None)),
            ("Oct  2 12:00:00", (None, 10, 2, noon, None)),
            ("Oct 12 2026 12:00:00", (y, 10, 12, noon, None)),
            ("Oct 12, 2026 @ 12:00:00.000", (y, 10, 12, noon, None)),
            ("Mon Oct 12 12:00:00 2026", (y, 10, 12, noon, None)),
            ("Mon Oct 12 12:00:00 UTC 2026", (y, 10, 12, noon, Some(0))),
            ("Mon Oct 12 12:00:00 PM 2026", (y, 10, 12, noon, None)),
            ("Mon Oct 12 01:00:00 PM", (None, 10, 12, 46_800, None)),
            ("Oct12 12:00", (None, 10, 12, noon, None)),
            ("12.10.2026 12:00:00", (y, 10, 12, noon, None)),
            ("25/12/2026 12:00:00", (y, 12, 25, noon, None)),
            ("12/25/2026 12:00:00", (y, 12, 25, noon, None)),
            ("2026/10/12 12:00:00", (y, 10, 12, noon, None)),
            ("Feb 29 12:00:00", (None, 2, 29, noon, None)),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn the_month_is_the_word_behind_the_day_of_the_week() {
        for (text, month) in [
            ("Mo Okt 12 12:00:00 2026", 10),
            ("mar. avril 14 12:00:00 2026", 4),
            ("mar abr 14 12:00:00 2026", 4),
            ("mar mar 10 12:00:00 2026", 3),
            ("dim. 19 avril 2026, 12:00:00", 4),
            ("12 de octubre de 2026 12:00:00", 10),
            ("Пн окт 12 12:00:00 2026", 10),
            ("Pzt Eki 12 12:00:00 2026", 10),
            ("pon paź 12 12:00:00 2026", 10),
            ("一 10月 12 12:00:00 2026", 10),
            ("월 10월 12 12:00:00 2026", 10),
            ("10月 12 12:00:00", 10),
            ("2026年10月12日 12:00:00", 10),
        ] {
            assert_eq!(date(text).1, month, "{text}");
        }
    }

    #[test]
    fn what_could_be_several_dates_is_none() {
        let month = |word: &str| Err(UnreadDate::Month(word.to_owned()));
        // October in Croatia, November in Poland.
        assert_eq!(read("pon lis 12 12:00:00 2026"), month("lis"));
        // Tuesday in Spain, in front of a word of no language.
        assert_eq!(read("mar xyz 12 12:00:00 2026"), month("xyz"));
        assert_eq!(read("10/12/2026 12:00:00"), Err(UnreadDate::DayOrMonth("10/12/2026".to_owned())));
        for text in ["Feb 30 12:00:00", "2026-02-29T12:00:00Z", "Oct 0 12:00:00", "2026-13-01 12:00:00"] {
            assert_eq!(read(text), Err(UnreadDate::NoSuchDay), "{text}");
        }
        for text in ["", "12:00:00", "+0.000003", "Oct 12 25:00:00", "Oct 12", "1/2/3/4 12:00:00"] {
            assert_eq!(read(text), Err(UnreadDate::NoDate), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (year, month, day, days) in
            [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (2024, 3, 1, 19_783), (2100, 3, 1, 47_541)]
        {
            assert_eq!(days_since_1970(year, month, day), days);
        }
        let date = read("Feb 29 00:00:01.5").expect("a date");
        assert_eq!(date.unix_micros(2024, 3_600), Some((19_782 * 86_400 - 3_600 + 1) * 1_000_000 + 500_000));
        assert_eq!(date.unix_micros(2023, 0), None);
    }
}
