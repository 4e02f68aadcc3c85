//! Making a segment of finer files, a few workloads at a time, so that no tick of the loop waits for it.

use super::error::HistoryError;
use super::folder::{FileKind, FileName};
use super::segment::SegmentWriter;
use super::source::{Source, gather};
use model::recorded::WorkloadName;
use std::collections::BTreeSet;
use std::path::Path;

/// A segment in the making.
#[derive(Debug)]
pub struct Rewrite {
    /// What it will be.
    pub name: FileName,
    sources: Vec<Source>,
    workloads: std::vec::IntoIter<WorkloadName>,
    at_once: usize,
    writer: SegmentWriter,
}

/// How far a rewrite came.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do.
    Going(Box<Rewrite>),
    /// The segment is on disk.
    Done,
}

/// Workloads at a time, at least.
const AT_ONCE_MIN: usize = 32;

/// After so many turns it is done.
pub const TURNS: usize = 24;

impl Rewrite {
    /// Begins a segment of these files, oldest first.
    pub fn begin(folder: &Path, name: FileName, from: &[FileName]) -> Result<Self, HistoryError> {
        let mut sources = Vec::with_capacity(from.len());
        for file in from {
            sources.push(Source::open(folder, *file, None)?);
        }
        let mut workloads = BTreeSet::new();
        for source in &mut sources {
            workloads.extend(source.names()?);
        }
        let path = name.path(folder);
        let writer =
            SegmentWriter::begin(folder, name).map_err(|source| HistoryError::failed(&path, source))?;
        let at_once = (workloads.len() / TURNS).max(AT_ONCE_MIN);
        let workloads = workloads.into_iter().collect::<Vec<WorkloadName>>().into_iter();
        Ok(Self { name, sources, workloads, at_once, writer })
    }

    /// Writes the next workloads, or finishes.
    pub fn go_on(mut self, folder: &Path) -> Result<Progress, HistoryError> {
        let path = self.name.path(folder);
        for _ in 0..self.at_once {
            let Some(workload) = self.workloads.next() else {
                let written = self.writer.finish();
                written.map_err(|source| HistoryError::failed(&path, source))?;
                return Ok(Progress::Done);
            };
            if let Err(error) = self.write(&workload, &path) {
                self.writer.abandon();
                return Err(error);
            }
        }
        Ok(Progress::Going(Box::new(self)))
    }

    fn write(&mut self, workload: &WorkloadName, path: &Path) -> Result<(), HistoryError> {
        for (clock, rows) in
            gather(&mut self.sources.iter_mut().collect::<Vec<_>>(), workload, self.name.length)?
        {
            let added = self.writer.add(clock, workload, &rows);
            added.map_err(|source| HistoryError::failed(path, source))?;
        }
        Ok(())
    }

    /// The name of a segment that holds files up to this one.
    pub const fn name(length: model::recorded::StepLength, number: u64, through: u64) -> FileName {
        FileName { length, number, kind: FileKind::Segment { through } }
    }
}
