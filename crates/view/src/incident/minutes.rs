//! The minutes before a kill as a picture: memory, its limit, swap and the kill.

use crate::graph::{self, Glyphs, Size};
use crate::text::{Line, Tone};
use crate::units;
use kernel::limit::Limit;
use model::recorded::{RecordedSeries, RecordedStep, Step, TimeSpan};
use std::time::Duration;

/// As high as the picture is.
const ROWS: usize = 8;

/// Looks that are further apart than this leave a hole.
const LOOKS_APART_MAX: i64 = 10;

/// What the scale at the left takes at most.
const SCALE: usize = 9;

/// The picture below its heading; nothing where nobody watched.
#[must_use]
pub fn minutes(series: Option<&RecordedSeries>, width: usize, glyphs: Glyphs) -> Vec<Line> {
    let Some((series, within)) = series.and_then(|series| Some((series, span(series)?))) else {
        return Vec::new();
    };
    let over = units::duration(Duration::from_secs(within.seconds()));
    let mut words = format!("{over} of {}", series.workload);
    let limit = series.steps.iter().rev().find_map(|at| at.step.memory_limit);
    words.push_str(&match limit {
        Some(Limit::At(limit)) => format!(", limit {}", units::bytes(limit)),
        Some(Limit::Unlimited) => ", no limit of its own".to_owned(),
        None => String::new(),
    });
    let size = Size { width: width.min(SCALE + columns(series, within)), height: ROWS };
    let mut lines = vec![
        Line::empty(),
        Line::of(Tone::Strong, "The minutes before").and(Tone::Quiet, format!("  {words}")),
    ];
    lines.extend(graph::graph(&filled(series), within, size, glyphs));
    lines
}

fn span(series: &RecordedSeries) -> Option<TimeSpan> {
    let (first, last) = (series.steps.first()?, series.steps.last()?);
    let to_seconds = last.seconds.saturating_add(series.step_length.seconds().cast_signed());
    (first.seconds < last.seconds).then_some(TimeSpan { from_seconds: first.seconds, to_seconds })
}

/// No more columns than there are steps in that time, or the picture would have holes where nothing is missing.
fn columns(series: &RecordedSeries, within: TimeSpan) -> usize {
    usize::try_from(within.seconds() / series.step_length.seconds()).unwrap_or(usize::MAX)
}

/// What was seen at a look holds until the next one, when that comes soon: a watch may look less often than every second.
fn filled(series: &RecordedSeries) -> RecordedSeries {
    let length = series.step_length.seconds().cast_signed();
    let mut steps: Vec<RecordedStep> = Vec::with_capacity(series.steps.len());
    for at in &series.steps {
        if let Some(last) = steps.last().copied()
            && at.seconds.saturating_sub(last.seconds) <= LOOKS_APART_MAX
        {
            let held = Step { oom_kills: None, ..last.step };
            let between = (last.seconds + length..at.seconds).step_by(usize::try_from(length).unwrap_or(1));
            steps.extend(between.map(|seconds| RecordedStep { seconds, step: held }));
        }
        steps.push(*at);
    }
    RecordedSeries { workload: series.workload.clone(), step_length: series.step_length, steps }
}

#[cfg(test)]
mod tests {
    use super::{Glyphs, RecordedSeries, minutes};
    use kernel::bytes::Bytes;
    use kernel::limit::Limit;
    use model::recorded::{Peaked, RecordedStep, Step, StepLength, WorkloadName};

    fn drawn(series: &RecordedSeries, width: usize, glyphs: Glyphs) -> Vec<String> {
        minutes(Some(series), width, glyphs).iter().map(crate::text::Line::to_plain).collect()
    }

    #[test]
    fn memory_grows_to_its_limit_and_the_kill_is_marked() {
        let steps = (0..60_u64).map(|second| RecordedStep {
            seconds: 1_700_000_000 + second as i64,
            step: Step {
                usage: Some(Peaked::at(Bytes::from_mib(second + 5))),
                swap: Some(Peaked::at(Bytes::from_mib(second / 2))),
                memory_limit: Some(Limit::At(Bytes::from_mib(64))),
                oom_kills: (second == 59).then_some(1),
                ..Step::default()
            },
        });
        let series = RecordedSeries {
            workload: WorkloadName::new("shop/web"),
            step_length: StepLength::Second,
            steps: steps.collect(),
        };
        insta::assert_snapshot!(drawn(&series, 60, Glyphs::Ascii).join("\n"));
        // However wide the terminal, and also when every third second alone was seen, there is no hole between two looks.
        let third = RecordedSeries {
            steps: series.steps.iter().copied().filter(|at| at.seconds % 3 == 2).collect(),
            ..series.clone()
        };
        for series in [&series, &third] {
            for width in [30, 60, 200] {
                let lines = drawn(series, width, Glyphs::Blocks);
                let floor = lines.iter().position(|line| line.contains('└')).unwrap();
                let lowest = &lines[floor - 1];
                let cells = lowest.trim_end().split_once(['│', '┤']).unwrap().1.to_owned();
                assert!(cells.chars().count() > 17 && !cells.contains(' '), "{width}: {lines:?}");
            }
        }
        assert_eq!(minutes(None, 80, Glyphs::Ascii), []);
    }
}
