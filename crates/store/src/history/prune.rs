//! Removing what is old, and the oldest when there is too much.
//!
//! Age is the time that newer segments cover, not the time of day: a clock that was set a year forth removes nothing.

use super::error::HistoryError;
use super::folder::{FileName, Listing, longer};
use super::segment::{BootSpan, Segment};
use super::timeline::Timeline;
use model::recorded::StepLength;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::Path;

/// What must be known of a segment to remove it at the right time.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How much time it covers.
    pub seconds: u64,
    spans: Vec<BootSpan>,
    bytes: u64,
}

/// The facts of segments, read once: a segment is never changed.
#[derive(Debug, Default)]
pub struct FactsOfFiles(HashMap<FileName, Facts>);

impl FactsOfFiles {
    /// The facts of a segment.
    pub fn of(&mut self, folder: &Path, file: FileName) -> Result<&Facts, HistoryError> {
        match self.0.entry(file) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let segment = Segment::open(folder, file)?;
                let seconds = segment.spans().iter().map(BootSpan::seconds).sum();
                let spans = segment.spans().to_vec();
                Ok(unknown.insert(Facts { seconds, spans, bytes: segment.bytes() }))
            }
        }
    }

    fn remove(&mut self, folder: &Path, file: FileName) -> Result<(), HistoryError> {
        let path = file.path(folder);
        fs::remove_file(&path).map_err(|source| HistoryError::failed(&path, source))?;
        self.0.remove(&file);
        Ok(())
    }
}

/// Removes segments whose time is covered by newer ones and whose steps are in longer steps already.
pub fn old(folder: &Path, facts: &mut FactsOfFiles) -> Result<(), HistoryError> {
    let listing = Listing::read(folder)?;
    for length in StepLength::ALL {
        let segments: Vec<FileName> = listing.segments(length).collect();
        let mut newer = 0;
        for file in &segments {
            newer += facts.of(folder, *file)?.seconds;
        }
        let kept = longer(length).map(|longer| listing.through(longer));
        for file in segments {
            newer -= facts.of(folder, file)?.seconds;
            let is_in_longer_steps = kept.is_none_or(|through| Some(file.number) <= through);
            if newer < length.kept_seconds() || !is_in_longer_steps {
                break;
            }
            facts.remove(folder, file)?;
        }
    }
    Ok(())
}

/// Removes the oldest segments until all files together are small enough.
pub fn beyond(folder: &Path, facts: &mut FactsOfFiles, bytes_max: u64) -> Result<(), HistoryError> {
    beyond_but(folder, facts, bytes_max, &[])
}

/// As [`beyond`], but leaves these.
pub fn beyond_but(
    folder: &Path,
    facts: &mut FactsOfFiles,
    bytes_max: u64,
    but: &[FileName],
) -> Result<(), HistoryError> {
    let listing = Listing::read(folder)?;
    let sizes = listing.logs().filter_map(|file| fs::metadata(file.path(folder)).ok());
    let mut bytes: u64 = sizes.map(|file| file.len()).sum();
    let mut segments: Vec<(FileName, Facts)> = Vec::new();
    // Longer steps first: they begin earlier, so boots come in their order.
    for length in StepLength::ALL.into_iter().rev() {
        for file in listing.segments(length) {
            let facts = facts.of(folder, file)?.clone();
            bytes += facts.bytes;
            segments.push((file, facts));
        }
    }
    if bytes <= bytes_max {
        return Ok(());
    }
    let timeline = Timeline::of(segments.iter().flat_map(|(_, facts)| &facts.spans));
    let end = |facts: &Facts| {
        let ends =
            facts.spans.iter().filter_map(|span| timeline.seconds(span.clock.boot_id, span.end_seconds));
        ends.max()
    };
    segments.sort_by_key(|(_, facts)| end(facts));
    for (file, of_file) in segments.into_iter().filter(|(file, _)| !but.contains(file)) {
        if bytes <= bytes_max {
            break;
        }
        bytes = bytes.saturating_sub(of_file.bytes);
        facts.remove(folder, file)?;
    }
    Ok(())
}
