//! The graph of the row under the cursor, and where its memory went.

use super::table::scale;
use crate::canvas::{Canvas, cells};
use crate::graph;
use crate::history::Sampled;
use crate::scene::Scene;
use crate::state::State;
use crate::update::selected;
use kernel::bytes::Bytes;
use model::reading::Reading;
use view::columns::{Row, severity_tone};
use view::text::{Line, Tone};
use view::{names, sentences, units};

/// The width of the figures beside the graph.
const FIGURES: usize = 35;

/// Draws the panel.
pub fn draw(canvas: &mut Canvas<'_>, state: &State, scene: &Scene<'_>) {
    let Some(row) = selected(state, scene).and_then(|index| scene.row(index)) else { return };
    if canvas.height() < 2 {
        return;
    }
    title(canvas, state, row);
    let (width, height) = (canvas.width(), canvas.height() - 1);
    let sentence = finding(scene, row);
    let graph_height = height - usize::from(sentence.is_some());
    let figures = if width >= 60 { FIGURES } else { 0 };
    let usage = state.histories.samples(row.cgroup.id, Sampled::Usage);
    let swap = state.histories.samples(row.cgroup.id, Sampled::Swap);
    let is_swapping = swap.iter().flatten().any(|bytes| *bytes > 0);
    let room = width - figures;
    if is_swapping && room >= 80 {
        plot(canvas, (0, room / 2), graph_height, &usage, scale(row, &usage));
        plot(canvas, (room / 2, room / 2), graph_height, &swap, swap_scale(row, &swap));
        let quiet = canvas.style(Tone::Quiet);
        canvas.put(room / 2 + 10, 1, 6, " swap ", quiet);
    } else {
        plot(canvas, (0, room), graph_height, &usage, scale(row, &usage));
    }
    if figures > 0 {
        draw_figures(canvas, room, graph_height, row);
    }
    if let Some(sentence) = sentence {
        canvas.line(0, height, width, &sentence);
    }
}

/// A rule with the name, what it uses of what, and the time that the graph spans.
fn title(canvas: &mut Canvas<'_>, state: &State, row: Row<'_>) {
    let width = canvas.width();
    let glyphs = canvas.look().glyphs;
    let quiet = canvas.style(Tone::Quiet);
    canvas.put(0, 0, width, &"─".repeat(width), quiet);
    let line =
        Line::of(Tone::Strong, format!(" {}: ", names::cgroup(row.cgroup))).and(Tone::Plain, used(row));
    let x = canvas.line(2, 0, width.saturating_sub(4), &line);
    let span = format!(" last {} ", units::duration(state.histories.span(row.cgroup.id)));
    if x + cells(glyphs, &span) + 3 < width && state.histories.span(row.cgroup.id).as_secs() > 0 {
        canvas.put_right(0, 0, width - 2, &span, quiet);
    }
}

fn used(row: Row<'_>) -> String {
    let used = units::bytes_or_absent(&row.cgroup.memory.usage);
    let limit = row.assessment.limit.value();
    let of = limit.map(|limit| {
        format!(
            " of {}, {}",
            units::bytes(limit.bytes),
            names::level(row.snapshot, row.assessment.cgroup, limit.binding)
        )
    });
    format!("{used} used{} ", of.unwrap_or_default())
}

/// The finding of the row; who is worst off has it at the foot of the screen already.
fn finding(scene: &Scene<'_>, row: Row<'_>) -> Option<Line> {
    let findings = &row.assessment.findings;
    let is_worst = scene.worst == Some(row.assessment.cgroup);
    let finding = findings.get(usize::from(is_worst))?;
    let more = findings.len() - 1 - usize::from(is_worst);
    let line =
        Line::of(severity_tone(row.assessment).unwrap_or(Tone::Plain), sentences::finding(row, finding));
    Some(if more > 0 { line.and(Tone::Quiet, format!(" And {more} more: Enter.")) } else { line })
}

fn swap_scale(row: Row<'_>, swap: &[Option<u64>]) -> u64 {
    let highest = swap.iter().flatten().max().copied().unwrap_or(0);
    let limit = row.assessment.swap_limit.value().map_or(0, |limit| limit.bytes.0);
    if highest >= limit / 8 { limit.max(highest) } else { highest.saturating_mul(2) }
}

/// A graph with the amounts that its top and its bottom stand for.
fn plot(
    canvas: &mut Canvas<'_>,
    (x, width): (usize, usize),
    height: usize,
    samples: &[Option<u64>],
    top: u64,
) {
    const SCALE: usize = 9;
    let quiet = canvas.style(Tone::Quiet);
    let good = canvas.style(Tone::Good);
    if height == 0 || width < SCALE + 4 {
        return;
    }
    canvas.put_right(x, 1, SCALE, &units::bytes(Bytes(top)), quiet);
    if height > 1 {
        canvas.put_right(x, height, SCALE, "0", quiet);
    }
    let graph_width = width - SCALE - 3;
    for (row, line) in graph::area(samples, top, graph_width, height, canvas.look().glyphs).iter().enumerate()
    {
        canvas.put(x + SCALE + 1, row + 1, 1, "│", quiet);
        canvas.put(x + SCALE + 2, row + 1, graph_width, line, good);
    }
}

/// Where the memory went, largest first, then swap; as many lines as there are.
fn draw_figures(canvas: &mut Canvas<'_>, x: usize, height: usize, row: Row<'_>) {
    let split = &row.assessment.split;
    let mut parts: Vec<(&str, &Reading<Bytes>)> = vec![
        ("anonymous", &split.anon),
        ("page cache", &split.file),
        ("tmpfs, shared", &split.shmem),
        ("kernel", &split.kernel),
        ("sockets", &split.sock),
    ];
    parts.retain(|(_, amount)| amount.get().is_some());
    parts.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.get()));
    parts.truncate(height.saturating_sub(1));
    let plain = canvas.style(Tone::Plain);
    let quiet = canvas.style(Tone::Quiet);
    let lines = parts.into_iter().map(|(name, amount)| (name, units::bytes_or_absent(amount)));
    let swap_limit = row.assessment.swap_limit.value();
    let swap = units::bytes_or_absent(&row.assessment.swap_usage);
    let swap = std::iter::once(("swap", swap));
    for (y, (name, amount)) in lines.chain(swap).enumerate() {
        canvas.put(x + 1, y + 1, 14, name, quiet);
        canvas.put_right(x + 14, y + 1, 9, &amount, plain);
        if name == "swap"
            && let Some(limit) = swap_limit
        {
            canvas.put(x + 24, y + 1, FIGURES - 24, &format!("of {}", units::bytes(limit.bytes)), quiet);
        }
    }
}
