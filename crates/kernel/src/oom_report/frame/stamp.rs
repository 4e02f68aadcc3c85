//! Times before a line, in any language: what decides is `HH:MM:SS`, or a number with a fraction.

use crate::decimal::parse_u64;
use crate::oom_report::printed_date::zone::is_zone;
use crate::oom_report::report::Timestamp;
use crate::oom_report::text::is_digits;

const DAY_MICROS: u64 = 86_400 * 1_000_000;

/// A time as printed, and as far as it can be reckoned with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) timestamp: Timestamp,
    pub(crate) clock: Option<Clock>,
}

/// A time that others of its kind can be compared with, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Since the kernel started.
    Uptime(u64),
    /// Since midnight: dates need a year and a language.
    Day(u64),
    /// Since 1970.
    Unix(u64),
}

impl Clock {
    /// How far two times are apart, or nothing when they are of different kinds. Times of day are taken the short way round.
    pub(crate) fn distance(self, other: Self) -> Option<u64> {
        match (self, other) {
            (Self::Uptime(a), Self::Uptime(b)) | (Self::Unix(a), Self::Unix(b)) => Some(a.abs_diff(b)),
            (Self::Day(a), Self::Day(b)) => {
                let distance = a.abs_diff(b);
                Some(distance.min(DAY_MICROS.saturating_sub(distance)))
            }
            (Self::Uptime(_) | Self::Day(_) | Self::Unix(_), _) => None,
        }
    }
}

/// What stands in a bracket: `  12.345678`, `Tue Mar 11 10:16:36 2025`, `+0.000003`, `12.345678 <  0.000003>`, `Jul 1 10:29`.
pub(crate) fn in_bracket(inner: &str) -> Option<Stamp> {
    let inner = inner.trim();
    if inner.starts_with(|first: char| first.is_ascii_digit() || first == '+') {
        let number = inner.strip_prefix('+').unwrap_or(inner);
        let number = number.split_once(" <").map_or(number, |(number, _)| number);
        if let Some(micros) = seconds(number) {
            let is_delta = inner.starts_with('+');
            let clock = (!is_delta).then_some(Clock::Uptime(micros));
            let timestamp =
                if is_delta { Timestamp::Printed(inner.to_owned()) } else { Timestamp::Uptime(micros) };
            return Some(Stamp { timestamp, clock });
        }
    }
    let words = || inner.split_whitespace();
    let time = words().find_map(time_of_day);
    // `dmesg -H` prints hours and minutes alone.
    let has_minutes = || {
        words().next_back().and_then(|word| word.split_once(':')).is_some_and(|(h, m)| is_two(h) && is_two(m))
    };
    if let Some((stamp, "")) = leading(inner) {
        return Some(stamp);
    }
    let is_date = time.is_some() || (words().count() >= 2 && has_minutes());
    is_date.then(|| Stamp { timestamp: Timestamp::Printed(inner.to_owned()), clock: time.map(Clock::Day) })
}

/// A date at the start of a line, and what follows it: `Oct 12 19:00:20`, `2026-09-02T09:08:50.880492+00:00`,
/// `1787068905.416344`, `Wed 2025-07-01 10:29:00 UTC`.
pub(crate) fn leading(text: &str) -> Option<(Stamp, &str)> {
    let first = text.split(' ').next()?;
    if first.len() >= 17 && first.as_bytes().get(10) == Some(&b'.') {
        let micros = seconds(first)?;
        let stamp = Stamp { timestamp: Timestamp::Unix(micros), clock: Some(Clock::Unix(micros)) };
        return Some((stamp, text.get(first.len()..)?));
    }
    if let Some((date, time)) = first.split_once('T').filter(|(date, _)| is_date(date)) {
        let clock = Clock::Day(time_of_day(time)?);
        let stamp = Stamp { timestamp: Timestamp::Printed(format!("{date}T{time}")), clock: Some(clock) };
        return Some((stamp, text.get(first.len()..)?));
    }
    let mut end = 0;
    let (mut words, mut has_day) = (0, false);
    for word in text.split(' ').take(7) {
        end += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        words += 1;
        if let Some(time) = time_of_day(word).filter(|_| words >= 2 && has_day) {
            let end = behind_date(text, (end - 1).min(text.len()));
            let end = behind_date(text, end);
            let printed = text.get(..end)?.trim().to_owned();
            let stamp = Stamp { timestamp: Timestamp::Printed(printed), clock: Some(Clock::Day(time)) };
            return Some((stamp, text.get(end..)?));
        }
        if words >= 4 || word.len() > 14 || !could_be_date(word) {
            return None;
        }
        has_day |= word.contains(|it: char| it.is_ascii_digit());
    }
    None
}

/// A date of a form that nobody foresaw, within the first words: `Oct 12, 2023 @ 19:00:20.000`.
pub(crate) fn anywhere(head: &str) -> Option<(Stamp, usize)> {
    let words = head.split(' ').scan(0, |end, word| {
        *end += word.len() + 1;
        Some((word, *end - 1))
    });
    let (time, end) = words.take(8).find_map(|(word, end)| time_of_day(word).map(|time| (time, end)))?;
    let printed = head.get(..end)?.to_owned();
    Some((Stamp { timestamp: Timestamp::Printed(printed), clock: Some(Clock::Day(time)) }, end))
}

