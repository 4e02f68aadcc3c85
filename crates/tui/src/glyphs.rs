//! Which characters a terminal can show, and how a text is spelled with them.

use std::borrow::Cow;

/// The characters a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Blocks, braille and every letter.
    Unicode,
    /// The 95 characters every terminal has.
    Ascii,
}

impl Glyphs {
    /// What a terminal of this name (`TERM`) can show in this locale (the first set of `LC_ALL`, `LC_CTYPE`, `LANG`).
    #[must_use]
    pub fn of_terminal(term: Option<&str>, locale: Option<&str>) -> Self {
        // The Linux console has 512 glyphs; braille is not among them.
        let is_console = term.is_some_and(|term| term == "linux" || term.starts_with("vt"));
        let is_utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        if is_utf8 && !is_console { Self::Unicode } else { Self::Ascii }
    }

    /// The text in characters that can be shown.
    #[must_use]
    pub fn spelled(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Unicode => Cow::Borrowed(text),
            Self::Ascii if text.is_ascii() => Cow::Borrowed(text),
            Self::Ascii => Cow::Owned(text.chars().map(ascii).collect()),
        }
    }

    /// The mark of a column sorted smallest first, and of one sorted largest first.
    #[must_use]
    pub const fn sort_marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Unicode => ("▲", "▼"),
            Self::Ascii => ("^", "v"),
        }
    }

    /// The mark of a branch that is open, and of one that is folded.
    #[must_use]
    pub const fn fold_marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Unicode => ("▾ ", "▸ "),
            Self::Ascii => ("- ", "+ "),
        }
    }
}

fn ascii(character: char) -> char {
    match character {
        _ if character.is_ascii() => character,
        '–' | '—' | '─' | '−' => '-',
        '·' => '|',
        '…' => '~',
        '×' => 'x',
        'µ' => 'u',
        '│' => '|',
        '█'..='▏' | '▁'..='▇' => '#',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::Glyphs;

    #[test]
    fn a_terminal_without_utf8_gets_ascii() {
        assert_eq!(Glyphs::of_terminal(Some("xterm"), Some("en_US.UTF-8")), Glyphs::Unicode);
        assert_eq!(Glyphs::of_terminal(Some("xterm"), Some("C.utf8")), Glyphs::Unicode);
        assert_eq!(Glyphs::of_terminal(Some("linux"), Some("en_US.UTF-8")), Glyphs::Ascii);
        assert_eq!(Glyphs::of_terminal(Some("xterm"), Some("C")), Glyphs::Ascii);
        assert_eq!(Glyphs::of_terminal(Some("xterm"), None), Glyphs::Ascii);
    }

    #[test]
    fn ascii_keeps_the_meaning_of_our_own_marks() {
        assert_eq!(Glyphs::Ascii.spelled("– · …"), "- | ~");
        assert_eq!(Glyphs::Ascii.spelled("데"), "?");
        assert_eq!(Glyphs::Unicode.spelled("데"), "데");
    }
}
