//! Columns that line up, in as many terminal cells as there are.

use crate::text::{Line, Tone, escaped, shortened};
use unicode_width::UnicodeWidthStr;

/// Space between two columns.
const GAP: usize = 2;

/// A cell: its words and how they are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The words.
    pub text: String,
    /// How they are meant.
    pub tone: Tone,
}

/// Where the words of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Names.
    Left,
    /// Figures.
    Right,
}

/// A heading and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The words.
    pub title: &'static str,
    /// Where the column's words stand.
    pub align: Align,
}

/// Lays out a table. The first column gives way when the lines are too long, and then they are cut.
#[must_use]
pub fn lay_out(headings: &[Heading], rows: &[Vec<Cell>], width: usize) -> Vec<Line> {
    let widths = column_widths(headings, rows, width);
    let head: Vec<Cell> =
        headings.iter().map(|heading| Cell { text: heading.title.to_owned(), tone: Tone::Quiet }).collect();
    std::iter::once(&head).chain(rows).map(|row| line(headings, &widths, row)).collect()
}

fn column_widths(headings: &[Heading], rows: &[Vec<Cell>], width: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.title.width()).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(escaped(&cell.text).width());
        }
    }
    let total = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    if let Some(first) = widths.first_mut() {
        *first = first.saturating_sub(total.saturating_sub(width)).max(4.min(*first));
    }
    widths
}

fn line(headings: &[Heading], widths: &[usize], row: &[Cell]) -> Line {
    let mut line = Line::empty();
    for (index, ((cell, width), heading)) in row.iter().zip(widths).zip(headings).enumerate() {
        let text = shortened(&escaped(&cell.text), *width);
        let padding = " ".repeat(width.saturating_sub(text.width()));
        if index > 0 {
            line = line.and(Tone::Plain, " ".repeat(GAP));
        }
        line = match heading.align {
            Align::Left => line.and(cell.tone, text).and(Tone::Plain, padding),
            Align::Right => line.and(Tone::Plain, padding).and(cell.tone, text),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Align, Cell, Heading, Tone, lay_out};

    #[test]
    fn the_name_gives_way_and_wide_characters_line_up() {
        let headings =
            [Heading { title: "NAME", align: Align::Left }, Heading { title: "USED", align: Align::Right }];
        let cell = |text: &str| Cell { text: text.to_owned(), tone: Tone::Plain };
        let rows = [vec![cell("데이터베이스"), cell("64 MiB")], vec![cell("web\u{7}"), cell("1 B")]];
        let lines: Vec<String> = lay_out(&headings, &rows, 16).iter().map(super::Line::to_plain).collect();
        assert_eq!(lines, ["NAME        USED", "데이터…   64 MiB", "web\\u{7}     1 B"]);
    }
}
