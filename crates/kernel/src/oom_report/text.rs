//! Fields inside a line of a report. A value counts only when the character behind it shows that it was not cut.

use crate::bytes::Bytes;
use crate::decimal::number_at;
use memchr::memmem::Finder;
use std::sync::OnceLock;

/// A word that is looked for in every line: preparing the search takes longer than a line does.
#[derive(Debug)]
pub(crate) struct Word {
    text: &'static str,
    finder: OnceLock<Finder<'static>>,
}

impl Word {
    /// A word, for a static.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, finder: OnceLock::new() }
    }

    /// Whether it is in `text`.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.finder().find(text.as_bytes()).is_some()
    }

    /// How often it is in `text`, looking no further than the second.
    pub(crate) fn count_to_two(&self, text: &str) -> usize {
        self.finder().find_iter(text.as_bytes()).take(2).count()
    }

    /// What stands before its first place in `text`, and behind.
    pub(crate) fn split<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let at = self.finder().find(text.as_bytes())?;
        Some((text.get(..at)?, text.get(at + self.text.len()..)?))
    }

    fn finder(&self) -> &Finder<'static> {
        self.finder.get_or_init(|| Finder::new(self.text))
    }
}

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

/// Whether `text` begins with one of the words. Most lines begin with another byte than any of them.
pub(crate) fn starts_with_any(text: &str, words: &[&str]) -> bool {
    let first = text.as_bytes().first();
    words.iter().any(|word| word.as_bytes().first() == first && text.starts_with(word))
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
