//! The table: a row for each cgroup, its figures, the meter of used and limit, and its history.

use crate::arrange::{Fold, Placed, Role, label};
use crate::canvas::{Canvas, cells};
use crate::glyphs::Glyphs;
use crate::graph;
use crate::history::Sampled;
use crate::layout::{self, GAP, Layout, MARK};
use crate::scene::Scene;
use crate::state::{Direction, State};
use kernel::bytes::Bytes;
use model::assessment::Binding;
use std::borrow::Cow;
use view::columns::{Column, Row, severity_tone};
use view::table::{Align, Cell};
use view::text::Tone;

/// A row of the table, ready to be drawn.
#[derive(Clone, Copy)]
struct Ready<'a> {
    placed: Placed,
    row: Row<'a>,
    is_selected: bool,
}

/// Draws the heading and as many rows as there is room for; the cursor's row is always among them.
pub fn draw(canvas: &mut Canvas<'_>, state: &State, scene: &Scene<'_>, placed: &[Placed]) {
    if placed.is_empty() {
        return nothing(canvas, state);
    }
    let layout = lay_out(canvas, state, scene, placed);
    let head = usize::from(canvas.height() > 1);
    if head > 0 {
        heading(canvas, state, &layout);
    }
    let room = canvas.height() - head;
    let first = state.cursor_row.saturating_sub(room / 2).min(placed.len().saturating_sub(room));
    for (offset, placed) in placed.iter().skip(first).take(room).enumerate() {
        let Some(row) = scene.row(placed.index) else { continue };
        let ready = Ready { placed: *placed, row, is_selected: state.cursor == Some(row.cgroup.id) };
        draw_row(canvas, state, &layout, head + offset, ready);
    }
}

fn nothing(canvas: &mut Canvas<'_>, state: &State) {
    let width = canvas.width();
    let words = if state.filter.is_empty() {
        "No cgroup to show."
    } else {
        "Nothing is called that. Esc clears the filter."
    };
    let style = canvas.style(Tone::Quiet);
    canvas.put(MARK, usize::from(canvas.height() > 1), width, words, style);
}

fn lay_out(canvas: &Canvas<'_>, state: &State, scene: &Scene<'_>, placed: &[Placed]) -> Layout {
    let rows = || placed.iter().filter_map(|placed| scene.row(placed.index));
    let columns: Vec<(Column, usize)> = layout::columns(scene, placed)
        .into_iter()
        .filter(|column| *column != Column::Name)
        .map(|column| (column, layout::width_of(column, rows())))
        .collect();
    let glyphs = canvas.look().glyphs;
    let name_of = |placed: &Placed| {
        let row = scene.row(placed.index)?;
        Some(indent(placed, glyphs).len().min(2) + placed.depth * 2 + cells(glyphs, &label(row, state.shape)))
    };
    let name = placed.iter().filter_map(name_of).max().unwrap_or(0).clamp(8, 60);
    layout::fit(canvas.width(), name, &columns, state.column)
}

fn heading(canvas: &mut Canvas<'_>, state: &State, layout: &Layout) {
    let mut x = MARK;
    head_cell(canvas, state, Column::Name, x, layout.name);
    x += layout.name + GAP;
    for (column, width) in &layout.columns {
        head_cell(canvas, state, *column, x, *width);
        x += width + GAP;
    }
    let style = canvas.style(Tone::Quiet);
    if layout.meter > 0 {
        canvas.put(x, 0, layout.meter, "OF LIMIT", style);
        x += layout.meter + GAP;
    }
    if layout.spark > 0 {
        canvas.put(x, 0, layout.spark, "HISTORY", style);
    }
}

/// The selected column stands in brackets, so that it is seen without colour too.
fn head_cell(canvas: &mut Canvas<'_>, state: &State, column: Column, x: usize, width: usize) {
    let heading = column.heading();
    let (up, down) = canvas.look().glyphs.sort_marks();
    let mark = match state.sort.direction {
        _ if state.sort.column != column => "",
        Direction::Ascending => up,
        Direction::Descending => down,
    };
    let title = format!("{}{mark}", heading.title);
    let used = cells(canvas.look().glyphs, &title).min(width);
    let start = match heading.align {
        Align::Left => x,
        Align::Right => x + width - used,
    };
    let is_sorted = state.sort.column == column;
    let style = canvas.style(if is_sorted || state.column == column { Tone::Strong } else { Tone::Quiet });
    canvas.put(start, 0, used, &title, style);
    if state.column == column {
        canvas.put(start.saturating_sub(1), 0, 1, "[", style);
        canvas.put(start + used, 0, 1, "]", style);
    }
}

fn draw_row(canvas: &mut Canvas<'_>, state: &State, layout: &Layout, y: usize, ready: Ready<'_>) {
    let strong = canvas.style(Tone::Strong);
    if ready.is_selected {
        canvas.put(0, y, 1, ">", strong);
    }
    draw_name(canvas, state, layout.name, y, ready);
    let mut x = MARK + layout.name + GAP;
    for (column, width) in &layout.columns {
        let cell = column.cell(ready.row);
        draw_cell(
            canvas,
            x,
            y,
            *width,
            *column,
            &Cell { tone: tone_in(ready.placed.role, cell.tone), ..cell },
        );
        mark_cursor(canvas, state, ready, *column, (x, y, *width));
        x += width + GAP;
    }
    if layout.meter > 0 {
        meter(canvas, x, y, layout.meter, ready.row);
        x += layout.meter + GAP;
    }
    if layout.spark > 0 {
        let line = spark(state, ready.row, layout.spark, canvas);
        let style = canvas.style(Tone::Plain);
        canvas.put(x, y, layout.spark, &line, style);
    }
}

