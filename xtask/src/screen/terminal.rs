//! A small terminal: what is on the screen after a program has written to it.

use super::palette::Rgb;

/// The size of the screen in characters.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

/// How a character is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Colour of the character; nothing is the default.
    pub foreground: Option<Rgb>,
    /// Colour behind it; nothing is the default.
    pub background: Option<Rgb>,
    /// Heavier.
    pub bold: bool,
    /// Fainter.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// With a line below.
    pub underline: bool,
    /// With the two colours exchanged.
    pub reverse: bool,
}

/// One character on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub character: char,
    /// How it is drawn.
    pub style: Style,
}

const BLANK: Cell = Cell {
    character: ' ',
    style: Style {
        foreground: None,
        background: None,
        bold: false,
        dim: false,
        italic: false,
        underline: false,
        reverse: false,
    },
};

/// Rows of characters from the top, without the empty ones at the end.
pub type Screen = Vec<Vec<Cell>>;

/// A terminal that understands what our own programs write: text, colours, cursor moves and erasing.
pub struct Terminal {
    size: Size,
    cells: Screen,
    row: usize,
    column: usize,
    style: Style,
    saved: (usize, usize),
    /// The last picture of a full-screen program, kept when it gives the screen back.
    full_screen: Option<Screen>,
}

impl Terminal {
    /// An empty screen.
    pub fn new(size: Size) -> Self {
        let cells = vec![vec![BLANK; size.columns]; size.rows];
        Self { size, cells, row: 0, column: 0, style: Style::default(), saved: (0, 0), full_screen: None }
    }

    /// What is to be drawn: the last picture of a full-screen program, else what was printed.
    pub fn screen(&self) -> Screen {
        let mut screen = self.full_screen.as_ref().unwrap_or(&self.cells).clone();
        while screen.len() > 1 && screen.last().is_some_and(|row| row.iter().all(|cell| *cell == BLANK)) {
            screen.pop();
        }
        screen
    }

    /// Takes what a program wrote.
    pub fn feed(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            match character {
                '\x1b' => self.escape(&mut rest),
                '\r' => self.column = 0,
                '\n' => self.line_feed(),
                '\x08' => self.column = self.column.saturating_sub(1),
                '\t' => self.column = (self.column / 8 + 1) * 8,
                control if control.is_control() => {}
                printed => self.print(printed),
            }
        }
    }

    fn print(&mut self, character: char) {
        if self.column >= self.size.columns {
            self.column = 0;
            self.line_feed();
        }
        let style = self.style;
        if let Some(cell) = self.cells.get_mut(self.row).and_then(|row| row.get_mut(self.column)) {
            *cell = Cell { character, style };
        }
        self.column += 1;
    }

    fn line_feed(&mut self) {
        if self.row + 1 < self.size.rows {
            self.row += 1;
        } else {
            self.cells.remove(0);
            self.cells.push(vec![BLANK; self.size.columns]);
        }
    }

    fn escape(&mut self, rest: &mut std::str::Chars<'_>) {
        match rest.next() {
            Some('[') => self.control_sequence(rest),
            // A title or a link: up to BEL, or to ESC and a backslash.
            Some(']') => {
                let mut before = ' ';
                for character in rest.by_ref() {
                    if character == '\x07' || (before == '\x1b' && character == '\\') {
                        break;
                    }
                    before = character;
                }
            }
            Some('7') => self.saved = (self.row, self.column),
            Some('8') => (self.row, self.column) = self.saved,
            // A character set is chosen with one more character.
            Some('(' | ')') => drop(rest.next()),
            _ => {}
        }
    }

    fn control_sequence(&mut self, rest: &mut std::str::Chars<'_>) {
        let mut parameters = String::new();
        let end = loop {
            match rest.next() {
                Some(end @ '@'..='~') => break end,
                Some(character) => parameters.push(character),
                None => return,
            }
        };
        let numbers: Vec<Option<usize>> =
            parameters.split([';', ':']).map(|number| number.parse().ok()).collect();
        let number = |index: usize, default: usize| numbers.get(index).copied().flatten().unwrap_or(default);
        let count = number(0, 1).max(1);
        let (last_row, last_column) = (self.size.rows - 1, self.size.columns - 1);
        match end {
            'm' => self.graphics(&numbers),
            'H' | 'f' => {
                self.row = (count - 1).min(last_row);
                self.column = (number(1, 1).max(1) - 1).min(last_column);
            }
            'A' => self.row = self.row.saturating_sub(count),
            'B' | 'E' => self.row = (self.row + count).min(last_row),
            'C' => self.column = (self.column + count).min(last_column),
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = (count - 1).min(last_column),
            'd' => self.row = (count - 1).min(last_row),
            'J' => self.erase_screen(number(0, 0)),
            'K' => self.erase_line(number(0, 0)),
            'X' => self.erase(self.row, self.column..self.column + count),
            's' => self.saved = (self.row, self.column),
            'u' => (self.row, self.column) = self.saved,
            'h' if parameters == "?1049" => self.enter_full_screen(),
            'l' if parameters == "?1049" => self.leave_full_screen(),
            _ => {}
        }
    }

    fn enter_full_screen(&mut self) {
        self.erase_screen(2);
        (self.row, self.column) = (0, 0);
    }

    fn leave_full_screen(&mut self) {
        self.full_screen = Some(self.cells.clone());
        self.erase_screen(2);
        (self.row, self.column) = (0, 0);
    }

    fn erase(&mut self, row: usize, columns: std::ops::Range<usize>) {
        let blank = Cell { style: Style { background: self.style.background, ..Style::default() }, ..BLANK };
        let end = columns.end.min(self.size.columns);
        let start = columns.start.min(end);
        if let Some(cells) = self.cells.get_mut(row).and_then(|row| row.get_mut(start..end)) {
            cells.fill(blank);
        }
    }

    fn erase_line(&mut self, what: usize) {
        match what {
            0 => self.erase(self.row, self.column..self.size.columns),
            1 => self.erase(self.row, 0..self.column + 1),
            _ => self.erase(self.row, 0..self.size.columns),
        }
    }

    fn erase_screen(&mut self, what: usize) {
        let rows = match what {
            0 => self.row + 1..self.size.rows,
            1 => 0..self.row,
            _ => 0..self.size.rows,
        };
        if what < 2 {
            self.erase_line(what);
        }
        for row in rows {
            self.erase(row, 0..self.size.columns);
        }
    }

    fn graphics(&mut self, numbers: &[Option<usize>]) {
        let mut rest = numbers.iter().map(|number| number.unwrap_or(0));
        while let Some(number) = rest.next() {
            let style = &mut self.style;
            match number {
                0 => *style = Style::default(),
                1 => style.bold = true,
                2 => style.dim = true,
                3 => style.italic = true,
                4 => style.underline = true,
                7 => style.reverse = true,
                22 => (style.bold, style.dim) = (false, false),
                23 => style.italic = false,
                24 => style.underline = false,
                27 => style.reverse = false,
                30..=37 => style.foreground = Some(indexed(number - 30)),
                90..=97 => style.foreground = Some(indexed(number - 90 + 8)),
                40..=47 => style.background = Some(indexed(number - 40)),
                100..=107 => style.background = Some(indexed(number - 100 + 8)),
                38 => style.foreground = longer_colour(&mut rest).or(style.foreground),
                48 => style.background = longer_colour(&mut rest).or(style.background),
                39 => style.foreground = None,
                49 => style.background = None,
                _ => {}
            }
        }
    }
}

