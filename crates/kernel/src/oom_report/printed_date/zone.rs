//! Time zones behind a date: numbers, and the abbreviations that mean one zone only.

use crate::oom_report::text::is_digits;

/// Abbreviations and their hours east of UTC.
const NAMES: [(&str, i64); 24] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("PKT", 5),
    ("WIB", 7),
    ("HKT", 8),
    ("JST", 9),
    ("KST", 9),
    ("AEST", 10),
    ("AEDT", 11),
    ("NZST", 12),
    ("NZDT", 13),
    ("EDT", -4),
    ("EST", -5),
    ("MDT", -6),
    ("PDT", -7),
    ("PST", -8),
];

/// Zones of several places (China and the middle of America; India, Israel and Ireland): they end a date and tell no offset.
const AMBIGUOUS: [&str; 6] = ["CST", "CDT", "IST", "BST", "MST", "AST"];

/// The offset of a zone in seconds east, `Some(None)` of an ambiguous one, `None` of a word that is no zone.
pub(super) fn offset(word: &str) -> Option<Option<i64>> {
    if AMBIGUOUS.contains(&word) {
        return Some(None);
    }
    if let Some((_, hours)) = NAMES.iter().find(|(name, _)| *name == word) {
        return Some(Some(hours * 3_600));
    }
    numbers(word).map(Some)
}

/// Whether a word behind a time is its zone.
pub(crate) fn is_zone(word: &str) -> bool {
    word != "Z" && offset(word).is_some()
}

/// `+02:00`, `+0200`, `-03`.
fn numbers(word: &str) -> Option<i64> {
    let digits = word.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    if hours.len() != 2 || minutes.len() != 2 || !is_digits(hours) || !is_digits(minutes) {
        return None;
    }
    let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
    let is_zone = seconds <= 18 * 3_600;
    is_zone.then_some(if word.starts_with('-') { -seconds } else { seconds })
}
