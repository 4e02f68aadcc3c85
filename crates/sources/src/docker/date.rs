//! Dates as engines write them: RFC 3339, with nanoseconds and `Z`, or with an offset.

use model::snapshot::Timestamp;

/// Milliseconds since 1970; nothing for Go's zero date, which means "never".
pub fn parse(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let zone = rest.find(['Z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':')?;
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis: i64 = fraction.parse().ok()?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    let millis = seconds.checked_mul(1_000)?.checked_add(millis)?;
    u64::try_from(millis).ok().map(Timestamp)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let parts: Vec<i64> = text.split(separator).map(str::parse).collect::<Result<_, _>>().ok()?;
    let parts: [i64; 3] = parts.try_into().ok()?;
    parts.iter().all(|part| (0..=9_999).contains(part)).then_some(parts)
}

/// `Z` or `+01:00`, in seconds.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

/// Days since 1970 in the Gregorian calendar, the year beginning in March so that the leap day is its last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, parse};

    #[test]
    fn dates_are_those_of_date_1() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199_500),
            ("2026-11-21T08:45:43.123456789Z", 1_795_250_743_123),
            ("2026-11-21T10:45:43.123456789+02:00", 1_795_250_743_123),
            ("2000-03-01T00:00:00-00:30", 951_870_600_000),
        ] {
            assert_eq!(parse(text), Some(Timestamp(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["0001-01-01T00:00:00Z", "", "T", "2026-11-21", "2026-11-21T08:45", "-1-1-1T0:0:0Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
