//! The same name in several files made one history.

use model::history::{Histories, HistoryRemark, RemarkEffect, Sample, Series, WorkloadHistory};
use std::collections::HashMap;

/// Seconds below this count from a file's own start: thirty years after 1970 nobody measured containers.
const CALENDAR_SECONDS_MIN: i64 = 946_684_800;

/// Joins histories of one name, in the order of the files.
pub fn by_name(histories: &mut Histories, interval_seconds: u64) {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut joined: Vec<WorkloadHistory> = Vec::new();
    let mut shifted = 0_u64;
    for workload in std::mem::take(&mut histories.workloads) {
        match places.get(&workload.name).and_then(|place| joined.get_mut(*place)) {
            Some(held) => {
                shifted += u64::from(append(held, &workload, interval_seconds));
            }
            None => {
                places.insert(workload.name.clone(), joined.len());
                joined.push(workload);
            }
        }
    }
    histories.workloads = joined;
    if shifted > 0 {
        let words = format!(
            "{shifted} joined series overlap and count from their file's own start: the later file was put behind the earlier"
        );
        let origin = "--join".to_owned();
        histories.remarks.push(HistoryRemark {
            origin,
            line: None,
            column: None,
            words,
            effect: RemarkEffect::Kept,
        });
    }
}

/// Puts a history behind or into another; tells whether its clock had to be moved.
fn append(held: &mut WorkloadHistory, more: &WorkloadHistory, interval_seconds: u64) -> bool {
    let mut samples = held.series.samples().to_vec();
    let added = more.series.samples();
    let ends = (samples.first(), samples.last(), added.first(), added.last());
    let shift = match ends {
        (Some(first), Some(last), Some(added_first), Some(added_last))
            if added_first.seconds <= last.seconds
                && first.seconds <= added_last.seconds
                && last.seconds.max(added_last.seconds) < CALENDAR_SECONDS_MIN =>
        {
            last.seconds + i64::try_from(interval_seconds).unwrap_or(i64::MAX) - added_first.seconds
        }
        (_, _, _, _) => 0,
    };
    let moved = added.iter().map(|sample| Sample { seconds: sample.seconds + shift, ..*sample });
    samples.extend(moved);
    held.series = Series::new(samples);
    shift != 0
}
