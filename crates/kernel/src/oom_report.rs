//! The kernel's OOM reports in any log, of any Linux since 2.6.30, as typed values.
#![doc = include_str!("oom_report/README.md")]

mod draft;
mod frame;
mod joined;
mod line;
pub mod memory_info;
mod needles;
pub mod other_killer;
pub mod printed_date;
pub mod reader;
pub mod report;
mod session;
mod summary;
pub mod task_table;
mod text;
mod wrap;

use crate::oom_report::other_killer::OtherKill;
use crate::oom_report::reader::{OomEvent, OomReader};
use crate::oom_report::report::{OomReport, Process};

/// Everything that a log tells about OOM kills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OomLog {
    /// The reports, in the order of their first lines.
    pub reports: Vec<OomReport>,
    /// Reports that the kernel's rate limit swallowed, as far as the log says.
    pub suppressed_reports: u64,
    /// Processes that the OOM reaper was done with and of which no report was seen.
    pub reaped_alone: Vec<Process>,
    /// Kills by programs that watch memory.
    pub other_kills: Vec<OtherKill>,
}

/// Reads a whole log. For a log that does not fit into memory, or that still grows, see [`OomReader`].
#[must_use]
pub fn parse_all(bytes: &[u8]) -> OomLog {
    let mut log = OomLog::default();
    let mut reader = OomReader::new();
    let mut collect = |event| match event {
        OomEvent::Report(report) => log.reports.push(*report),
        OomEvent::Suppressed(count) => log.suppressed_reports = log.suppressed_reports.saturating_add(count),
        OomEvent::Reaped(process) => log.reaped_alone.push(process),
        OomEvent::Other(kill) => log.other_kills.push(kill),
    };
    reader.push(bytes, &mut collect);
    reader.finish(&mut collect);
    log.reports.sort_by_key(|report| report.first.line);
    log
}
