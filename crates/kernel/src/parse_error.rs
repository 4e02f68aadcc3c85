//! What a parser says of text it cannot read: what was expected, what was found.

use std::fmt;

/// Text that is not what the kernel writes. The reader adds the path, so the two together are one clear sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What stands there on a healthy kernel, in words: "a byte count or `max`".
    pub expected: &'static str,
    /// The start of what was found, control characters escaped.
    pub found: String,
}

/// Enough of the found text to recognise it.
const FOUND_CHARS_MAX: usize = 48;

impl ParseError {
    /// Records what was expected and the beginning of what was found.
    #[must_use]
    pub fn new(expected: &'static str, found: &str) -> Self {
        let mut start: String = found.trim_end_matches('\n').chars().take(FOUND_CHARS_MAX).collect();
        if start.len() < found.trim_end_matches('\n').len() {
            start.push('…');
        }
        Self { expected, found: start.escape_debug().to_string() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found.is_empty() {
            return write!(out, "expected {}, found nothing", self.expected);
        }
        write!(out, "expected {}, found `{}`", self.expected, self.found)
    }
}

impl std::error::Error for ParseError {}

#[cfg(test)]
mod tests {
    use super::ParseError;

    #[test]
    fn the_sentence_names_both_and_escapes() {
        let error = ParseError::new("a byte count", "\u{1b}[31m-1\n");
        assert_eq!(error.to_string(), "expected a byte count, found `\\u{1b}[31m-1`");
        assert_eq!(ParseError::new("a byte count", "").to_string(), "expected a byte count, found nothing");
    }
}
