//! Words with a tone, line by line: what a terminal, the live screen or a file makes of it is their business.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a piece of text is meant. A screen without colour shows all of them alike, so no meaning rests on the tone alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// A heading or a name.
    Strong,
    /// Said quietly: a unit, a path, an absent figure.
    Quiet,
    /// All is well.
    Good,
    /// Will hurt.
    Warning,
    /// Hurts.
    Critical,
}

/// A piece of text in one tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text; control characters are already escaped.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// One line of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces, left to right.
    pub spans: Vec<Span>,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub const fn empty() -> Self {
        Self { spans: Vec::new() }
    }

    /// A line of one piece.
    pub fn of(tone: Tone, text: impl AsRef<str>) -> Self {
        Self::empty().and(tone, text)
    }

    /// A line of ordinary text.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::of(Tone::Plain, text)
    }

    /// The same line with a piece more.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        self.spans.push(Span { text: escaped(text.as_ref()), tone });
        self
    }

    /// The line without its tones.
    #[must_use]
    pub fn to_plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect::<String>().trim_end().to_owned()
    }

    /// How many terminal cells it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| span.text.width()).sum()
    }
}

/// Control characters made visible: a name must not move the cursor or change the colour.
#[must_use]
pub fn escaped(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 8), |mut out, character| {
        if is_unsafe(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
        out
    })
}

/// Control characters, separators of lines and paragraphs, characters without width, and the marks that reorder what stands
/// around them (Unicode bidirectional controls).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
        || matches!(character, '\u{061c}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}')
}

/// Cut to so many terminal cells, with a mark where something was cut.
#[must_use]
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let cells = character.width().unwrap_or(0);
        if used + cells + 1 > width {
            break;
        }
        used += cells;
        kept.push(character);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// Broken at spaces into lines of at most so many cells; a longer word stands alone.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{escaped, shortened, wrapped};

    #[test]
    fn control_characters_cannot_reach_the_terminal() {
        assert_eq!(escaped("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(escaped("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(escaped("데이터"), "데이터");
    }

    #[test]
    fn text_is_cut_by_cells_not_by_characters() {
        assert_eq!(shortened("데이터베이스", 7), "데이터…");
        assert_eq!(shortened("web", 3), "web");
        assert_eq!(shortened("webserver", 4), "web…");
        assert_eq!(shortened("web", 0), "");
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible word", 8), ["incomprehensible", "word"]);
    }
}
