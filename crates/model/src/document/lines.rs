//! Lines and columns of a text.

use crate::document::Span;

/// A place as people count: from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// How many characters begin before each stretch of [`STRETCH_BYTES`]: a line may be as long as its file.
    characters: Vec<usize>,
}

const STRETCH_BYTES: usize = 1024;

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let characters = text.as_bytes().chunks(STRETCH_BYTES).scan(0, |before, stretch| {
            let here = *before;
            *before += beginnings(stretch);
            Some(here)
        });
        Self { text, starts: std::iter::once(0).chain(after).collect(), characters: characters.collect() }
    }

    /// The place of a byte. Beyond the end it is the end; inside a character, the character.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.characters_before(byte) - self.characters_before(start) + 1;
        let splits = self.text.get(start..byte).is_none() && column > 1;
        // A byte order mark is no character of the first line: no editor counts it.
        let mark = line == 1 && column > 1 && self.text.starts_with('\u{feff}');
        Position { line, column: column - usize::from(splits || mark) }
    }

    /// How many characters begin before a byte.
    fn characters_before(&self, byte: usize) -> usize {
        let stretch = byte / STRETCH_BYTES;
        let rest = self.text.as_bytes().get(stretch * STRETCH_BYTES..byte).unwrap_or(&[]);
        // At the very end of a text of whole stretches there is none to begin with.
        match self.characters.get(stretch) {
            Some(before) => before + beginnings(rest),
            None => beginnings(self.text.as_bytes().get(..byte).unwrap_or(&[])),
        }
    }

    /// The places of the first character of a stretch and of the one behind its last.
    #[must_use]
    pub fn range(&self, span: Span) -> (Position, Position) {
        (self.position(span.start), self.position(span.end))
    }

    /// The first byte of a line, counted from one; beyond the last line, the end of the text.
    #[must_use]
    pub fn start(&self, line: usize) -> usize {
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index));
        start.copied().unwrap_or(self.text.len())
    }

    /// A line without its end, counted from one.
    #[must_use]
    pub fn line(&self, line: usize) -> Option<&'a str> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

/// How many characters begin in some bytes.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position};

    #[test]
    fn columns_of_a_long_line_count_from_its_beginning() {
        let text = format!("ä\n{}", "üx".repeat(4095) + "üx");
        let lines = Lines::of(&text);
        for byte in (3..text.len()).filter(|byte| text.is_char_boundary(*byte)).chain([text.len()]) {
            let column = text[3..byte].chars().count() + 1;
            assert_eq!(lines.position(byte), Position { line: 2, column });
        }
    }

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let lines = Lines::of("a\nüöx\n");
        assert_eq!(lines.position(0), Position { line: 1, column: 1 });
        assert_eq!(lines.position(6), Position { line: 2, column: 3 });
        assert_eq!(lines.position(3), Position { line: 2, column: 1 });
        assert_eq!(lines.position(99), Position { line: 3, column: 1 });
        assert_eq!(lines.line(2), Some("üöx"));
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let lines = Lines::of("\u{feff}ab\ncd");
        assert_eq!(lines.position(0), Position { line: 1, column: 1 });
        assert_eq!(lines.position(3), Position { line: 1, column: 1 });
        assert_eq!(lines.position(4), Position { line: 1, column: 2 });
        assert_eq!(lines.position(7), Position { line: 2, column: 2 });
    }
}
