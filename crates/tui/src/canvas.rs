//! A piece of the screen to write on: everything is clipped, escaped and spelled here.

use crate::glyphs::Glyphs;
use crate::paint::Paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;
use view::text::{Line, Tone, escaped, shortened};

/// How the screen looks: characters and colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The characters.
    pub glyphs: Glyphs,
    /// The colours.
    pub paint: Paint,
}

/// A piece of the screen to write on.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: Look,
}

impl<'a> Canvas<'a> {
    /// The part of a buffer that lies in `area`.
    pub fn new(buffer: &'a mut Buffer, area: Rect, look: Look) -> Self {
        let area = area.intersection(*buffer.area());
        Self { buffer, area, look }
    }

    /// A part of this piece.
    pub fn part(&mut self, area: Rect) -> Canvas<'_> {
        let area = area.intersection(self.area);
        Canvas { buffer: self.buffer, area, look: self.look }
    }

    /// How it looks.
    #[must_use]
    pub const fn look(&self) -> Look {
        self.look
    }

    /// Its place on the screen.
    #[must_use]
    pub const fn area(&self) -> Rect {
        self.area
    }

    /// Its width in cells.
    #[must_use]
    pub fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    /// Its height in rows.
    #[must_use]
    pub fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Writes a text in one style and says in which column it ended; what does not fit is cut with a mark.
    pub fn put(&mut self, x: usize, y: usize, width: usize, text: &str, style: Style) -> usize {
        let width = width.min(self.width().saturating_sub(x));
        let (Ok(column), Ok(row)) = (u16::try_from(x), u16::try_from(y)) else { return x };
        if row >= self.area.height || width == 0 {
            return x;
        }
        let escaped = escaped(text);
        let spelled = self.look.glyphs.spelled(&escaped);
        let cut = shortened(&spelled, width);
        let cut = self.look.glyphs.spelled(&cut);
        let (column, row) = (self.area.x + column, self.area.y + row);
        // A style is laid over what is there; what was dim below must not stay dim.
        let style = Style::reset().patch(style);
        let (end, _) = self.buffer.set_stringn(column, row, &cut, width, style);
        usize::from(end.saturating_sub(self.area.x))
    }

    /// Writes a text so that it ends with the given width.
    pub fn put_right(&mut self, x: usize, y: usize, width: usize, text: &str, style: Style) {
        let used = cells(self.look.glyphs, text).min(width);
        self.put(x + width - used, y, used, text, style);
    }

    /// Writes a line of toned text and says in which column it ended.
    pub fn line(&mut self, x: usize, y: usize, width: usize, line: &Line) -> usize {
        let end = x + width;
        line.spans.iter().fold(x, |x, span| {
            self.put(x, y, end.saturating_sub(x), &span.text, self.look.paint.style(span.tone))
        })
    }

    /// The style of a tone.
    #[must_use]
    pub const fn style(&self, tone: Tone) -> Style {
        self.look.paint.style(tone)
    }

    /// Changes the style of cells that are written already.
    pub fn restyle(&mut self, x: usize, y: usize, width: usize, style: Style) {
        let (Ok(column), Ok(row), Ok(width)) = (u16::try_from(x), u16::try_from(y), u16::try_from(width))
        else {
            return;
        };
        let place = Rect::new(self.area.x.saturating_add(column), self.area.y.saturating_add(row), width, 1);
        self.buffer.set_style(place.intersection(self.area), style);
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        for row in self.area.rows() {
            for place in row.positions() {
                if let Some(cell) = self.buffer.cell_mut(place) {
                    cell.reset();
                }
            }
        }
    }
}

/// How many cells a text takes once it is escaped and spelled.
#[must_use]
pub fn cells(glyphs: Glyphs, text: &str) -> usize {
    glyphs.spelled(&escaped(text)).width()
}
