//! A file that is read, of either kind.

use super::chunk::{BootClock, Row};
use super::error::HistoryError;
use super::folder::{FileKind, FileName};
use super::log::Log;
use super::segment::{BootSpan, Segment};
use model::recorded::{StepLength, WorkloadName};
use std::path::Path;

/// A file of a history.
#[derive(Debug)]
pub enum Source {
    /// Appended to.
    Log(Log),
    /// Whole.
    Segment(Segment),
}

impl Source {
    /// Opens a file; of a log only one workload is kept where one is named.
    pub fn open(folder: &Path, name: FileName, only: Option<&WorkloadName>) -> Result<Self, HistoryError> {
        match name.kind {
            FileKind::Log => Log::open(folder, name, only).map(Self::Log),
            FileKind::Segment { .. } => Segment::open(folder, name).map(Self::Segment),
        }
    }

    /// The boots in it.
    pub fn spans(&self) -> &[BootSpan] {
        match self {
            Self::Log(log) => log.spans(),
            Self::Segment(segment) => segment.spans(),
        }
    }

    /// How many parts are not what was written, as far as it was noticed.
    pub const fn damaged(&self) -> u64 {
        match self {
            Self::Log(log) => log.wear().damaged,
            Self::Segment(segment) => segment.damaged(),
        }
    }

    /// Every workload in it.
    pub fn names(&mut self) -> Result<Vec<WorkloadName>, HistoryError> {
        match self {
            Self::Log(log) => Ok(log.names()),
            Self::Segment(segment) => segment.names(),
        }
    }

    /// The rows of a workload, boot by boot.
    pub fn rows(&mut self, workload: &WorkloadName) -> Result<Vec<(BootClock, Vec<Row>)>, HistoryError> {
        match self {
            Self::Log(log) => Ok(log.rows(workload)),
            Self::Segment(segment) => segment.rows(workload.as_str()),
        }
    }
}

/// The rows of a workload in all files, in steps of one length, boot by boot; the last clock of each boot counts.
pub fn gather(
    sources: &mut [&mut Source],
    workload: &WorkloadName,
    length: StepLength,
) -> Result<Vec<(BootClock, Vec<Row>)>, HistoryError> {
    let mut boots: Vec<(BootClock, Vec<Row>)> = Vec::new();
    for source in sources {
        for (clock, rows) in source.rows(workload)? {
            match boots.iter_mut().find(|(known, _)| known.boot_id == clock.boot_id) {
                Some((known, before)) => {
                    *known = clock;
                    join(before, &rows, length);
                }
                None => {
                    let mut joined = Vec::with_capacity(rows.len());
                    join(&mut joined, &rows, length);
                    boots.push((clock, joined));
                }
            }
        }
    }
    Ok(boots)
}

fn join(before: &mut Vec<Row>, rows: &[Row], length: StepLength) {
    for row in rows {
        super::chunk::push(before, row.in_steps_of(length));
    }
}