fn draw_name(canvas: &mut Canvas<'_>, state: &State, width: usize, y: usize, ready: Ready<'_>) {
    let glyphs = canvas.look().glyphs;
    // In a narrow table the indent must not push the name out.
    let indent_width = (ready.placed.depth * 2).min(width * 2 / 5);
    let mark = indent(&ready.placed, glyphs);
    let quiet = canvas.style(Tone::Quiet);
    let x = canvas.put(MARK + indent_width, y, width.saturating_sub(indent_width), mark, quiet);
    let tone = Column::Name.cell(ready.row).tone;
    let style = canvas.style(tone_in(ready.placed.role, tone));
    let room = (MARK + width).saturating_sub(x);
    canvas.put(x, y, room, &tail(&label(ready.row, state.shape), room, glyphs), style);
    mark_cursor(canvas, state, ready, Column::Name, (MARK, y, width));
}

/// What only leads to a row is said quietly, unless something is wrong with it.
const fn tone_in(role: Role, tone: Tone) -> Tone {
    match (role, tone) {
        (Role::Context, Tone::Plain | Tone::Strong | Tone::Good) => Tone::Quiet,
        (Role::Context, Tone::Quiet | Tone::Warning | Tone::Critical) | (Role::Chosen, _) => tone,
    }
}

/// Of a path that is too long the end says more than the beginning.
fn tail(label: &str, width: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if !label.starts_with('/') || cells(glyphs, label) <= width {
        return Cow::Borrowed(label);
    }
    let fits =
        |(start, _): &(usize, char)| label.get(*start..).is_some_and(|rest| cells(glyphs, rest) < width);
    let rest = label.char_indices().find(fits).and_then(|(start, _)| label.get(start..)).unwrap_or_default();
    Cow::Owned(format!("…{rest}"))
}

const fn indent(placed: &Placed, glyphs: Glyphs) -> &'static str {
    let (open, folded) = glyphs.fold_marks();
    match placed.fold {
        Fold::Leaf => "",
        Fold::Open => open,
        Fold::Folded => folded,
    }
}

fn draw_cell(canvas: &mut Canvas<'_>, x: usize, y: usize, width: usize, column: Column, cell: &Cell) {
    let style = canvas.style(cell.tone);
    match column.heading().align {
        Align::Left => {
            canvas.put(x, y, width, &cell.text, style);
        }
        Align::Right => canvas.put_right(x, y, width, &cell.text, style),
    }
}

fn mark_cursor(
    canvas: &mut Canvas<'_>,
    state: &State,
    ready: Ready<'_>,
    column: Column,
    place: (usize, usize, usize),
) {
    if ready.is_selected && state.column == column {
        let style = canvas.look().paint.cursor();
        canvas.restyle(place.0, place.1, place.2, style);
    }
}

/// Used and what of it cannot be freed, as parts of the limit that binds.
fn meter(canvas: &mut Canvas<'_>, x: usize, y: usize, width: usize, row: Row<'_>) {
    let assessment = row.assessment;
    let limit = assessment.limit.value().map(|limit| limit.bytes);
    let share = |amount: Option<Bytes>| amount.zip(limit).and_then(|(amount, limit)| amount.ratio_of(limit));
    let Some(used) = share(row.cgroup.memory.usage.get()) else { return };
    let held = share(assessment.working_sets.unreclaimable.get()).unwrap_or(used);
    let meter = graph::meter(held, used, width, canvas.look().glyphs);
    let style = canvas.style(severity_tone(assessment).unwrap_or(Tone::Good));
    let quiet = canvas.style(Tone::Quiet);
    let end = x + width;
    let x = canvas.put(x, y, end - x, &meter.held, style);
    let x = canvas.put(x, y, end - x, &meter.reclaimable, style);
    canvas.put(x, y, end - x, &meter.left, quiet);
}

/// The history against the limit where a cgroup sets one, else against twice its own highest value.
fn spark(state: &State, row: Row<'_>, width: usize, canvas: &Canvas<'_>) -> String {
    let samples = state.histories.samples(row.cgroup.id, Sampled::Usage);
    graph::spark(&samples, scale(row, &samples), width, canvas.look().glyphs)
}

/// What the full height of a graph of this row's memory means.
#[must_use]
pub fn scale(row: Row<'_>, samples: &[Option<u64>]) -> u64 {
    let highest = samples.iter().flatten().max().copied().unwrap_or(0);
    let limit = row.assessment.limit.value();
    match limit.map(|limit| (limit.binding, limit.bytes.0)) {
        // Far below the limit a graph against it would be a flat line.
        Some((Binding::Cgroup(_) | Binding::OutOfSight, limit)) if highest >= limit / 8 => limit.max(highest),
        Some(_) | None => highest.saturating_mul(2),
    }
}