/// A word of a date in some language, so that a kernel's line with a time in it is none.
fn could_be_date(word: &str) -> bool {
    let is_number = word.starts_with(|first: char| first.is_ascii_digit());
    is_number || word.chars().all(|it| it.is_alphabetic() || matches!(it, '.' | ','))
}

/// A year or a time zone may follow the time.
fn behind_date(text: &str, end: usize) -> usize {
    let Some(rest) = text.get(end..).and_then(|rest| rest.strip_prefix(' ')) else { return end };
    let word = rest.split(' ').next().unwrap_or_default();
    let is_year = word.len() == 4 && is_digits(word);
    let is_zone = is_zone(word) || matches!(word, "AM" | "PM");
    if is_year || is_zone { end + 1 + word.len() } else { end }
}

/// `HH:MM:SS` with a fraction behind a dot or a comma, and a zone.
fn time_of_day(word: &str) -> Option<u64> {
    let mut parts = word.splitn(3, ':');
    let (hours, minutes, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let seconds_end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let (seconds, tail) = rest.split_at(seconds_end);
    if !matches!(hours.len(), 1 | 2) || !is_digits(hours) || !is_two(minutes) || !is_two(seconds) {
        return None;
    }
    let tail_is_sound = tail.is_empty() || tail.starts_with(['.', ',', 'Z', '+', '-']) && !tail.contains('=');
    if !tail_is_sound {
        return None;
    }
    let fraction = tail.strip_prefix(['.', ',']).map_or(0, micros_of);
    let whole = parse_u64(hours)? * 3600 + parse_u64(minutes)? * 60 + parse_u64(seconds)?;
    Some(whole * 1_000_000 + fraction)
}

/// The digits of a fraction as microseconds.
fn micros_of(fraction: &str) -> u64 {
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).map(|it| u64::from(it - b'0'));
    digits.chain(std::iter::repeat(0)).take(6).fold(0, |micros, digit| micros * 10 + digit)
}

/// `12.345678` in microseconds.
fn seconds(number: &str) -> Option<u64> {
    let (whole, fraction) = number.split_once('.')?;
    if !is_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    parse_u64(whole)?.checked_mul(1_000_000)?.checked_add(micros_of(fraction))
}

fn is_date(date: &str) -> bool {
    date.len() == 10 && date.split('-').all(is_digits)
}

fn is_two(digits: &str) -> bool {
    digits.len() == 2 && is_digits(digits)
}

#[cfg(test)]
mod tests {
    use super::{Clock, in_bracket, leading};

    #[test]
    fn dates_of_many_languages_are_taken_off() {
        for (text, rest) in [
            ("Oct 12 19:00:20 a kernel: x", " a kernel: x"),
            ("jun  5 09:00:20 a kernel: x", " a kernel: x"),
            ("8月 12 19:00:20 a x", " a x"),
            ("Jul  1 2026 10:29:00 a x", " a x"),
            ("Wed 2025-07-01 10:29:00 UTC a x", " a x"),
            ("2025-07-01 10:29:00,123 x", " x"),
            ("2026-09-02T09:08:50.880492+00:00 a x", " a x"),
            ("2025-01-21T08:41:30,287197+00:00 x", " x"),
            ("1787068905.416344 a x", " a x"),
        ] {
            assert_eq!(leading(text).map(|(_, rest)| rest), Some(rest), "{text}");
        }
        for text in [
            "oom at 10:29:00 x",
            "a.out invoked oom-killer: x",
            "10:29:00 x",
            "memory: usage 1kB 10:29:00",
            "",
        ] {
            assert_eq!(leading(text), None, "{text}");
        }
    }

    #[test]
    fn a_row_of_the_table_is_no_time() {
        for inner in [
            "  12.345678",
            "Tue Mar 11 10:16:36 2025",
            "Di Aug 12 10:16:36 2025",
            "四 3月 18 10:16:36 2025",
            "+0.000003",
            "dim. 19 avril 2020, 10:16:36",
            "10:16:36",
            "2025-03-11T10:16:36Z",
            "Mar11 10:16",
        ] {
            assert!(in_bracket(inner).is_some(), "{inner}");
        }
        for inner in [" 3893", "  pid  ", "<ffffffff81720bf6>", "ext4", "T123", ""] {
            assert_eq!(in_bracket(inner), None, "{inner}");
        }
    }

    #[test]
    fn midnight_is_between_two_seconds() {
        let clock = |text| leading(text).and_then(|(stamp, _)| stamp.clock).unwrap();
        assert_eq!(clock("Oct 12 23:59:59 a").distance(clock("Oct 13 00:00:01.5 a")), Some(2_500_000));
        assert_eq!(Clock::Uptime(1).distance(Clock::Day(1)), None);
    }
}
