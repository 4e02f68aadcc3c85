//! Escapes in kernel text: octal in paths, backslash in task names.

use std::borrow::Cow;

/// Decodes `\040` and its like, which `mangle_path` in the kernel's fs/seq_file.c writes for space, tab, newline,
/// backslash and `#`. A backslash without three octal digits stays as it is.
pub(crate) fn decode_octal(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'\\').then(|| bytes.get(at + 1..at + 4).and_then(octal_byte)).flatten();
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 4 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// Decodes `\n` and `\\`, which `/proc/PID/status` writes in `Name:` (`proc_task_name` in the kernel's fs/proc/array.c).
pub(crate) fn decode_task_name(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (symbol, length) = match after.as_bytes().first() {
            Some(b'n') => ('\n', 1),
            Some(b't') => ('\t', 1),
            Some(b'r') => ('\r', 1),
            Some(b'v') => ('\u{b}', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(b'\\') => ('\\', 1),
            Some(_) | None => ('\\', 0),
        };
        decoded.push(symbol);
        rest = after.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

fn octal_byte(digits: &[u8]) -> Option<u8> {
    let mut value: u32 = 0;
    for digit in digits {
        value = value * 8 + u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?);
    }
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode_octal, decode_task_name};

    #[test]
    fn octal_escapes_become_the_character() {
        assert_eq!(decode_octal("/mnt/my\\040swap\\134x\\011"), "/mnt/my swap\\x\t");
        assert_eq!(decode_octal("/plain"), "/plain");
    }

    #[test]
    fn a_backslash_that_escapes_nothing_stays() {
        for text in ["\\", "\\0", "\\04", "\\999", "\\x2d", "a\\"] {
            assert_eq!(decode_octal(text), text);
        }
        assert_eq!(decode_octal("\\777"), "\\777");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(decode_octal("\\377"), "\u{fffd}");
    }

    #[test]
    fn task_names_are_restored() {
        assert_eq!(decode_task_name("a\\nb\\\\c"), "a\nb\\c");
        assert_eq!(decode_task_name("end\\"), "end\\");
        assert_eq!(decode_task_name("\\é"), "\\é");
    }
}
