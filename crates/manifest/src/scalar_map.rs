//! How the text of a scalar answers to what is written: quotes, escapes, folded lines, the indentation of blocks.

use crate::place::Map;
use model::document::Span;

/// The map from a scalar's text to its notation. What cannot be followed stands for the rest as a whole.
pub(crate) fn map(raw: &str, text: &str) -> Map {
    let mut pair = Pair { raw: raw.as_bytes(), text: text.as_bytes(), at: 0, to: 0, map: Map::default() };
    match pair.raw.first() {
        Some(b'"') => {
            pair.at = 1;
            pair.flow(Quotes::Double);
        }
        Some(b'\'') => {
            pair.at = 1;
            pair.flow(Quotes::Single);
        }
        Some(b'|' | b'>') => {
            pair.at = raw.find('\n').map_or(raw.len(), |end| end + 1);
            pair.block();
        }
        _ => pair.flow(Quotes::None),
    }
    let rest = (Span::new(pair.to, text.len()), Span::new(pair.at.min(raw.len()), raw.len()));
    pair.map.push(rest.0, rest.1);
    pair.map
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

struct Pair<'a> {
    raw: &'a [u8],
    text: &'a [u8],
    /// In what is written.
    at: usize,
    /// In the text.
    to: usize,
    map: Map,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Pair<'_> {
    fn take(&mut self, text: usize, raw: usize) {
        self.map.push(Span::new(self.to, self.to + text), Span::new(self.at, self.at + raw));
        self.to += text;
        self.at += raw;
    }

    fn blanks(bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| !is_blank(*byte)).unwrap_or(bytes.len())
    }

    fn flow(&mut self, quotes: Quotes) {
        while self.to < self.text.len() {
            let Some(byte) = self.raw.get(self.at).copied() else { return };
            if quotes == Quotes::Double && byte == b'\\' {
                if !self.escape() {
                    return;
                }
                continue;
            }
            let run = if is_blank(byte) { Self::blanks(&self.raw[self.at..]) } else { 0 };
            let breaks = self.raw[self.at..self.at + run].iter().filter(|byte| **byte == b'\n').count();
            if breaks > 0 {
                // One line break is a space, each further one is kept.
                let length = if breaks == 1 { 1 } else { breaks - 1 };
                if self.text.get(self.to..self.to + length).is_none() {
                    return;
                }
                self.take(length, run);
                continue;
            }
            if self.text[self.to] != byte {
                return;
            }
            let doubled = quotes == Quotes::Single && byte == b'\'';
            self.take(1, if doubled { 2 } else { 1 });
        }
    }

    /// Whether the escape could be followed.
    fn escape(&mut self) -> bool {
        let rest = &self.raw[self.at + 1..];
        let Some(kind) = rest.first() else { return false };
        if matches!(kind, b'\n' | b'\r') {
            self.at += 1 + Self::blanks(rest);
            return true;
        }
        let length = match self.text[self.to] {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        };
        let raw = match kind {
            b'x' => 4,
            b'u' if length == 4 => 12,
            b'u' => 6,
            b'U' => 10,
            _ => 2,
        };
        let fits = self.to + length <= self.text.len() && self.at + raw <= self.raw.len();
        if fits {
            self.take(length, raw);
        }
        fits
    }

    fn block(&mut self) {
        while self.to < self.text.len() && self.at < self.raw.len() {
            let (text, raw) = (&self.text[self.to..], &self.raw[self.at..]);
            if !is_blank(text[0]) && text[0] == raw[0] {
                let same = text.iter().zip(raw).position(|(one, other)| one != other || is_blank(*one));
                let same = same.unwrap_or(text.len().min(raw.len()));
                self.take(same, same);
                continue;
            }
            let (kept, written) = (Self::blanks(text), Self::blanks(raw));
            if written == 0 || kept == 0 && !is_blank(raw[0]) {
                return;
            }
            self.blank_run(kept, written);
        }
    }

    /// Blanks between words: line breaks answer to each other, the last spaces of the text to the last ones that are written.
    fn blank_run(&mut self, kept: usize, written: usize) {
        let (text_end, raw_end) = (self.to + kept, self.at + written);
        let spaces =
            |bytes: &[u8]| bytes.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let indent = spaces(&self.text[self.to..text_end]).min(spaces(&self.raw[self.at..raw_end]));
        while self.to < text_end - indent {
            let rest = &self.raw[self.at..raw_end - indent];
            let line_break = rest.iter().position(|byte| *byte == b'\n');
            match (self.text[self.to], line_break, rest.first()) {
                (b'\n', Some(end), _) => {
                    self.at += end;
                    self.take(1, 1);
                }
                (byte, _, Some(first)) if byte == *first => self.take(1, 1),
                (_, _, first) => self.take(1, usize::from(first.is_some())),
            }
        }
        self.at = raw_end - indent;
        self.take(indent, indent);
    }
}

#[cfg(test)]
mod tests {
    use super::map;
    use crate::place::Place;

    /// What is written for each of the text's words.
    fn words(raw: &str, text: &str) -> Vec<String> {
        let map = map(raw, text);
        let place = Place::mapped(&map);
        let mut found = Vec::new();
        let mut at = 0;
        for word in text.split_inclusive([' ', '\n']) {
            let trimmed = word.trim_end();
            if !trimmed.is_empty() {
                let span = place.span(at, at + trimmed.len());
                found.push(raw[span.start..span.end].to_owned());
            }
            at += word.len();
        }
        found
    }

    #[test]
    fn words_stand_where_they_are_written() {
        for (raw, text, expected) in [
            ("|\n    a: 1\n    b:\n      c: 2\n", "a: 1\nb:\n  c: 2\n", vec!["a:", "1", "b:", "c:", "2"]),
            ("|\r\n  a\r\n\r\n   b\r\n", "a\n\n b\n", vec!["a", "b"]),
            ("|-\n\n  a\n     \n  b", "\na\n   \nb", vec!["a", "b"]),
            (">\n  one\n  two\n\n  three\n", "one two\nthree\n", vec!["one", "two", "three"]),
            ("'it''s on'", "it's on", vec!["it''s", "on"]),
            ("\"a\\n\\tb\\u00e9 \\\"c\\\"\"", "a\n\tbé \"c\"", vec!["a", "\\tb\\u00e9", "\\\"c\\\""]),
            ("\"a\n   b\n\n c\\\n  d\"", "a b\ncd", vec!["a", "b", "c\\\n  d"]),
            ("one\n  two", "one two", vec!["one", "two"]),
        ] {
            assert_eq!(words(raw, text), expected, "{raw}");
        }
    }
}
