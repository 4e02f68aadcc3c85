//! A series over time as rows of characters: memory used, its limit, swap and kills, one column for each cell of the terminal.

use crate::incident::clock;
use crate::text::{Line, Tone};
use crate::units;
use kernel::bytes::Bytes;
use model::recorded::{RecordedSeries, RecordedStep, TimeSpan};
use model::snapshot::Timestamp;
use unicode_width::UnicodeWidthStr;

/// What a terminal can draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Blocks of eighths.
    Blocks,
    /// Letters and signs alone.
    Ascii,
}

/// How large a picture is, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// All of it, the scale at its left included.
    pub width: usize,
    /// The part in which memory is drawn.
    pub height: usize,
}

/// What is drawn of the time that one column stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Column {
    usage: Option<Bytes>,
    limit: Option<Bytes>,
    swap: Option<Bytes>,
    kills: u64,
}

/// A limit that is more than this many times the peak is told, not drawn: the rest would lie flat below it.
const LIMIT_TIMES_PEAK_MAX: u64 = 4;

/// Nothing narrower is drawn.
const COLUMNS_MIN: usize = 8;

/// Draws a series within a time.
#[must_use]
pub fn graph(series: &RecordedSeries, within: TimeSpan, size: Size, glyphs: Glyphs) -> Vec<Line> {
    let top = top(series);
    let scale_width = [top, Bytes(top.0 / 2)].map(|amount| units::bytes(amount).width()).into_iter().max();
    let margin = scale_width.unwrap_or(0).max("kills".len()) + 2;
    let columns = columns(series, within, size.width.saturating_sub(margin + 1).max(COLUMNS_MIN));
    let height = size.height.max(2);
    let mut lines: Vec<Line> = (0..height)
        .map(|row| {
            let label = match row {
                0 => units::bytes(top),
                row if row == height / 2 => units::bytes(Bytes(part(top, height - row, height))),
                _ => String::new(),
            };
            memory_row(&columns, top, height - 1 - row, height, glyphs)
                .into_iter()
                .fold(scale(&label, margin, glyphs), |line, (tone, text)| line.and(tone, text))
        })
        .collect();
    lines.push(floor(columns.len(), margin, glyphs));
    lines.push(times(within, margin, columns.len()));
    lines.extend(swap_row(&columns, margin, glyphs));
    lines.extend(kill_row(&columns, margin, glyphs));
    lines
}

/// The time in as many columns, with the largest of what is in each.
fn columns(series: &RecordedSeries, within: TimeSpan, count: usize) -> Vec<Column> {
    let mut columns = vec![Column::default(); count];
    let length = series.step_length.seconds();
    for RecordedStep { seconds, step } in &series.steps {
        let drawn = Column {
            usage: step.usage.map(|usage| usage.peak),
            limit: step.memory_limit.and_then(kernel::limit::Limit::bytes),
            swap: step.swap.map(|swap| swap.peak),
            kills: step.oom_kills.unwrap_or(0),
        };
        let at = |seconds: i64| column_of(within, seconds, count);
        let first = at(*seconds);
        // A step that is longer than a column fills all that it covers; its kills are told once.
        let last = at(seconds.saturating_add(length.cast_signed()) - 1).max(first);
        for (index, column) in columns.iter_mut().enumerate().take(last + 1).skip(first) {
            column.usage = column.usage.max(drawn.usage);
            column.limit = drawn.limit.or(column.limit);
            column.swap = column.swap.max(drawn.swap);
            column.kills += if index == first { drawn.kills } else { 0 };
        }
    }
    columns
}

fn column_of(within: TimeSpan, seconds: i64, count: usize) -> usize {
    let into = u128::try_from(seconds.saturating_sub(within.from_seconds)).unwrap_or(0);
    let span = u128::from(within.seconds().max(1));
    usize::try_from(into * count as u128 / span).unwrap_or(usize::MAX).min(count.saturating_sub(1))
}

/// The amount at the upper edge: the peak or the limit, unless that is out of all proportion.
fn top(series: &RecordedSeries) -> Bytes {
    let peak = series.peak().map_or(Bytes::ZERO, |(_, peak)| peak);
    let limits =
        series.steps.iter().filter_map(|at| at.step.memory_limit.and_then(kernel::limit::Limit::bytes));
    let drawn = limits.filter(|limit| limit.0 / LIMIT_TIMES_PEAK_MAX <= peak.0);
    drawn.max().map_or(peak, |limit| limit.max(peak)).max(Bytes(1))
}

/// A part of an amount, rounded down.
fn part(amount: Bytes, times: usize, of: usize) -> u64 {
    let part = u128::from(amount.0) * times as u128 / (of as u128).max(1);
    u64::try_from(part).unwrap_or(u64::MAX)
}

