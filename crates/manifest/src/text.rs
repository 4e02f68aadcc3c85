//! The bytes of a file as text, whatever their encoding, with the places that are no text.

use model::document::{Span, Unread, UnreadSeverity};

/// A file's text and what of it could not be decoded.
#[derive(Debug)]
pub(crate) struct Text {
    /// The text. UTF-8 is kept byte by byte, so that places and edits are those of the file.
    pub(crate) text: String,
    /// Places of bytes that are no text; `?` stands there.
    pub(crate) broken: Vec<Unread>,
}

/// More places than this that are no text, and the file is none.
const BROKEN_MAX: usize = 16;

/// So far a byte of zero is looked for, as git does.
const HEAD_BYTES: usize = 8_000;

/// What is said of a file that is no text at all: one thing, not one for each of its bytes.
pub(crate) fn binary(bytes: &[u8]) -> Option<Unread> {
    let has_mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let zero = bytes.iter().take(HEAD_BYTES).position(|byte| *byte == 0).filter(|_| !has_mark);
    let invalid =
        || bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).nth(BROKEN_MAX).is_some();
    let found = match zero {
        Some(at) => format!("a byte of zero at {at}"),
        None if !has_mark && invalid() => format!("more than {BROKEN_MAX} places that are no UTF-8"),
        None => return None,
    };
    let why = format!("expected text, found a binary file: {found}");
    Some(Unread { span: Span::default(), why, severity: UnreadSeverity::Broken })
}

/// Decodes UTF-8, and UTF-16 with a byte order mark, as Windows' shells write it.
pub(crate) fn decode(bytes: &[u8]) -> Text {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Text {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut broken = Vec::new();
    for symbol in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match symbol {
            Ok(symbol) => text.push(symbol),
            Err(half) => {
                let found = format!("half a surrogate pair, {:#06x}", half.unpaired_surrogate());
                broken.push(no_text(text.len(), "UTF-16", &found));
                text.push('?');
            }
        }
    }
    if !odd.is_empty() {
        broken.push(no_text(text.len(), "UTF-16", "half a character at the end"));
        text.push('?');
    }
    Text { text, broken }
}

fn utf8(bytes: &[u8]) -> Text {
    let mut text = String::with_capacity(bytes.len());
    let mut broken = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if let Some(first) = chunk.invalid().first() {
            broken.push(no_text(text.len(), "UTF-8", &format!("the byte {first:#04x}")));
        }
        // As many as there were, so that places stay those of the file.
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Text { text, broken }
}

fn no_text(at: usize, encoding: &str, found: &str) -> Unread {
    let why = format!("expected text in {encoding}, found {found}");
    Unread { span: Span::new(at, at + 1), why, severity: UnreadSeverity::Broken }
}

#[cfg(test)]
mod tests {
    use super::{binary, decode};

    #[test]
    fn a_binary_file_is_one_fault() {
        let random: Vec<u8> =
            (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
        assert!(binary(&random).is_some());
        assert!(binary(b"MZ\x00\x01").unwrap().why.contains("at 2"));
        assert!(binary(b"a: \xff\xfe b").is_none());
        assert!(binary(b"\xff\xfea\0:\0 \0b\0").is_none());
    }

    #[test]
    fn text_of_windows_is_decoded() {
        let little: Vec<u8> =
            std::iter::once(0xfeff).chain("a: ü😀".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            std::iter::once(0xfeff).chain("a: ü😀".encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&little).text, "a: ü😀");
        assert_eq!(decode(&big).text, "a: ü😀");
        assert_eq!(decode(&little[..little.len() - 1]).broken.len(), 2);
    }

    #[test]
    fn bytes_that_are_no_text_keep_every_other_place() {
        let text = decode(b"a\xff\xe2\x82b");
        assert_eq!(text.text, "a???b");
        assert_eq!(text.broken.len(), 2);
        assert_eq!(text.broken[0].span.start, 1);
        assert_eq!(text.broken[0].why, "expected text in UTF-8, found the byte 0xff");
    }
}
