//! One workload's advice with a chart: what was used, the limit now, the limit advised, kills.

use crate::advice::because;
use crate::text::{Line, Tone, wrapped};
use crate::units::{bytes, duration};
use kernel::bytes::Bytes;
use model::history::WorkloadHistory;
use model::recommendation::{Advice, AdvisedWorkload};
use std::time::Duration;

const ROWS: usize = 12;

/// Room for an amount and a space.
const LABEL: usize = 9;

/// Chart, figures and reasons. `history` is the replica that needs most.
#[must_use]
pub fn explain(workload: &AdvisedWorkload, history: &WorkloadHistory, width: usize) -> Vec<Line> {
    let class = workload.assignment.class.name();
    let environment = workload.assignment.environment.name();
    let mut lines = vec![
        Line::of(Tone::Strong, &workload.name).and(Tone::Plain, format!(": {class} in {environment}")),
        Line::empty(),
    ];
    lines.extend(chart(workload, history, width));
    lines.push(Line::empty());
    let sentences: Vec<String> = match &workload.advice {
        Advice::Recommended(advised) => {
            let mut sentences = vec![format!(
                "Advised: {} of memory, {} of swap, a request of {}; how sure: {}.",
                bytes(advised.memory),
                bytes(advised.swap),
                bytes(advised.request),
                advised.confidence.name()
            )];
            sentences.extend(advised.because.iter().map(because::because));
            sentences
        }
        Advice::NotEnough(missing) => {
            missing.iter().map(|one| format!("No advice: {}.", because::missing(one))).collect()
        }
    };
    for sentence in sentences.into_iter().chain(workload.heap.iter().map(|note| format!("{note}."))) {
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(Line::plain));
    }
    lines
}

fn chart(workload: &AdvisedWorkload, history: &WorkloadHistory, width: usize) -> Vec<Line> {
    let cells = width.saturating_sub(LABEL + 2).clamp(10, 100);
    let peaks = columns(history, cells);
    let advised = workload.recommendation();
    let now = workload.today.and_then(|today| today.memory);
    let total = advised.map(|advised| advised.memory.saturating_add(advised.swap));
    let marks = [
        (now, '=', Tone::Plain, "limit now"),
        (advised.map(|advised| advised.memory), '-', Tone::Good, "memory advised"),
        (
            total.filter(|_| advised.is_some_and(|advised| advised.swap > Bytes::ZERO)),
            '·',
            Tone::Quiet,
            "with swap",
        ),
    ];
    let peak = history.series.peak().map_or(0, |sample| sample.usage.0);
    let top =
        marks.iter().filter_map(|(amount, ..)| *amount).map(|amount| amount.0).fold(peak, u64::max).max(1);
    let row_of =
        |amount: u64| (amount as f64 / top as f64 * ROWS as f64).ceil().clamp(1.0, ROWS as f64) as usize;
    let mut lines = Vec::with_capacity(ROWS + 3);
    for row in (1..=ROWS).rev() {
        let mark = marks.iter().find(|(amount, ..)| amount.is_some_and(|amount| row_of(amount.0) == row));
        let label = match mark {
            Some((Some(amount), ..)) => bytes(*amount),
            Some((None, ..)) | None if row == ROWS => bytes(Bytes(top)),
            Some((None, ..)) | None => String::new(),
        };
        let mut line = Line::of(Tone::Quiet, format!("{label:>LABEL$} "));
        for usage in &peaks {
            let filled = usage.is_some_and(|usage| row_of(usage) >= row);
            line = match (filled, mark) {
                (true, _) => line.and(Tone::Plain, "█"),
                (false, Some((_, symbol, tone, _))) => line.and(*tone, symbol.to_string()),
                (false, None) => line.and(Tone::Plain, " "),
            };
        }
        lines.push(line);
    }
    if !history.kills.is_empty() {
        lines.push(Line::of(Tone::Critical, format!("{:>LABEL$} {}", "kills", kills(history, cells))));
    }
    let span = duration(Duration::from_secs(history.series.span_seconds()));
    let legend: Vec<String> = marks
        .iter()
        .filter(|(amount, ..)| amount.is_some())
        .map(|(_, symbol, _, words)| format!("{symbol} {words}"))
        .collect();
    let words = format!("{:>LABEL$} {span} of {}: █ used; {}", "", history.name, legend.join("; "));
    lines.push(Line::of(Tone::Quiet, words));
    lines
}

/// The peak of each column; nothing where nothing was sampled.
fn columns(history: &WorkloadHistory, cells: usize) -> Vec<Option<u64>> {
    let mut peaks: Vec<Option<u64>> = vec![None; cells];
    for sample in history.series.samples() {
        if let Some(held) = column(history, sample.seconds, cells).and_then(|cell| peaks.get_mut(cell)) {
            *held = Some(held.unwrap_or(0).max(sample.usage.0));
        }
    }
    peaks
}

fn column(history: &WorkloadHistory, seconds: i64, cells: usize) -> Option<usize> {
    let first = history.series.samples().first()?.seconds;
    let into = u128::from(seconds.checked_sub(first).and_then(|into| u64::try_from(into).ok())?);
    usize::try_from(into * cells as u128 / (u128::from(history.series.span_seconds()) + 1)).ok()
}

fn kills(history: &WorkloadHistory, cells: usize) -> String {
    let mut marks = vec![' '; cells];
    for kill in &history.kills {
        if let Some(mark) = column(history, kill.seconds, cells).and_then(|cell| marks.get_mut(cell)) {
            *mark = '✖';
        }
    }
    marks.into_iter().collect()
}
