//! What lies over the table: the keys, the explanation of a figure, the details of a cgroup.

use crate::canvas::Canvas;
use crate::keys::KEYS;
use crate::layout::parts;
use crate::scene::Scene;
use crate::screens::foot::worst_rows;
use crate::state::{Overlay, State};
use crate::update::selected;
use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use view::explain::explain;
use view::list::missing_lines;
use view::text::{Line, Tone, wrapped};

/// Draws what is open.
pub fn draw(canvas: &mut Canvas<'_>, state: &State, scene: &Scene<'_>) {
    let place = place(canvas.area(), scene);
    match &state.overlay {
        Overlay::None | Overlay::Typing => {}
        Overlay::Explain { scroll } => draw_explanation(canvas, state, scene, *scroll),
        Overlay::Help { scroll } => {
            let lines = help(state, scene, usize::from(place.width));
            page_of(&mut canvas.part(place), "Keys", &lines, *scroll);
        }
        Overlay::Detail { of, lines, scroll } => {
            let title = if scene.index_of(*of).is_some() { "Details" } else { "Details: gone, as last seen" };
            page_of(&mut canvas.part(place), title, &folded(lines, usize::from(place.width)), *scroll);
        }
    }
}

/// How many lines fit on a page.
#[must_use]
pub fn page(area: Rect, scene: &Scene<'_>) -> usize {
    usize::from(place(area, scene).height).saturating_sub(1).max(1)
}

/// How far what is open can be scrolled.
#[must_use]
pub fn scroll_max(state: &State, scene: &Scene<'_>, area: Rect) -> usize {
    let width = usize::from(area.width);
    let count = match &state.overlay {
        Overlay::Help { .. } => help(state, scene, width).len(),
        Overlay::Detail { lines, .. } => folded(lines, width).len(),
        Overlay::Explain { .. } => explanation(state, scene, width).len(),
        Overlay::None | Overlay::Typing => 0,
    };
    count.saturating_sub(page(area, scene))
}

/// Everything above the foot.
fn place(area: Rect, scene: &Scene<'_>) -> Rect {
    let parts = parts(area, worst_rows(scene, area.width));
    Rect { height: parts.worst.y.saturating_sub(area.y), ..area }
}

fn page_of(canvas: &mut Canvas<'_>, title: &str, lines: &[Line], scroll: usize) {
    canvas.clear();
    let (width, room) = (canvas.width(), canvas.height().saturating_sub(1));
    let last = (scroll + room).min(lines.len());
    let place = if lines.len() > room {
        format!(" {}–{last} of {} ", scroll + 1, lines.len())
    } else {
        String::new()
    };
    rule(canvas, 0, title, &place);
    for (y, line) in lines.iter().skip(scroll).take(room).enumerate() {
        canvas.line(0, y + 1, width, line);
    }
}

fn rule(canvas: &mut Canvas<'_>, y: usize, title: &str, right: &str) {
    let width = canvas.width();
    let (quiet, strong) = (canvas.style(Tone::Quiet), canvas.style(Tone::Strong));
    canvas.put(0, y, width, &"─".repeat(width), quiet);
    canvas.put(2, y, width.saturating_sub(4), &format!(" {title} "), strong);
    if right.width() + title.width() + 8 < width {
        canvas.put_right(0, y, width - 2, right, quiet);
    }
}

/// The explanation lies at the bottom, so that the figure stays in sight.
fn draw_explanation(canvas: &mut Canvas<'_>, state: &State, scene: &Scene<'_>, scroll: usize) {
    let place = place(canvas.area(), scene);
    let lines = explanation(state, scene, usize::from(place.width));
    let height = u16::try_from(lines.len() + 1).unwrap_or(u16::MAX).min(place.height);
    let area = Rect { y: place.y + place.height - height, height, ..place };
    page_of(&mut canvas.part(area), "What this figure is", &lines, scroll);
}

