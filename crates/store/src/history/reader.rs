//! Reading a history, also while another process writes it.

use super::chunk::Row;
use super::error::HistoryError;
use super::folder::{FileName, Listing};
use super::source::{Source, gather};
use super::timeline::Timeline;
use model::recorded::{RecordedSeries, RecordedStep, StepLength, TimeSpan, WorkloadName};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A writer that seals a log while it is read removes it; then all is looked up again.
const TRIES: usize = 5;

/// A history that is read.
#[derive(Clone, Debug)]
pub struct HistoryReader {
    folder: PathBuf,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled<T> {
    /// It.
    pub found: T,
    /// Parts of files that are not what was written, as far as they were met.
    pub damaged: u64,
}

/// How much a history holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first step's beginning and the last one's end.
    pub span: Option<TimeSpan>,
    /// All files together.
    pub bytes: u64,
}

impl HistoryReader {
    /// A folder. One that is not there is empty.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Every workload of which something is kept, by name.
    ///
    /// # Errors
    /// When a file cannot be read, or a later Highwater wrote it.
    pub fn workloads(&self) -> Result<Recalled<Vec<WorkloadName>>, HistoryError> {
        self.with_sources(StepLength::Minute, None, |sources| {
            let mut names = BTreeSet::new();
            for source in sources {
                names.extend(source.names()?);
            }
            Ok(names.into_iter().collect())
        })
    }

    /// From when to when something is kept, and how much.
    ///
    /// # Errors
    /// As [`HistoryReader::workloads`].
    pub fn extent(&self) -> Result<Extent, HistoryError> {
        let listing = Listing::read(&self.folder)?;
        let files = listing.files.iter().filter_map(|file| std::fs::metadata(file.path(&self.folder)).ok());
        let bytes = files.map(|file| file.len()).sum();
        let recalled = self.with_sources(StepLength::Minute, None, |sources| Ok(span(sources)))?;
        Ok(Extent { span: recalled.found, bytes })
    }

    /// The steps of one workload that begin within a time. Steps that are not yet made of finer ones are made here.
    ///
    /// # Errors
    /// As [`HistoryReader::workloads`].
    pub fn read(
        &self,
        workload: &WorkloadName,
        within: TimeSpan,
        length: StepLength,
    ) -> Result<Recalled<RecordedSeries>, HistoryError> {
        self.with_sources(length, Some(workload), |sources| {
            let timeline = timeline(sources);
            series(&mut overlapping(sources, &timeline, within), &timeline, workload, within, length)
        })
    }

    /// The steps of all workloads that begin within a time; those that have none are left out.
    ///
    /// # Errors
    /// As [`HistoryReader::workloads`].
    pub fn read_all(
        &self,
        within: TimeSpan,
        length: StepLength,
    ) -> Result<Recalled<Vec<RecordedSeries>>, HistoryError> {
        self.with_sources(length, None, |sources| {
            let timeline = timeline(sources);
            let mut names = BTreeSet::new();
            for source in sources.iter_mut() {
                names.extend(source.names()?);
            }
            let mut all = Vec::with_capacity(names.len());
            let mut sources = overlapping(sources, &timeline, within);
            for name in names {
                all.push(series(&mut sources, &timeline, &name, within, length)?);
            }
            all.retain(|series| !series.steps.is_empty());
            Ok(all)
        })
    }

    fn with_sources<T>(
        &self,
        length: StepLength,
        only: Option<&WorkloadName>,
        read: impl Fn(&mut [Source]) -> Result<T, HistoryError>,
    ) -> Result<Recalled<T>, HistoryError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let read = self.open(length, only).and_then(|mut sources| {
                let found = read(&mut sources)?;
                Ok(Recalled { found, damaged: sources.iter().map(Source::damaged).sum() })
            });
            match read {
                Err(error) if tries < TRIES && is_gone(&error) => {}
                other => return other,
            }
        }
    }

    fn open(&self, length: StepLength, only: Option<&WorkloadName>) -> Result<Vec<Source>, HistoryError> {
        let listing = Listing::read(&self.folder)?;
        let files = files_for(&listing, length);
        files.into_iter().map(|file| Source::open(&self.folder, file, only)).collect()
    }
}

/// The files that hold everything in steps of a length, oldest first: its own, then the finer ones that are not yet in them.
fn files_for(listing: &Listing, length: StepLength) -> Vec<FileName> {
    let own = listing.segments(length);
    let finer = StepLength::ALL.into_iter().rev().filter(|finer| *finer < length);
    own.chain(finer.flat_map(|finer| listing.pending(finer))).chain(listing.logs()).collect()
}

fn is_gone(error: &HistoryError) -> bool {
    matches!(error, HistoryError::Failed { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

fn timeline(sources: &[Source]) -> Timeline {
    Timeline::of(sources.iter().flat_map(Source::spans))
}

fn span(sources: &[Source]) -> Option<TimeSpan> {
    let timeline = timeline(sources);
    let spans = || sources.iter().flat_map(Source::spans);
    let at = |span: &super::segment::BootSpan, seconds| timeline.seconds(span.clock.boot_id, seconds);
    Some(TimeSpan {
        from_seconds: spans().filter_map(|span| at(span, span.first_seconds)).min()?,
        to_seconds: spans().filter_map(|span| at(span, span.end_seconds)).max()?,
    })
}

/// The files that hold something of a time.
fn overlapping<'a>(sources: &'a mut [Source], timeline: &Timeline, within: TimeSpan) -> Vec<&'a mut Source> {
    let reaches = |source: &Source| {
        source.spans().iter().any(|span| {
            let at = |seconds| timeline.seconds(span.clock.boot_id, seconds);
            at(span.first_seconds).is_some_and(|first| first < within.to_seconds)
                && at(span.end_seconds).is_some_and(|end| end > within.from_seconds)
        })
    };
    sources.iter_mut().filter(|source| reaches(source)).collect()
}

fn series(
    sources: &mut [&mut Source],
    timeline: &Timeline,
    workload: &WorkloadName,
    within: TimeSpan,
    length: StepLength,
) -> Result<RecordedSeries, HistoryError> {
    let mut boots = gather(sources, workload, length)?;
    boots.sort_by_key(|(clock, _)| timeline.place(clock.boot_id));
    let mut steps: Vec<RecordedStep> = Vec::with_capacity(boots.iter().map(|(_, rows)| rows.len()).sum());
    for (clock, rows) in boots {
        let Some(add) = timeline.add_seconds(clock.boot_id) else { continue };
        let placed = |row: Row| RecordedStep {
            seconds: i64::try_from(row.seconds).unwrap_or(i64::MAX).saturating_add(add),
            step: row.step,
        };
        let is_within =
            |step: &RecordedStep| (within.from_seconds..within.to_seconds).contains(&step.seconds);
        for step in rows.into_iter().map(placed).filter(is_within) {
            match steps.last_mut() {
                // The last step of a boot may reach into the first of the next.
                Some(last) if last.seconds >= step.seconds => last.step = last.step.then(step.step),
                Some(_) | None => steps.push(step),
            }
        }
    }
    Ok(RecordedSeries { workload: workload.clone(), step_length: length, steps })
}
