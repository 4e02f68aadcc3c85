//! Decimal numbers as the kernel prints them: digits only, never beyond 64 bits.

/// A number made of ASCII digits alone. `str::parse` would accept a leading `+`, which no kernel file holds.
pub(crate) fn parse_u64(text: &str) -> Option<u64> {
    match number_at(text.as_bytes(), 0) {
        Some((value, end)) if end == text.len() => Some(value),
        Some(_) | None => None,
    }
}

/// Like [`parse_u64`], for numbers that the kernel keeps in 32 bits.
pub(crate) fn parse_u32(text: &str) -> Option<u32> {
    parse_u64(text).and_then(|value| u32::try_from(value).ok())
}

/// The number that begins at `start` and the place of the first byte that is no digit.
pub(crate) fn number_at(text: &[u8], start: usize) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    let mut at = start;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        at += 1;
    }
    (at > start).then_some((value, at))
}

#[cfg(test)]
mod tests {
    use super::{number_at, parse_u32, parse_u64};

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!(parse_u64("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64("0"), Some(0));
        for text in ["", "+1", "-1", " 1", "1 ", "1\0", "0x1", "1.0", "٣", "18446744073709551616"] {
            assert_eq!(parse_u64(text), None, "{text:?}");
        }
        assert_eq!(parse_u32("4294967296"), None);
    }

    #[test]
    fn a_number_inside_text_ends_at_the_first_other_byte() {
        assert_eq!(number_at(b"a 12\n", 2), Some((12, 4)));
        assert_eq!(number_at(b"a 12", 9), None);
    }
}
