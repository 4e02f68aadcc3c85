//! The minutes before a kill: from what the agent remembers, else as they were attached to the incident when it was kept.

use model::recorded::{RecordedSeries, StepLength, TimeSpan, WorkloadName};
use std::path::Path;
use store::history::error::HistoryError;
use store::history::reader::HistoryReader;

/// Steps, and how much of the time before the kill is drawn of them: the finest that are still kept.
const DRAWN: [(StepLength, i64); 3] =
    [(StepLength::Second, 600), (StepLength::TenSeconds, 900), (StepLength::Minute, 3_600)];

/// What follows the kill is drawn too: the fall.
const AFTER_SECONDS: i64 = 10;

/// A counter is looked at a little after it rose.
const KILL_SECONDS_APART: u64 = 15;

/// What is remembered below this folder of the minutes before a kill.
///
/// # Errors
/// When the history cannot be read.
pub fn remembered(
    folder: &Path,
    workload: &WorkloadName,
    killed_at: i64,
) -> Result<Option<RecordedSeries>, HistoryError> {
    let reader = HistoryReader::new(&folder.join("history"));
    let numbered = format!("{workload} #");
    let is_meant = |name: &WorkloadName| name == workload || name.as_str().starts_with(&numbered);
    let names: Vec<WorkloadName> = reader.workloads()?.found.into_iter().filter(is_meant).collect();
    for (length, back) in DRAWN {
        let within = TimeSpan {
            from_seconds: killed_at.saturating_sub(back),
            to_seconds: killed_at.saturating_add(AFTER_SECONDS.max(length.seconds().cast_signed())),
        };
        let mut all = Vec::new();
        for name in &names {
            all.push(reader.read(name, within, length)?.found);
        }
        all.retain(|series| is_drawable(series, killed_at));
        // Of several containers of one workload it is the one that was killed then.
        let killed = all.iter().position(|series| {
            series
                .kills()
                .any(|(seconds, _)| seconds.abs_diff(killed_at) <= KILL_SECONDS_APART + length.seconds())
        });
        if !all.is_empty() {
            return Ok(Some(all.swap_remove(killed.unwrap_or(0))));
        }
    }
    Ok(None)
}

/// Whether there are steps before the kill, not only what came after it.
fn is_drawable(series: &RecordedSeries, killed_at: i64) -> bool {
    let before = series.steps.iter().filter(|at| at.seconds <= killed_at && at.step.usage.is_some());
    before.count() >= 2
}
