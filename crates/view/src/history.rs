//! What was remembered of workloads in words: the list, one as a picture, one as a table, and both as comma-separated values.

use crate::graph::{self, Glyphs, Size};
use crate::incident::clock;
use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::units;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use model::recorded::{RecordedSeries, RecordedStep, StepLength, TimeSpan};
use model::snapshot::Timestamp;
use std::time::Duration;

const LIST: [Heading; 7] = [
    Heading { title: "NAME", align: Align::Left },
    Heading { title: "LAST", align: Align::Right },
    Heading { title: "PEAK", align: Align::Right },
    Heading { title: "LIMIT", align: Align::Right },
    Heading { title: "SWAP PEAK", align: Align::Right },
    Heading { title: "KILLS", align: Align::Right },
    Heading { title: "RECORDED", align: Align::Right },
];

const STEPS: [Heading; 7] = [
    Heading { title: "UTC", align: Align::Left },
    Heading { title: "USED", align: Align::Right },
    Heading { title: "PEAK", align: Align::Right },
    Heading { title: "WORKING SET", align: Align::Right },
    Heading { title: "SWAP", align: Align::Right },
    Heading { title: "LIMIT", align: Align::Right },
    Heading { title: "KILLS", align: Align::Right },
];

/// Every workload, one line each.
#[must_use]
pub fn list(all: &[RecordedSeries], within: TimeSpan, width: usize) -> Vec<Line> {
    let rows: Vec<Vec<Cell>> = all.iter().map(list_row).collect();
    let mut lines = lay_out(&LIST, &rows, width);
    lines.push(Line::empty());
    lines.push(Line::of(Tone::Quiet, recorded_until(within)));
    lines
}

fn list_row(series: &RecordedSeries) -> Vec<Cell> {
    let last = series.steps.last();
    let kills: u64 = series.kills().map(|(_, kills)| kills).sum();
    let recorded = Duration::from_secs(series.steps.len() as u64 * series.step_length.seconds());
    let amount = |amount: Option<Bytes>| plain(units::bytes_or_absent(&amount.into()));
    vec![
        cell(Tone::Strong, series.workload.to_string()),
        amount(last.and_then(|at| at.step.usage).map(|usage| usage.last)),
        amount(series.peak().map(|(_, peak)| peak)),
        plain(limit(last.and_then(|at| at.step.memory_limit))),
        amount(swap_peak(series)),
        cell(if kills > 0 { Tone::Critical } else { Tone::Plain }, kills.to_string()),
        plain(units::duration(recorded)),
    ]
}

/// One workload as a picture and in a few sentences.
#[must_use]
pub fn picture(series: &RecordedSeries, within: TimeSpan, size: Size, glyphs: Glyphs) -> Vec<Line> {
    let span = units::duration(Duration::from_secs(within.seconds()));
    let title = Line::of(Tone::Strong, series.workload.as_str())
        .and(Tone::Quiet, format!("  memory over {span}, in steps of {}", step_words(series.step_length)));
    let mut lines = vec![title];
    lines.extend(graph::graph(series, within, size, glyphs));
    lines.push(Line::empty());
    let sentences = sentences(series).join(" ");
    lines.extend(wrapped(&sentences, size.width.max(20)).into_iter().map(Line::plain));
    lines.push(Line::of(Tone::Quiet, recorded_until(within)));
    lines
}

/// What the picture shows, for those who do not see it.
#[must_use]
pub fn sentences(series: &RecordedSeries) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some((at, peak)) = series.peak() {
        sentences.push(format!("Most memory: {} at {}.", units::bytes(peak), date(at)));
    }
    if let Some(last) = series.steps.iter().rev().find_map(|at| at.step.usage) {
        sentences.push(format!("Last: {}.", units::bytes(last.last)));
    }
    match series.steps.iter().rev().find_map(|at| at.step.memory_limit) {
        Some(Limit::At(limit)) => sentences.push(format!("Limit: {}.", units::bytes(limit))),
        Some(Limit::Unlimited) => sentences.push("Limit: none.".to_owned()),
        None => sentences.push("Its limit was not read.".to_owned()),
    }
    if let Some(swap) = swap_peak(series).filter(|swap| swap.0 > 0) {
        sentences.push(format!("Most swap: {}.", units::bytes(swap)));
    }
    let kills: u64 = series.kills().map(|(_, kills)| kills).sum();
    if let Some((last, _)) = series.kills().last() {
        let count = units::count(kills, "process");
        let count = if kills == 1 { count } else { format!("{kills} processes") };
        sentences.push(format!("{count} killed for memory, last at {}.", date(last)));
    }
    let gaps = gap_seconds(series);
    if gaps > 0 {
        let gaps = units::duration(Duration::from_secs(gaps));
        sentences.push(format!("Nothing was recorded for {gaps} in between."));
    }
    sentences
}

