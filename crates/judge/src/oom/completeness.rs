//! Whether the kills found are all that the kernel counted.

use crate::oom::Observed;
use model::incident::{Attribution, Completeness, Incident};
use model::reading::Reading;

/// Holds the kills found against the rise of `/proc/vmstat`'s `oom_kill`.
///
/// The kernel counts the first victim of a whole group twice (`__oom_kill_process` runs for it alone and again as a member,
/// mm/oom_kill.c), so every group takes one away.
#[must_use]
pub fn completeness(incidents: &[Incident], observed: &Observed<'_>) -> Completeness {
    let total = observed.kill_total.clone();
    let in_time = |incident: &&Incident| match (&total, incident.when.since_boot.get()) {
        (Reading::Value(total), Some(at)) => {
            let boots = incident.when.boot.value().zip(observed.boot.value());
            boots.is_none_or(|(theirs, ours)| theirs == ours) && total.from <= at && at <= total.to
        }
        // Only counters of this boot are told without a time.
        (Reading::Value(_), None) => incident.attribution == Attribution::CounterAlone,
        (Reading::Absent | Reading::Failed(_), _) => true,
    };
    let within: Vec<&Incident> = incidents.iter().filter(in_time).collect();
    let groups = within.iter().filter(|incident| incident.group.is_some()).count();
    let groups = u64::try_from(groups).unwrap_or(u64::MAX);
    let reports = observed.logs.iter().flat_map(|log| &log.reports);
    Completeness {
        counted: total.map(|total| total.rose.saturating_sub(groups)),
        found: within.iter().map(|incident| incident.kills).fold(0, u64::saturating_add),
        suppressed_reports: reports.map(|report| report.suppressed_before).fold(0, u64::saturating_add),
        records_lost: observed.logs.iter().map(|log| log.records_lost).fold(0, u64::saturating_add),
    }
}
