//! Where everything stands: the parts of the screen by its height, the columns of the table by its width.

use crate::arrange::Placed;
use crate::scene::Scene;
use ratatui::layout::Rect;
use view::columns::{COLUMNS, Column, Row};
use view::units;

/// Space between two columns.
pub const GAP: usize = 2;

/// Space for the mark of the selected row.
pub const MARK: usize = 2;

/// From this height on the sentence about the worst off may take a second row.
const WORST_WHOLE_MIN: u16 = 20;

/// The parts of the screen; one without a row is not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The machine.
    pub host: Rect,
    /// Sort, filter, interval; Highwater's own cost.
    pub status: Rect,
    /// The table with its heading.
    pub table: Rect,
    /// The graph of the selected row.
    pub panel: Rect,
    /// Who is worst off, and why.
    pub worst: Rect,
    /// The next command.
    pub next: Rect,
    /// The keys.
    pub hint: Rect,
}

/// The columns of the table and their widths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The width of the names.
    pub name: usize,
    /// The other columns that fit, in order.
    pub columns: Vec<(Column, usize)>,
    /// The width of the meter, or 0.
    pub meter: usize,
    /// The width of the history, or 0.
    pub spark: usize,
}

/// Divides the screen; the sentence about the worst off takes `worst_rows` of a high one. What matters least goes first
/// when there are few rows.
#[must_use]
pub fn parts(area: Rect, worst_rows: u16) -> Parts {
    let height = area.height;
    let rows = |wanted: u16, height_min: u16| if height >= height_min { wanted } else { 0 };
    let host = rows(1, 8);
    let status = rows(1, 4);
    let next = rows(1, 3);
    let worst = if height >= WORST_WHOLE_MIN { worst_rows } else { rows(1, 7) };
    let hint = rows(1, 10);
    let graph = (height.saturating_sub(14) / 2).min(10);
    let panel = if height >= 18 && area.width >= 30 { graph + 1 } else { 0 };
    let table = height.saturating_sub(host + status + panel + worst + next + hint);
    let mut y = area.y;
    let mut take = |height: u16| {
        let rect = Rect { x: area.x, y, width: area.width, height };
        y = y.saturating_add(height);
        rect
    };
    Parts {
        host: take(host),
        status: take(status),
        table: take(table),
        panel: take(panel),
        worst: take(worst),
        next: take(next),
        hint: take(hint),
    }
}

/// The columns worth showing for these rows: a column of dashes is worth nothing.
#[must_use]
pub fn columns(scene: &Scene<'_>, placed: &[Placed]) -> Vec<Column> {
    let rows = || placed.iter().filter_map(|placed| scene.row(placed.index));
    let is_worth = |column: &Column| match column {
        Column::Name | Column::Used | Column::Limit | Column::Left | Column::Path => true,
        column => rows().any(|row| column.cell(row).text != units::ABSENT),
    };
    COLUMNS.iter().copied().filter(is_worth).collect()
}

/// The width of a column. It does not follow the figures, so that columns stand still from scan to scan.
#[must_use]
pub fn width_of<'a>(column: Column, rows: impl Iterator<Item = Row<'a>>) -> usize {
    let widest = |rows: &mut dyn Iterator<Item = Row<'a>>| {
        rows.map(|row| view::text::Line::plain(column.cell(row).text).width()).max().unwrap_or(0)
    };
    let mut rows = rows;
    let needed = match column {
        Column::Name => widest(&mut rows),
        // Either all amounts stand alone or some say who imposes them.
        Column::Limit | Column::SwapLimit => widest(&mut rows).max(8),
        Column::Image => widest(&mut rows).min(24),
        Column::Path => widest(&mut rows).min(60),
        Column::Waits => 4,
        Column::Kills => 5,
        Column::Growth => 11,
        Column::SwapIn | Column::SwapOut => 10,
        Column::Refaults => 8,
        Column::Used
        | Column::Left
        | Column::Swap
        | Column::OwnLimit
        | Column::WorkingSet
        | Column::Unreclaimable
        | Column::Peak => 8,
    };
    needed.max(column.heading().title.len() + 1)
}

/// Chooses the columns that fit, so that the selected one is among them.
#[must_use]
pub fn fit(width: usize, name_wanted: usize, columns: &[(Column, usize)], selected: Column) -> Layout {
    // The mark of a selected heading needs a cell behind the last column.
    let width = width.saturating_sub(1);
    let name_min = match width {
        0..40 => 7,
        40..99 => 16,
        99..139 => 24,
        139.. => 36,
    };
    let mut meter = if width >= 71 { 10 } else { 0 };
    let mut spark = if width >= 99 { 12 } else { 0 };
    let graphs: usize = [meter, spark].into_iter().filter(|width| *width > 0).map(|width| width + GAP).sum();
    let room = width.saturating_sub(MARK + name_min.min(name_wanted.max(4)) + graphs);
    let chosen = window(columns, selected, room);
    let used: usize = chosen.iter().map(|(_, width)| width + GAP).sum();
    let mut left = width.saturating_sub(MARK + graphs + used);
    let name = left.min(name_wanted.max(4));
    left -= name;
    if spark > 0 {
        let more = left.min(18);
        spark += more;
        left -= more;
    }
    if meter > 0 {
        meter += left.min(14);
    }
    Layout { name, columns: chosen, meter, spark }
}

/// The columns from the first on, or as many later ones as it takes to bring the selected one into sight.
fn window(columns: &[(Column, usize)], selected: Column, room: usize) -> Vec<(Column, usize)> {
    let place = columns.iter().position(|(column, _)| *column == selected).unwrap_or(0);
    (0..=place)
        .map(|first| from(columns.get(first..).unwrap_or_default(), room))
        .find(|chosen| chosen.iter().any(|(column, _)| *column == selected) || selected == Column::Name)
        .unwrap_or_else(|| {
            columns
                .get(place)
                .map(|(column, width)| (*column, (*width).min(room.max(4) - GAP)))
                .into_iter()
                .collect()
        })
}

fn from(columns: &[(Column, usize)], room: usize) -> Vec<(Column, usize)> {
    let mut left = room;
    let fits = |(_, width): &&(Column, usize)| {
        let fits = width + GAP <= left;
        left = left.saturating_sub(width + GAP);
        fits
    };
    columns.iter().take_while(fits).copied().collect()
}
