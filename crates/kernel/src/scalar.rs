//! Files that hold one value: a byte count, a count, a flag.

use crate::bytes::Bytes;
use crate::decimal::parse_u64;
use crate::parse_error::ParseError;

/// Parses a byte count: `memory.current`, `memory.swap.current`, `memory.peak`, v1 `memory.usage_in_bytes`.
///
/// # Errors
/// When the text is anything but one decimal number of at most 64 bits and perhaps a newline.
pub fn parse_bytes(text: &str) -> Result<Bytes, ParseError> {
    parse_u64(value_of(text)).map(Bytes).ok_or_else(|| ParseError::new("a byte count", text))
}

/// Parses a count of anything else: v1 `memory.failcnt`, `pids.current`, `/proc/sys/vm/swappiness`.
///
/// # Errors
/// When the text is anything but one decimal number of at most 64 bits and perhaps a newline.
pub fn parse_count(text: &str) -> Result<u64, ParseError> {
    parse_u64(value_of(text)).ok_or_else(|| ParseError::new("a count", text))
}

/// Parses `0` or `1`: `memory.oom.group`, `memory.zswap.writeback`, v1 `memory.use_hierarchy`.
///
/// # Errors
/// When the text is anything else.
pub fn parse_flag(text: &str) -> Result<bool, ParseError> {
    match value_of(text) {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(ParseError::new("`0` or `1`", text)),
    }
}

/// The text without its newline. Only one is taken off: the kernel never writes two.
pub(crate) fn value_of(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, parse_bytes, parse_count, parse_flag};

    #[test]
    fn a_number_with_or_without_its_newline_is_read() {
        assert_eq!(parse_bytes("4096\n"), Ok(Bytes(4096)));
        assert_eq!(parse_bytes("4096"), Ok(Bytes(4096)));
        assert_eq!(parse_count("18446744073709551615\n"), Ok(u64::MAX));
        assert_eq!(parse_flag("1\n"), Ok(true));
        assert_eq!(parse_flag("0"), Ok(false));
    }

    #[test]
    fn anything_else_is_refused_and_never_wraps() {
        for text in
            ["", "\n", "-1\n", "+1\n", "max\n", "1\n\n", "1\r\n", "1 2\n", "1\0", "18446744073709551616\n"]
        {
            assert!(parse_bytes(text).is_err(), "{text:?}");
            assert!(parse_count(text).is_err(), "{text:?}");
        }
        for text in ["", "2\n", "00", "Y\n", "1\r\n"] {
            assert!(parse_flag(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_error_says_what_was_found() {
        let error = parse_bytes("-1\n").unwrap_err();
        assert_eq!(error.to_string(), "expected a byte count, found `-1`");
    }
}
