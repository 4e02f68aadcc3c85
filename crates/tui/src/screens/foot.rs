//! The foot of the screen: who is worst off and why, the next command, the keys.

use crate::canvas::{Canvas, cells};
use crate::scene::Scene;
use crate::screens::overlay::folded;
use crate::state::{Overlay, State};
use view::columns::severity_tone;
use view::text::{Line, Tone};
use view::{names, remedy, sentences, units};

/// Who is worst off, and why; what could not be seen when nobody is.
pub fn worst(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let width = canvas.width();
    let lines =
        if canvas.height() > 1 { folded(&[worst_line(scene)], width) } else { vec![worst_line(scene)] };
    for (y, line) in lines.iter().enumerate() {
        canvas.line(0, y, width, line);
    }
}

/// How many rows the sentence wants: two at most, so that the table above hardly ever moves.
#[must_use]
pub fn worst_rows(scene: &Scene<'_>, width: u16) -> u16 {
    if worst_line(scene).width() > usize::from(width) { 2 } else { 1 }
}

fn worst_line(scene: &Scene<'_>) -> Line {
    let worst = scene.worst.and_then(|worst| scene.row(worst));
    let found = worst.and_then(|row| row.assessment.findings.first().map(|finding| (row, finding)));
    if let Some((row, finding)) = found {
        let tone = severity_tone(row.assessment).unwrap_or(Tone::Strong);
        return Line::of(tone, format!("{}: ", names::cgroup(row.cgroup)))
            .and(Tone::Plain, sentences::finding(row, finding));
    }
    if let Some(missing) = scene.snapshot.missing.first() {
        return Line::of(Tone::Quiet, format!("Not shown: {} ({})", missing.what, missing.why));
    }
    match worst.and_then(|row| row.assessment.headroom.value().map(|headroom| (row, headroom))) {
        Some((row, headroom)) => {
            let left = units::bytes(headroom.with_swap);
            Line::of(
                Tone::Quiet,
                format!("Nothing is wrong. Nearest to its end: {}, {left} left.", names::cgroup(row.cgroup)),
            )
        }
        None => Line::of(Tone::Quiet, "Nothing is known to be wrong."),
    }
}

/// The next command.
pub fn next(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let command = scene
        .worst
        .and_then(|worst| scene.row(worst))
        .map_or_else(|| "highwater ls".to_owned(), remedy::look);
    let (glyphs, width) = (canvas.look().glyphs, canvas.width());
    let words = if cells(glyphs, &command) + 6 <= width { "Next: " } else { "" };
    canvas.line(0, 0, width, &Line::of(Tone::Quiet, words).and(Tone::Strong, command));
}

/// The keys that matter most here.
pub fn hint(canvas: &mut Canvas<'_>, state: &State) {
    let keys: &[(&str, &str)] = match state.overlay {
        Overlay::None => &[
            ("q", "quit"),
            ("?", "explain"),
            ("Enter", "details"),
            ("s", "sort"),
            ("/", "filter"),
            ("t", "tree"),
            ("a", "all"),
            ("p", "pause"),
            ("h", "help"),
        ],
        Overlay::Typing => &[("Enter", "keep the filter"), ("Esc", "clear it")],
        Overlay::Explain { .. } => &[("Esc", "close"), ("arrows", "another figure"), ("Enter", "details")],
        Overlay::Help { .. } | Overlay::Detail { .. } => {
            &[("Esc", "close"), ("up down", "scroll"), ("PgUp PgDn", "by a page")]
        }
    };
    let (glyphs, width) = (canvas.look().glyphs, canvas.width());
    let mut x = 0;
    for (key, meaning) in keys {
        let gap = if x == 0 { 0 } else { 2 };
        if x + gap + cells(glyphs, key) + 1 + cells(glyphs, meaning) > width {
            break;
        }
        x = canvas.put(x + gap, 0, width, key, canvas.style(Tone::Strong));
        x = canvas.put(x + 1, 0, width, meaning, canvas.style(Tone::Quiet));
    }
}