fn explanation(state: &State, scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let row = selected(state, scene).and_then(|index| scene.row(index));
    row.map(|row| folded(&explain(row, state.column, width), width)).unwrap_or_default()
}

/// The keys, the marks, and what could not be seen.
fn help(state: &State, scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let keys_width = if width < 50 { 0 } else { 21 };
    for (keys, meaning) in KEYS {
        if keys_width == 0 {
            lines.push(Line::of(Tone::Strong, keys));
            lines.extend(wrapped(meaning, width.max(12)).into_iter().map(Line::plain));
            continue;
        }
        let mut words = wrapped(meaning, width.saturating_sub(keys_width)).into_iter();
        lines.push(
            Line::of(Tone::Strong, format!("{keys:<keys_width$}"))
                .and(Tone::Plain, words.next().unwrap_or_default()),
        );
        lines.extend(words.map(|words| Line::plain(" ".repeat(keys_width) + &words)));
    }
    lines.push(Line::empty());
    let meter = crate::graph::meter(0.4, 0.7, 10, state.look.glyphs);
    let marks = [
        (meter.held, "used, and cannot be freed without swap"),
        (meter.reclaimable, "used, and reclaim can free it"),
        (meter.left, "left up to the limit that binds"),
    ];
    for (mark, meaning) in marks {
        lines.push(Line::of(Tone::Good, format!("{mark:<6}")).and(Tone::Plain, meaning));
    }
    if !scene.snapshot.missing.is_empty() {
        lines.push(Line::empty());
        lines.extend(missing_lines(scene.snapshot, width));
    }
    folded(&lines, width)
}

/// Lines that are too long go on in the next one, at a space where there is one.
#[must_use]
pub fn folded(lines: &[Line], width: usize) -> Vec<Line> {
    let width = width.max(2);
    let mut folded = Vec::with_capacity(lines.len());
    for line in lines {
        let mut part = Line::empty();
        let mut left = width;
        for span in &line.spans {
            let mut rest = span.text.as_str();
            while rest.width() > left {
                let (fits, after) = divided(rest, left, width);
                folded.push(std::mem::take(&mut part).and(span.tone, fits));
                rest = after;
                left = width;
            }
            left -= rest.width();
            part = part.and(span.tone, rest);
        }
        folded.push(part);
    }
    folded
}

/// What fits into the cells that are left, and the rest. A word that fits into a whole line is not broken.
fn divided(text: &str, left: usize, width: usize) -> (&str, &str) {
    let mut used = 0;
    let too_far = text.char_indices().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > left
    });
    let end = too_far.map_or(text.len(), |(end, _)| end);
    let (fits, rest) = text.split_at(end);
    if rest.starts_with(' ') {
        return (fits, rest.trim_start());
    }
    let word = rest.split(' ').next().unwrap_or_default();
    match fits.rsplit_once(' ') {
        Some((words, begun)) if begun.width() + word.width() <= width => {
            (words, text.get(words.len() + 1..).unwrap_or_default())
        }
        Some(_) | None if left < width && word.width() + fits.width() <= width => ("", text),
        Some(_) | None => (fits, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Tone, folded};

    fn plain(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::to_plain).collect()
    }

    #[test]
    fn a_long_line_goes_on_at_a_space() {
        let line = Line::plain("used 20 MiB  ").and(Tone::Quiet, "cannot be freed without swap");
        assert_eq!(plain(&folded(&[line], 24)), ["used 20 MiB  cannot be", "freed without swap"]);
    }

    #[test]
    fn a_path_longer_than_a_line_is_broken_anywhere() {
        let line = Line::plain("  /docker/0123456789abcdef  64");
        assert_eq!(plain(&folded(&[line], 16)), ["  /docker/012345", "6789abcdef  64"]);
        let wide = folded(&[Line::plain("데이터베이스")], 5);
        assert_eq!(plain(&wide), ["데이", "터베", "이스"]);
        assert_eq!(plain(&folded(&[Line::plain("데이")], 0)), ["데", "이"]);
    }
}