fn scale(label: &str, margin: usize, glyphs: Glyphs) -> Line {
    let edge = match (glyphs, label.is_empty()) {
        (Glyphs::Blocks, true) => "│",
        (Glyphs::Blocks, false) => "┤",
        (Glyphs::Ascii, _) => "|",
    };
    let padding = " ".repeat(margin.saturating_sub(label.width() + 2));
    Line::of(Tone::Quiet, format!("{padding}{label} {edge}"))
}

/// One row of cells, equal neighbours of one tone together.
fn memory_row(
    columns: &[Column],
    top: Bytes,
    row: usize,
    height: usize,
    glyphs: Glyphs,
) -> Vec<(Tone, String)> {
    let mut spans: Vec<(Tone, String)> = Vec::new();
    for column in columns {
        let (tone, cell) = memory_cell(*column, top, row, height, glyphs);
        match spans.last_mut() {
            Some((last, text)) if *last == tone => text.push(cell),
            Some(_) | None => spans.push((tone, cell.to_string())),
        }
    }
    spans
}

fn memory_cell(column: Column, top: Bytes, row: usize, height: usize, glyphs: Glyphs) -> (Tone, char) {
    let eighths = |amount: Bytes| (u128::from(amount.0) * height as u128 * 8).div_ceil(u128::from(top.0));
    let below = row as u128 * 8;
    let filled = column.usage.map_or(0, eighths).saturating_sub(below).min(8);
    // The limit is a line through the cell in which it lies.
    let is_limit = column.limit.is_some_and(|limit| {
        let at = eighths(limit).max(1) - 1;
        (below..below + 8).contains(&at) && limit <= top
    });
    let is_at_limit =
        column.usage.zip(column.limit).is_some_and(|(usage, limit)| usage.0 >= part(limit, 95, 100));
    let tone = match (filled, is_at_limit || column.kills > 0) {
        (0, _) => Tone::Quiet,
        (_, true) => Tone::Critical,
        (_, false) => Tone::Good,
    };
    let cell = match (glyphs, filled, is_limit) {
        (Glyphs::Blocks, 0, true) => '─',
        (Glyphs::Ascii, 0, true) => '-',
        (Glyphs::Blocks, filled, _) => block(filled),
        (Glyphs::Ascii, 0, false) => ' ',
        (Glyphs::Ascii, 1..=4, _) => '.',
        (Glyphs::Ascii, 5.., _) => '#',
    };
    (tone, cell)
}

fn block(eighths: u128) -> char {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    usize::try_from(eighths).ok().and_then(|eighths| BLOCKS.get(eighths).copied()).unwrap_or('█')
}

fn floor(columns: usize, margin: usize, glyphs: Glyphs) -> Line {
    let (corner, line) = match glyphs {
        Glyphs::Blocks => ("└", "─"),
        Glyphs::Ascii => ("+", "-"),
    };
    let padding = " ".repeat(margin.saturating_sub("0 B".len() + 2));
    Line::of(Tone::Quiet, format!("{padding}0 B {corner}{}", line.repeat(columns)))
}

/// The dates of the two edges, and of the middle where there is room.
fn times(within: TimeSpan, margin: usize, columns: usize) -> Line {
    let is_short = within.seconds() <= 86_400;
    let date = |seconds: i64| {
        let millis = u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
        let date = clock::date(Timestamp(millis));
        // The hour is enough for a day; for more, the day and the hour.
        let words = if is_short { date.get(11..) } else { date.get(5..16) };
        words.unwrap_or_default().to_owned()
    };
    let middle = within.from_seconds.midpoint(within.to_seconds);
    let [first, middle, last] = [within.from_seconds, middle, within.to_seconds].map(date);
    let last = format!("{last} UTC");
    let room = columns.saturating_sub(first.width() + last.width());
    let text = if room > middle.width() + 4 {
        let left = (columns / 2).saturating_sub(first.width() + middle.width() / 2);
        let right = room.saturating_sub(left + middle.width());
        format!("{first}{}{middle}{}{last}", " ".repeat(left), " ".repeat(right))
    } else if room > 1 {
        format!("{first}{}{last}", " ".repeat(room))
    } else {
        last
    };
    Line::of(Tone::Quiet, format!("{}{text}", " ".repeat(margin)))
}