/// One workload, a line for each step.
#[must_use]
pub fn table(series: &RecordedSeries, width: usize) -> Vec<Line> {
    let rows: Vec<Vec<Cell>> = series.steps.iter().map(step_row).collect();
    lay_out(&STEPS, &rows, width)
}

fn step_row(at: &RecordedStep) -> Vec<Cell> {
    let step = &at.step;
    let amount = |amount: Option<Bytes>| plain(units::bytes_or_absent(&amount.into()));
    let kills = step.oom_kills.unwrap_or(0);
    vec![
        cell(Tone::Quiet, date(at.seconds).trim_end_matches(" UTC").to_owned()),
        amount(step.usage.map(|usage| usage.last)),
        amount(step.usage.map(|usage| usage.peak)),
        amount(step.working_set.map(|set| set.peak)),
        amount(step.swap.map(|swap| swap.peak)),
        plain(limit(step.memory_limit)),
        cell(
            if kills > 0 { Tone::Critical } else { Tone::Plain },
            step.oom_kills.map_or_else(|| units::ABSENT.to_owned(), |kills| kills.to_string()),
        ),
    ]
}

/// One workload as comma-separated values: seconds, then a column for each figure; an absent one is an empty field.
#[must_use]
pub fn csv(series: &RecordedSeries) -> String {
    let mut text = "t_s,usage_bytes,usage_peak_bytes,working_set_bytes,working_set_peak_bytes,swap_bytes,swap_peak_bytes,\
                    memory_limit_bytes,swap_limit_bytes,pressure_some_ratio,pressure_full_ratio,oom_kills_count,refaults_count\n"
        .to_owned();
    for at in &series.steps {
        let step = &at.step;
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let ceiling = |limit: Option<Limit>| match limit {
            Some(Limit::At(bytes)) => bytes.0.to_string(),
            Some(Limit::Unlimited) => "unlimited".to_owned(),
            None => String::new(),
        };
        let ratio = |percent: Option<kernel::pressure::Percent>| {
            percent.map(|percent| percent.ratio().to_string()).unwrap_or_default()
        };
        let fields = [
            at.seconds.to_string(),
            number(step.usage.map(|usage| usage.last.0)),
            number(step.usage.map(|usage| usage.peak.0)),
            number(step.working_set.map(|set| set.last.0)),
            number(step.working_set.map(|set| set.peak.0)),
            number(step.swap.map(|swap| swap.last.0)),
            number(step.swap.map(|swap| swap.peak.0)),
            ceiling(step.memory_limit),
            ceiling(step.swap_limit.map(|limit| limit.0)),
            ratio(step.pressure_some),
            ratio(step.pressure_full),
            number(step.oom_kills),
            number(step.refaults),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// The memory use of every workload: seconds, then a column for each, as `highwater replay --csv` reads it. A step's peak counts.
#[must_use]
pub fn csv_of_all(all: &[RecordedSeries]) -> String {
    let names = all.iter().map(|series| crate::csv::field(series.workload.as_str()));
    let mut text = std::iter::once("t_s".to_owned()).chain(names).collect::<Vec<_>>().join(",");
    text.push('\n');
    let mut left: Vec<std::iter::Peekable<std::slice::Iter<'_, RecordedStep>>> =
        all.iter().map(|series| series.steps.iter().peekable()).collect();
    while let Some(seconds) = left.iter_mut().filter_map(|steps| steps.peek().map(|at| at.seconds)).min() {
        text.push_str(&seconds.to_string());
        for steps in &mut left {
            let usage = steps.next_if(|at| at.seconds == seconds).and_then(|at| at.step.usage);
            text.push(',');
            text.push_str(&usage.map(|usage| usage.peak.0.to_string()).unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

fn swap_peak(series: &RecordedSeries) -> Option<Bytes> {
    series.steps.iter().filter_map(|at| at.step.swap).map(|swap| swap.peak).max()
}

/// How long nothing was recorded between the first step and the last.
fn gap_seconds(series: &RecordedSeries) -> u64 {
    let length = series.step_length.seconds();
    let pairs = series.steps.iter().zip(series.steps.iter().skip(1));
    pairs.map(|(one, next)| next.seconds.abs_diff(one.seconds).saturating_sub(length)).sum()
}

fn recorded_until(within: TimeSpan) -> String {
    format!("Recorded until {}.", date(within.to_seconds))
}

fn date(seconds: i64) -> String {
    let millis = u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
    format!("{} UTC", clock::date(Timestamp(millis)))
}

/// A step's length in words.
#[must_use]
pub const fn step_words(length: StepLength) -> &'static str {
    match length {
        StepLength::Second => "one second",
        StepLength::TenSeconds => "ten seconds",
        StepLength::Minute => "one minute",
    }
}

fn limit(limit: Option<Limit>) -> String {
    units::limit(&Reading::from(limit))
}

fn plain(text: String) -> Cell {
    cell(Tone::Plain, text)
}

const fn cell(tone: Tone, text: String) -> Cell {
    Cell { text, tone }
}
