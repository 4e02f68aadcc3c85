//! Files below `/sys/module/zswap/parameters`.

use crate::decimal::parse_u64;
use crate::parse_error::ParseError;
use crate::scalar::value_of;

/// Parses `enabled` or `shrinker_enabled`: the kernel prints module parameters of type bool as `Y` or `N` (kernel/params.c).
///
/// # Errors
/// When the text is anything else.
pub fn parse_enabled(text: &str) -> Result<bool, ParseError> {
    match value_of(text) {
        "Y" => Ok(true),
        "N" => Ok(false),
        _ => Err(ParseError::new("`Y` or `N`", text)),
    }
}

/// Parses `max_pool_percent` or `accept_threshold_percent`, 0 to 100.
///
/// # Errors
/// When the text is no number or a larger one.
pub fn parse_percent(text: &str) -> Result<u8, ParseError> {
    parse_u64(value_of(text))
        .filter(|percent| *percent <= 100)
        .and_then(|percent| u8::try_from(percent).ok())
        .ok_or_else(|| ParseError::new("a number from 0 to 100", text))
}

/// Parses `compressor` or `zpool` (until Linux 6.17): the name of an algorithm or allocator.
///
/// # Errors
/// When the text is not one printable word.
pub fn parse_name(text: &str) -> Result<&str, ParseError> {
    match value_of(text) {
        name if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(name),
        _ => Err(ParseError::new("a name", text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_enabled, parse_name, parse_percent};

    #[test]
    fn parameters_are_read_as_the_kernel_prints_them() {
        assert_eq!(parse_enabled("Y\n"), Ok(true));
        assert_eq!(parse_enabled("N\n"), Ok(false));
        assert_eq!(parse_percent("20\n"), Ok(20));
        assert_eq!(parse_name("zstd\n"), Ok("zstd"));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "y\n", "1\n", "Y\r\n", "101\n", "-1\n", "\0"] {
            assert!(
                parse_enabled(text).is_err() && parse_percent(text).is_err() || text == "1\n",
                "{text:?}"
            );
        }
        for text in ["", "\n", "two words\n", "zstd\r\n", "\0"] {
            assert!(parse_name(text).is_err(), "{text:?}");
        }
    }
}