/// One row of swap, against its own peak; none where no swap was used.
fn swap_row(columns: &[Column], margin: usize, glyphs: Glyphs) -> Option<Line> {
    let peak = columns.iter().filter_map(|column| column.swap).max().filter(|peak| peak.0 > 0)?;
    let cells: String = columns
        .iter()
        .map(|column| {
            let eighths = column.swap.map_or(0, |swap| (u128::from(swap.0) * 8).div_ceil(u128::from(peak.0)));
            match (glyphs, eighths) {
                (Glyphs::Blocks, eighths) => block(eighths),
                (Glyphs::Ascii, 0) => ' ',
                (Glyphs::Ascii, 1..=4) => '.',
                (Glyphs::Ascii, 5..) => '#',
            }
        })
        .collect();
    Some(named_row("swap", margin, glyphs, Tone::Warning, &cells))
}

/// One row with a mark at each column in which processes were killed; none where none was.
fn kill_row(columns: &[Column], margin: usize, glyphs: Glyphs) -> Option<Line> {
    let mark = match glyphs {
        Glyphs::Blocks => '✗',
        Glyphs::Ascii => 'x',
    };
    let cells: String = columns.iter().map(|column| if column.kills > 0 { mark } else { ' ' }).collect();
    cells.contains(mark).then(|| named_row("kills", margin, glyphs, Tone::Critical, &cells))
}

fn named_row(name: &str, margin: usize, glyphs: Glyphs, tone: Tone, cells: &str) -> Line {
    scale(name, margin, glyphs).and(tone, cells.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Glyphs, RecordedSeries, RecordedStep, Size, TimeSpan, graph};
    use kernel::limit::Limit;
    use model::recorded::{Peaked, Step, StepLength, WorkloadName};

    fn series(steps: impl Iterator<Item = (i64, Step)>) -> RecordedSeries {
        RecordedSeries {
            workload: WorkloadName::new("web"),
            step_length: StepLength::Minute,
            steps: steps.map(|(seconds, step)| RecordedStep { seconds, step }).collect(),
        }
    }

    fn step(mib: u64, limit_mib: u64) -> Step {
        let memory_limit = Some(Limit::At(Bytes::from_mib(limit_mib)));
        Step { usage: Some(Peaked::at(Bytes::from_mib(mib))), memory_limit, ..Step::default() }
    }

    fn drawn(series: &RecordedSeries, minutes: i64, size: Size, glyphs: Glyphs) -> Vec<String> {
        let within = TimeSpan { from_seconds: 0, to_seconds: minutes * 60 };
        graph(series, within, size, glyphs).iter().map(super::Line::to_plain).collect()
    }

    #[test]
    fn a_peak_of_one_step_is_seen_in_a_day_and_a_gap_is_empty() {
        let day = (0..1_440).filter(|minute| !(700..900).contains(minute));
        let steps = day.map(|minute| (minute * 60, step(if minute == 300 { 90 } else { 10 }, 100)));
        let lines = drawn(&series(steps), 1_440, Size { width: 51, height: 4 }, Glyphs::Blocks);
        assert_eq!(
            lines,
            [
                "100 MiB ┤────────▅───────────     ────────────────",
                "        │        █",
                " 50 MiB ┤        █",
                "        │▄▄▄▄▄▄▄▄█▄▄▄▄▄▄▄▄▄▄▄     ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄",
                "    0 B └─────────────────────────────────────────",
                "         00:00:00        12:00:00     00:00:00 UTC",
            ]
        );
    }

    #[test]
    fn kills_and_swap_have_rows_of_their_own_and_a_far_limit_is_not_drawn() {
        let swap = Some(Peaked { last: Bytes::ZERO, peak: Bytes::from_mib(3) });
        let steps = (0..20).map(|minute| {
            let kills = if minute == 10 { 2 } else { 0 };
            (
                minute * 60,
                Step { swap: swap.filter(|_| minute > 10), oom_kills: Some(kills), ..step(8, 1_000) },
            )
        });
        let lines = drawn(&series(steps), 20, Size { width: 28, height: 2 }, Glyphs::Ascii);
        assert_eq!(lines[0], "8 MiB |####################");
        assert_eq!(lines[4..], [" swap |           #########", "kills |          x"]);
    }

    #[test]
    fn no_size_and_no_series_panics() {
        let empty = series(std::iter::empty());
        for (width, height) in [(0, 0), (1, 1), (8, 2), (300, 50)] {
            for minutes in [-5, 0, 1, 20_160] {
                for glyphs in [Glyphs::Ascii, Glyphs::Blocks] {
                    assert!(drawn(&empty, minutes, Size { width, height }, glyphs).len() >= 4);
                    let one = series(std::iter::once((i64::MAX, step(u64::MAX, u64::MAX))));
                    assert!(drawn(&one, minutes, Size { width, height }, glyphs).len() >= 4);
                }
            }
        }
    }
}
