//! The head of the screen: the machine, how the table is arranged, and what Highwater itself costs.

use crate::arrange::{Placed, range_in_force};
use crate::canvas::{Canvas, cells};
use crate::glyphs::Glyphs;
use crate::scene::{Cost, Scene, is_container};
use crate::state::{Clock, Direction, Overlay, Range, Shape, State};
use std::time::Duration;
use view::columns::Column;
use view::text::{Line, Tone};
use view::{list, units};

/// The machine in one line.
pub fn host(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let width = canvas.width();
    canvas.line(0, 0, width, &narrowed(list::host_line(scene.snapshot), width));
}

/// The line with whole phrases left out where it is too long: first the cgroup version, then from the end.
fn narrowed(line: Line, width: usize) -> Line {
    let [name, rest] = line.spans.as_slice() else { return line };
    let mut phrases: Vec<&str> = rest.text.trim_start().split(" · ").collect();
    let with = |phrases: &[&str]| {
        Line::of(name.tone, &name.text).and(rest.tone, format!("  {}", phrases.join(" · ")))
    };
    if line.width() > width && phrases.len() > 1 {
        phrases.remove(0);
    }
    while with(&phrases).width() > width && phrases.len() > 1 {
        phrases.pop();
    }
    with(&phrases)
}

/// How the table is arranged on the left, Highwater's own cost on the right where there is room.
pub fn status(canvas: &mut Canvas<'_>, state: &State, scene: &Scene<'_>, placed: &[Placed]) {
    let width = canvas.width();
    let glyphs = canvas.look().glyphs;
    let mut x = 0;
    for (tone, words) in said(state, scene, placed, glyphs) {
        let gap = if x == 0 { "" } else { " · " };
        if x > 0 && x + cells(glyphs, gap) + cells(glyphs, &words) > width {
            continue;
        }
        x = canvas.put(x, 0, width - x, gap, canvas.style(Tone::Quiet));
        x = canvas.put(x, 0, width - x, &words, canvas.style(tone));
    }
    let costs = scene.cost.map(spoken).unwrap_or_default();
    let fits = |cost: &&String| x + 3 + cells(glyphs, cost) <= width;
    if let Some(cost) = costs.iter().find(fits) {
        let style = canvas.style(Tone::Quiet);
        canvas.put_right(0, 0, width, cost, style);
    }
}

/// What there is to say, most important first: the last ones are left out on a narrow screen.
fn said(state: &State, scene: &Scene<'_>, placed: &[Placed], glyphs: Glyphs) -> Vec<(Tone, String)> {
    let mut said = Vec::new();
    if state.overlay == Overlay::Typing {
        said.push((Tone::Strong, format!("filter: {}_", state.filter)));
    } else if !state.filter.is_empty() {
        said.push((Tone::Strong, format!("filter: {}", state.filter)));
    }
    match state.clock {
        Clock::Paused => said.push((Tone::Warning, "PAUSED".to_owned())),
        Clock::Running => {}
    }
    let (up, down) = glyphs.sort_marks();
    let mark = match state.sort.direction {
        Direction::Ascending => up,
        Direction::Descending => down,
    };
    said.push((Tone::Plain, counted(state, scene, placed)));
    // What is left is sorted by its share of the limit, as `highwater ls` does.
    let share = if state.sort.column == Column::Left { "share " } else { "" };
    said.push((Tone::Plain, format!("by {share}{} {mark}", state.sort.column.heading().title)));
    if !scene.snapshot.missing.is_empty() {
        said.push((Tone::Warning, "not all seen (h)".to_owned()));
    }
    said.push((Tone::Quiet, format!("every {}", spelled(state.interval))));
    said
}

fn counted(state: &State, scene: &Scene<'_>, placed: &[Placed]) -> String {
    let shape = match state.shape {
        Shape::Tree => "tree",
        Shape::Flat => "list",
    };
    let (count, noun) = match range_in_force(state, scene) {
        Range::Containers => {
            let is_one = |placed: &&Placed| scene.snapshot.cgroup(placed.index).is_some_and(is_container);
            (placed.iter().filter(is_one).count(), "container")
        }
        Range::Everything => (placed.len(), "cgroup"),
    };
    format!("{shape} of {}", units::count(u64::try_from(count).unwrap_or(u64::MAX), noun))
}

fn spelled(interval: Duration) -> String {
    if interval.subsec_millis() == 0 {
        format!("{} s", interval.as_secs())
    } else {
        format!("{} ms", interval.as_millis())
    }
}

/// Highwater's own cost, longest form first.
fn spoken(cost: Cost) -> Vec<String> {
    let resident = units::bytes(cost.resident);
    let cpu = cost.cpu_ratio.map_or_else(|| units::ABSENT.to_owned(), small_percent);
    let files = units::count(u64::try_from(cost.descriptors).unwrap_or(u64::MAX), "file");
    let kept = format!("{files} kept open ({} in the kernel)", units::bytes(cost.pinned));
    let short = format!("{files}, {} in the kernel", units::bytes(cost.pinned));
    vec![
        format!("highwater itself: CPU {cpu}, {resident}, {kept}"),
        format!("highwater: CPU {cpu}, {resident}, {short}"),
        format!("highwater: CPU {cpu}, {resident}"),
        format!("itself: {cpu}, {resident}"),
    ]
}

/// A share of one core that is mostly below one percent.
fn small_percent(ratio: f64) -> String {
    if ratio < 0.0995 { format!("{:.1}%", ratio * 100.0) } else { units::percent(ratio) }
}
