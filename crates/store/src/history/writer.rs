//! The one writer of a history: steps go to memory, every ten seconds to the log, and from there to segments, piece by piece.

use super::error::HistoryError;
use super::folder::{self, FileKind, FileName, Listing};
use super::log::LogWriter;
use super::pending::Pending;
use super::prune;
use super::rewrite::{Progress, Rewrite, TURNS};
use model::recorded::{Moment, Step, StepLength, WorkloadName};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A log is sealed when it covers this.
const LOG_SECONDS: u64 = 300;

/// Or when it is as large: it is read whole when it is sealed.
const LOG_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// But not before so many moments: the log before is sealed in turns that come with them, and logs must not come faster than
/// they go.
const LOG_MOMENTS_MIN: usize = 2 * TURNS;

/// Finer segments become a coarser one when they cover this, or are so many.
const COVERED_SECONDS: [(StepLength, u64); 2] =
    [(StepLength::Second, 3_600), (StepLength::TenSeconds, 43_200)];
const SEGMENTS_AT_ONCE: usize = 24;

/// After a failure to make a segment, so long nothing is tried.
const REST_SECONDS: u64 = 60;

/// How much is kept, and how soon it is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// All files together take at most this; the oldest segment goes first.
    pub bytes_max: u64,
    /// More workloads at a time are not remembered.
    pub workloads_max: usize,
    /// What is older than this is on disk.
    pub flush: Duration,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { bytes_max: 512 * 1024 * 1024, workloads_max: 20_000, flush: Duration::from_secs(10) }
    }
}

/// What a writer has to say: each is said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryNews {
    /// All is well, or was told.
    None,
    /// From now on nothing is kept.
    Stopped {
        /// Why: the disk is full, for example.
        why: String,
    },
    /// There is room again.
    Resumed {
        /// So much was not kept.
        lost_seconds: u64,
    },
}

/// The one process that writes a history.
#[derive(Debug)]
pub struct HistoryWriter {
    folder: PathBuf,
    settings: HistorySettings,
    /// Held as long as the history is open.
    _lock: File,
    pending: Pending,
    log: Option<(FileName, LogWriter)>,
    moments_in_log: usize,
    rewrite: Option<Box<Rewrite>>,
    facts: prune::FactsOfFiles,
    /// No more tries before these, in seconds since boot.
    append_again_at: u64,
    rewrite_again_at: u64,
    stopped: Stopped,
    left_out: usize,
    /// A file was written since it was looked whether there is a segment to make.
    look_for_work: bool,
}

/// What does not work just now.
#[derive(Debug, Default)]
struct Stopped {
    append: bool,
    rewrite: bool,
    lost_seconds: u64,
}

