//! The log: the last minutes in one-second steps, appended every few seconds as they are.

use super::chunk::{BootClock, Row, put_chunk, put_clock, read_rows, take_body, take_clock};
use super::error::HistoryError;
use super::folder::{FileName, HEADER_BYTES, check_version, header};
use super::frame::{self, Kind};
use super::segment::{BootSpan, add_span, span_of};
use crate::files;
use model::recorded::{StepLength, WorkloadName};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The log that is written.
#[derive(Debug)]
pub struct LogWriter {
    file: File,
    bytes: u64,
    first_seconds: u64,
    boot: BootClock,
}

/// A log that is read.
#[derive(Debug, Default)]
pub struct Log {
    bytes: Vec<u8>,
    spans: Vec<BootSpan>,
    parts: HashMap<WorkloadName, Vec<(BootClock, Range<usize>)>>,
    wear: frame::Wear,
}

impl LogWriter {
    /// Begins a log whose first step is at this time.
    pub fn begin(folder: &Path, name: FileName, boot: BootClock, first_seconds: u64) -> io::Result<Self> {
        let mut file = files::open_to_append(&name.path(folder))?;
        files::append(&mut file, &header())?;
        Ok(Self { file, bytes: HEADER_BYTES as u64, first_seconds, boot })
    }

    /// Appends the rows of all workloads; on disk when this returns, or nothing of them.
    pub fn append<'a>(
        &mut self,
        boot: BootClock,
        rows: impl Iterator<Item = (&'a WorkloadName, &'a [Row])>,
    ) -> io::Result<()> {
        let mut body = Vec::new();
        put_clock(boot, &mut body);
        for (workload, rows) in rows {
            put_chunk(workload, rows, StepLength::Second, &mut body);
        }
        let mut bytes = Vec::with_capacity(body.len() + frame::HEAD_BYTES);
        frame::put(Kind::Log, &body, &mut bytes);
        files::append(&mut self.file, &bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// How large it is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long it is, in seconds, at this time; `None` in another boot.
    pub fn age_seconds(&self, boot: BootClock, now_seconds: u64) -> Option<u64> {
        (boot.boot_id == self.boot.boot_id).then(|| now_seconds.saturating_sub(self.first_seconds))
    }
}

impl Log {
    /// Reads a log, and of it only one workload where one is named.
    ///
    /// # Errors
    /// When it cannot be read, or a later Highwater wrote it.
    pub fn open(folder: &Path, name: FileName, only: Option<&WorkloadName>) -> Result<Self, HistoryError> {
        let path: PathBuf = name.path(folder);
        // Unlike `files::read`, a log that was sealed and removed is an error: its steps are elsewhere now.
        let bytes = std::fs::read(&path).map_err(|source| HistoryError::failed(&path, source))?;
        check_version(&path, bytes.get(..HEADER_BYTES).unwrap_or_default())?;
        let mut log = Self::default();
        let (frames, wear) = frame::all(bytes.get(HEADER_BYTES..).unwrap_or_default());
        log.wear = wear;
        for frame in frames.into_iter().filter(|frame| frame.kind == Kind::Log) {
            log.index(frame.body, HEADER_BYTES + frame.at + frame::HEAD_BYTES, only);
        }
        log.bytes = bytes;
        Ok(log)
    }

    fn index(&mut self, body: &[u8], at: usize, only: Option<&WorkloadName>) {
        let mut rest = body;
        let Some(clock) = take_clock(&mut rest) else { return };
        let mut span: Option<BootSpan> = None;
        while let Some((name, rows)) = take_body(&mut rest) {
            // All workloads of a frame are of the same seconds, so a few tell its span.
            if (span.is_none() || only.is_none_or(|only| only.as_str() == name))
                && let Some(rows) = read_rows(rows, StepLength::Second)
                && let Some(part) = span_of(clock, &rows, StepLength::Second)
            {
                let spans = span.get_or_insert(part);
                spans.first_seconds = spans.first_seconds.min(part.first_seconds);
                spans.end_seconds = spans.end_seconds.max(part.end_seconds);
            }
            if only.is_none_or(|only| only.as_str() == name) {
                let end = at + body.len() - rest.len();
                let part = (clock, end - rows.len()..end);
                self.parts.entry(WorkloadName::new(name)).or_default().push(part);
            }
        }
        if let Some(span) = span {
            add_span(&mut self.spans, span);
        }
    }

    /// The boots in it.
    pub fn spans(&self) -> &[BootSpan] {
        &self.spans
    }

    /// What was damaged or cut off.
    pub const fn wear(&self) -> frame::Wear {
        self.wear
    }

    /// Every workload in it.
    pub fn names(&self) -> Vec<WorkloadName> {
        self.parts.keys().cloned().collect()
    }

    /// The rows of a workload, in the order in which they were written.
    pub fn rows(&self, workload: &WorkloadName) -> Vec<(BootClock, Vec<Row>)> {
        let parts = self.parts.get(workload).map(Vec::as_slice).unwrap_or_default();
        let rows = parts.iter().filter_map(|(clock, place)| {
            Some((*clock, read_rows(self.bytes.get(place.clone())?, StepLength::Second)?))
        });
        rows.collect()
    }
}
