//! Fields inside a line of a report. A value counts only when the character behind it shows that it was not cut.

use crate::bytes::Bytes;
use crate::decimal::number_at;

/// What follows `key`, wherever it stands.
pub(crate) fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.find(key).and_then(|at| text.get(at + key.len()..))
}

/// The number at the start of `text` and what follows it.
pub(crate) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (value, end) = number_at(text.as_bytes(), 0)?;
    Some((value, text.get(end..)?))
}

/// Like [`leading_number`], with a sign.
pub(crate) fn leading_signed(text: &str) -> Option<(i64, &str)> {
    let (magnitude, rest) = leading_number(text.strip_prefix('-').unwrap_or(text))?;
    let magnitude = i64::try_from(magnitude).ok()?;
    Some((if text.starts_with('-') { -magnitude } else { magnitude }, rest))
}

/// A number behind `key` that `unit` follows: `Nkb`, in bytes.
pub(crate) fn kib_after(text: &str, key: &str) -> Option<Bytes> {
    let (kib, rest) = leading_number(after(text, key)?)?;
    if !rest.starts_with("kB") {
        return None;
    }
    Bytes::from_kib(kib)
}

/// A number behind `key` that ends with the line or with a character that is no part of a word.
pub(crate) fn signed_after(text: &str, key: &str) -> Option<i64> {
    let (value, rest) = leading_signed(after(text, key)?)?;
    (!rest.starts_with(|next: char| next.is_alphanumeric())).then_some(value)
}

/// The first `bytes` of a text, or one to three fewer where a character would be cut.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// Whether `text` is made of ASCII digits alone.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Bytes, kib_after, leading_signed, signed_after};

    #[test]
    fn a_cut_value_is_no_value() {
        assert_eq!(kib_after("a:12kB, b:3", "a:"), Some(Bytes(12 << 10)));
        assert_eq!(kib_after("a:12kB, b:3", "b:"), None);
        assert_eq!(kib_after("a:99999999999999999999kB", "a:"), None);
    }

    #[test]
    fn a_sign_belongs_to_the_number() {
        assert_eq!(leading_signed("-998, x"), Some((-998, ", x")));
        assert_eq!(leading_signed("-"), None);
        assert_eq!(signed_after("adj=-5", "adj="), Some(-5));
        assert_eq!(signed_after("order=0x", "order="), None);
    }
}