impl HistoryWriter {
    /// Opens a folder to write, and makes it where it is not.
    ///
    /// # Errors
    /// When another process has it open to write, a later Highwater wrote it, or it cannot be written.
    pub fn open(folder: &Path, settings: HistorySettings) -> Result<Self, HistoryError> {
        // Before anything is touched.
        folder::check_versions(folder, &Listing::read(folder)?)?;
        let lock = folder::lock(folder)?;
        let listing = Listing::read(folder)?;
        folder::check_versions(folder, &listing)?;
        for path in &listing.leftovers {
            fs::remove_file(path).map_err(|source| HistoryError::failed(path, source))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            settings,
            _lock: lock,
            pending: Pending::default(),
            log: None,
            moments_in_log: 0,
            rewrite: None,
            facts: prune::FactsOfFiles::default(),
            append_again_at: 0,
            rewrite_again_at: 0,
            stopped: Stopped::default(),
            left_out: 0,
            look_for_work: true,
        })
    }

    /// Remembers what workloads had at a moment. Never fails: what cannot be kept is told.
    pub fn append<'a>(
        &mut self,
        moment: Moment,
        steps: impl IntoIterator<Item = (&'a WorkloadName, Step)>,
    ) -> HistoryNews {
        self.follow_boot(moment);
        self.moments_in_log += 1;
        self.left_out = self.pending.add(moment, steps, self.settings.workloads_max);
        let now = moment.since_boot.as_secs();
        let mut failure = None;
        if self.pending.is_due(moment.since_boot, self.settings.flush) && now >= self.append_again_at {
            failure = self
                .write_pending()
                .map(|why| (why, &mut self.append_again_at, self.settings.flush.as_secs()));
            self.stopped.append = failure.is_some();
        }
        if failure.is_none() && now >= self.rewrite_again_at {
            let rewritten = self.rewrite();
            self.stopped.rewrite = rewritten.is_err();
            let why = rewritten.err().map(|error| words(&error));
            failure = why.map(|why| (why, &mut self.rewrite_again_at, REST_SECONDS));
        }
        let why = failure.map(|(why, again_at, rest)| {
            *again_at = now + rest;
            why
        });
        self.news(why)
    }

    /// Remembers what workloads had a few seconds before a moment, before what others had at it: their names came late. Each one's
    /// steps come in the order of time, and none that is already remembered is later.
    pub fn append_late(
        &mut self,
        moment: Moment,
        steps: impl IntoIterator<Item = (WorkloadName, Duration, Step)>,
    ) {
        self.follow_boot(moment);
        self.pending.add_late(moment, steps, self.settings.workloads_max);
    }

    /// How many workloads of the last moment found no room.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Writes what is in memory, as at the end of the process.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(mut self) -> Result<(), String> {
        self.write_pending().map_or(Ok(()), Err)
    }

    /// Ends the boot before, where a moment is of another one.
    fn follow_boot(&mut self, moment: Moment) {
        if self.pending.is_of_another_boot(moment) {
            self.write_pending();
            self.pending.reset();
            (self.log, self.append_again_at, self.rewrite_again_at) = (None, 0, 0);
        }
    }

    fn news(&mut self, why: Option<String>) -> HistoryNews {
        let was_told = self.stopped.lost_seconds > 0;
        match (why, was_told) {
            (Some(why), false) => {
                // What is pending may yet be kept; what is lost is counted from now.
                self.stopped.lost_seconds = 1;
                HistoryNews::Stopped { why }
            }
            (None, true) if !self.stopped.append && !self.stopped.rewrite => {
                let lost_seconds = std::mem::take(&mut self.stopped.lost_seconds) - 1;
                HistoryNews::Resumed { lost_seconds }
            }
            (Some(_), true) | (None, _) => HistoryNews::None,
        }
    }

    /// Writes what is pending to the log; why it could not, when it could not.
    fn write_pending(&mut self) -> Option<String> {
        let (clock, since) = (self.pending.clock()?, self.pending.since_seconds()?);
        match self.append_to_log(clock, since) {
            Ok(()) => {
                self.look_for_work = true;
                self.pending.clear();
                None
            }
            Err(error) => {
                self.stopped.lost_seconds += self.pending.bound();
                Some(words(&error))
            }
        }
    }

    fn append_to_log(&mut self, clock: super::chunk::BootClock, since: u64) -> Result<(), HistoryError> {
        let has_lived = self.moments_in_log >= LOG_MOMENTS_MIN;
        let bytes_max = self.settings.bytes_max / 4;
        let is_full = |log: &LogWriter| {
            log.age_seconds(clock, since).is_none_or(|age| age >= LOG_SECONDS)
                || (log.bytes() >= LOG_BYTES_MAX && has_lived)
                || log.bytes() >= bytes_max
        };
        if self.log.as_ref().is_some_and(|(_, log)| is_full(log)) {
            self.log = None;
        }
        if self.log.is_none() {
            let listing = Listing::read(&self.folder)?;
            let logs = listing.logs().map(|file| file.number).max();
            let number = logs.max(listing.last_number(StepLength::Second)).map_or(1, |last| last + 1);
            let name = FileName { length: StepLength::Second, number, kind: FileKind::Log };
            let begun = LogWriter::begin(&self.folder, name, clock, since);
            let log = begun.map_err(|source| HistoryError::failed(&name.path(&self.folder), source))?;
            self.log = Some((name, log));
            self.moments_in_log = 0;
        }
        let Some((name, log)) = &mut self.log else { return Ok(()) };
        let appended = log.append(clock, self.pending.rows());
        appended.map_err(|source| HistoryError::failed(&name.path(&self.folder), source))
    }

    /// Goes on with the segment in the making, or begins one.
    fn rewrite(&mut self) -> Result<(), HistoryError> {
        if let Some(rewrite) = self.rewrite.take() {
            match rewrite.go_on(&self.folder)? {
                Progress::Going(rewrite) => self.rewrite = Some(rewrite),
                Progress::Done => {
                    self.look_for_work = true;
                    let listing = Listing::read(&self.folder)?;
                    remove(&listing.leftovers)?;
                    prune::old(&self.folder, &mut self.facts)?;
                    prune::beyond(&self.folder, &mut self.facts, self.settings.bytes_max)?;
                }
            }
            return Ok(());
        }
        if !std::mem::take(&mut self.look_for_work) {
            return Ok(());
        }
        let listing = Listing::read(&self.folder)?;
        remove(&listing.leftovers)?;
        if let Some((name, from)) = self.next_rewrite(&listing)? {
            let sizes = from.iter().filter_map(|file| fs::metadata(file.path(&self.folder)).ok());
            let room: u64 = sizes.map(|file| file.len()).sum();
            prune::beyond_but(
                &self.folder,
                &mut self.facts,
                self.settings.bytes_max.saturating_sub(room),
                &from,
            )?;
            self.rewrite = Some(Box::new(Rewrite::begin(&self.folder, name, &from)?));
        }
        Ok(())
    }

    /// As many logs as may be in memory at once, and one at least: a process that was killed often leaves many.
    fn first_of<'a>(&self, logs: &'a [FileName]) -> &'a [FileName] {
        let mut bytes = 0;
        let fits = |log: &&FileName| {
            bytes += fs::metadata(log.path(&self.folder)).map_or(0, |log| log.len());
            bytes <= LOG_BYTES_MAX
        };
        let count = logs.iter().take(SEGMENTS_AT_ONCE).take_while(fits).count().max(1);
        logs.get(..count).unwrap_or(logs)
    }

    fn next_rewrite(&mut self, listing: &Listing) -> Result<Option<(FileName, Vec<FileName>)>, HistoryError> {
        let current = self.log.as_ref().map(|(name, _)| name.number);
        let logs: Vec<FileName> = listing.logs().filter(|log| Some(log.number) != current).collect();
        let logs = self.first_of(&logs);
        if let Some(last) = logs.last() {
            return Ok(Some((Rewrite::name(StepLength::Second, last.number, last.number), logs.to_vec())));
        }
        for (length, covered_seconds) in COVERED_SECONDS {
            let pending = listing.pending(length);
            let mut seconds = 0;
            let mut count = 0;
            for file in &pending {
                if seconds >= covered_seconds || count >= SEGMENTS_AT_ONCE {
                    break;
                }
                seconds += self.facts.of(&self.folder, *file)?.seconds;
                count += 1;
            }
            let is_enough = seconds >= covered_seconds || count >= SEGMENTS_AT_ONCE;
            let from = pending.get(..count).unwrap_or_default();
            if let (true, Some(last), Some(longer)) = (is_enough, from.last(), folder::longer(length)) {
                let number = listing.last_number(longer).map_or(1, |last| last + 1);
                return Ok(Some((Rewrite::name(longer, number, last.number), from.to_vec())));
            }
        }
        Ok(None)
    }
}

fn remove(paths: &[PathBuf]) -> Result<(), HistoryError> {
    paths
        .iter()
        .try_for_each(|path| fs::remove_file(path).map_err(|source| HistoryError::failed(path, source)))
}

fn words(error: &HistoryError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
