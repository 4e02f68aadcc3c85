//! Lengths of time as people write them: `500ms`, `30s`, `10m`, `4h`, `2d`, `1h30m`.

use std::time::Duration;

/// The units, in milliseconds; `ms` before `m`.
const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Understands a length of time; every number has its unit.
///
/// # Errors
/// With what was expected and what was found.
pub fn parse(text: &str) -> Result<Duration, String> {
    let fault = || format!("expected a time such as `30s`, `10m`, `4h` or `1h30m`, found `{text}`");
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    if rest.is_empty() {
        return Err(fault());
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(fault)?;
        let (number, unit) = rest.split_at(end);
        let number: u64 = number.parse().map_err(|_| fault())?;
        let (factor, after) = UNITS
            .iter()
            .find_map(|(letters, millis)| Some((*millis, unit.strip_prefix(letters)?)))
            .ok_or_else(fault)?;
        millis = number.checked_mul(factor).and_then(|more| millis.checked_add(more)).ok_or_else(fault)?;
        rest = after;
    }
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn a_number_has_its_unit() {
        for (text, seconds) in
            [("30s", 30), ("10m", 600), ("1h30m", 5400), (" 2d ", 172_800), ("1w", 604_800), ("0s", 0)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1m500ms"), Ok(Duration::from_millis(60_500)));
        for text in [
            "",
            "30",
            "h",
            "1x",
            "-1s",
            "1.5h",
            "99999999999999999999s",
            "99999999999999999w",
            "1h 30m",
            "1é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