/// `5;N` is one of 256 colours, `2;R;G;B` any.
fn longer_colour(rest: &mut impl Iterator<Item = usize>) -> Option<Rgb> {
    match rest.next()? {
        5 => rest.next().map(indexed),
        2 => {
            let mut part = || rest.next().and_then(|number| u8::try_from(number).ok());
            Some(Rgb(part()?, part()?, part()?))
        }
        _ => None,
    }
}

fn indexed(number: usize) -> Rgb {
    Rgb::indexed(u8::try_from(number).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Rgb, Size, Terminal};

    fn shown(text: &str) -> Vec<String> {
        let mut terminal = Terminal::new(Size { columns: 8, rows: 4 });
        terminal.feed(text);
        let line = |row: &Vec<super::Cell>| row.iter().map(|cell| cell.character).collect::<String>();
        terminal.screen().iter().map(|row| line(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn text_wraps_and_scrolls() {
        assert_eq!(shown("a\r\n\x1b[32mb\x1b[0m\tc"), ["a", "b", "c"]);
        assert_eq!(shown("123456789"), ["12345678", "9"]);
        assert_eq!(shown("1\r\n2\r\n3\r\n4\r\n5"), ["2", "3", "4", "5"]);
    }

    #[test]
    fn the_cursor_moves_and_erases() {
        assert_eq!(shown("\x1b[2J\x1b[2;3Hab\x1b[1;1Hc\x1b[Bd"), ["c", " dab"]);
        assert_eq!(shown("abcdef\x1b[3G\x1b[K"), ["ab"]);
        assert_eq!(shown("abcdef\x1b[2D\x1b[1K"), ["     f"]);
        assert_eq!(shown("ab\r\ncd\x1b[A\x1b[J"), ["ab"]);
    }

    #[test]
    fn a_full_screen_program_leaves_its_last_picture() {
        assert_eq!(shown("before\x1b[?1049h\x1b[Hinside\x1b[?25l\x1b[?1049lafter"), ["inside"]);
    }

    #[test]
    fn titles_and_unknown_sequences_are_not_shown() {
        assert_eq!(shown("\x1b]0;title\x07a\x1b]8;;link\x1b\\b\x1b[?2004h\x1b(Bc"), ["abc"]);
    }

    #[test]
    fn colours_of_every_kind_are_understood() {
        let mut terminal = Terminal::new(Size { columns: 8, rows: 1 });
        terminal.feed("\x1b[1;31ma\x1b[0;38;5;208mb\x1b[48;2;1;2;3mc\x1b[39;49;2;4md\x1b[me");
        let screen = terminal.screen();
        let styles: Vec<_> = screen[0].iter().map(|cell| cell.style).collect();
        assert!(styles[0].bold && styles[0].foreground == Some(Rgb::indexed(1)));
        assert_eq!((styles[1].bold, styles[1].foreground), (false, Some(Rgb(255, 135, 0))));
        assert_eq!(styles[2].background, Some(Rgb(1, 2, 3)));
        assert!(styles[3].dim && styles[3].underline && styles[3].foreground.is_none());
        assert_eq!(styles[4], super::Style::default());
    }
}
