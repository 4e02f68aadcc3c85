//! What is to be told and has not arrived: kept before it is sent, and until every receiver has it.
//!
//! One file below the store's folder, a line a record: a notice with whom it is for, or that some receiver is done with it. A line
//! is a checksum and versioned JSON; a damaged line loses itself. A lost `done` is told again with the same key, a notice is not
//! lost while the file is there. When most of the file is done it is written anew beside its name and renamed.

use crate::files;
use crate::record::checked;
use model::finding::Severity;
use model::notice::{Notice, NoticeKind};
use model::snapshot::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// The version of the lines that are written here.
const VERSION: u32 = 1;

/// The file.
const NAME: &str = "outbox";

/// The file is written anew when it is larger than this and most of it is done.
const REWRITE_BYTES_MIN: u64 = 256 * 1024;

/// So many keys of what was delivered are remembered.
const KEYS_MAX: usize = 50_000;

/// What waits takes at most this; then what tells of states goes, the oldest first: it is told again while the state lasts.
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A notice that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The message.
    pub notice: Notice,
    /// Receivers that do not have it yet.
    pub receivers: BTreeSet<String>,
    /// Receivers that will not have it, with their reason.
    pub refused: BTreeMap<String, String>,
}

/// What a receiver did with a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It has it, or is not told such.
    Delivered,
    /// It will not have it.
    Refused(String),
}

/// What waits to be delivered.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    waiting: BTreeMap<u64, Waiting>,
    /// Keys of what was delivered lately: the same notice is not kept twice.
    known: BTreeSet<String>,
    next: u64,
    bytes: u64,
    /// Up to the last newline, when it was opened.
    whole_bytes: u64,
    /// Whether something waits here that the disk did not take.
    is_behind: bool,
    /// Lines that were not what was written.
    damaged_lines: u64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    version: u32,
    sequence: u64,
    #[serde(flatten)]
    record: Record,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Put { notice: StoredNotice, receivers: BTreeSet<String> },
    Done { receiver: String, refused: Option<String> },
}

#[derive(Serialize, Deserialize)]
struct StoredNotice {
    key: String,
    topic: String,
    kind: StoredKind,
    severity: StoredSeverity,
    rule: String,
    title: String,
    text: String,
    labels: BTreeMap<String, String>,
    begins_millis: u64,
    ends_millis: Option<u64>,
    document: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    StateBegins,
    StateEnds,
    Happened,
    HappenedEnds,
    Test,
}

/// How bad something is, as files of the store say it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredSeverity {
    Notice,
    Warning,
    Critical,
}

impl Outbox {
    /// Reads what waits below a store's folder, which is this process's alone; nothing where there is nothing. What a crash cut off
    /// at the end is cut away.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or a later Highwater wrote it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let outbox = Self::open_to_read(folder)?;
        if outbox.whole_bytes < outbox.bytes {
            files::cut(&outbox.path, outbox.whole_bytes)?;
        }
        Ok(Self { bytes: outbox.whole_bytes, ..outbox })
    }

    /// The same, to look at while another process writes.
    ///
    /// # Errors
    /// As [`Outbox::open`].
    pub fn open_to_read(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        let bytes = files::read(&path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let mut outbox = Self {
            path,
            waiting: BTreeMap::new(),
            known: BTreeSet::new(),
            next: 1,
            bytes: bytes.len() as u64,
            whole_bytes: whole as u64,
            is_behind: false,
            damaged_lines: 0,
        };
        let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            let Some(json) = checked(line) else {
                outbox.damaged_lines += 1;
                continue;
            };
            if serde_json::from_slice::<Version>(json).is_ok_and(|version| version.version > VERSION) {
                let words = format!("{}: written by a later Highwater", outbox.path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, words));
            }
            match serde_json::from_slice::<Line>(json) {
                Ok(line) => outbox.take(line),
                Err(_) => outbox.damaged_lines += 1,
            }
        }
        Ok(outbox)
    }

    /// Lines that were not what was written when it was opened.
    #[must_use]
    pub const fn damaged_lines(&self) -> u64 {
        self.damaged_lines
    }

    /// What waits, by its number, oldest first.
    #[must_use]
    pub const fn waiting(&self) -> &BTreeMap<u64, Waiting> {
        &self.waiting
    }

    /// Keeps notices for these receivers, and returns their numbers; one that is kept or was delivered is left out. They are on
    /// disk when this returns. When the disk takes nothing they wait in memory all the same, and it is told.
    pub fn put(&mut self, notices: &[(Notice, BTreeSet<String>)]) -> (Vec<u64>, io::Result<()>) {
        let mut lines = Vec::new();
        let mut numbers = Vec::new();
        for (notice, receivers) in notices {
            if receivers.is_empty() || self.known.contains(&notice.key) {
                continue;
            }
            let record = Record::Put { notice: StoredNotice::of(notice), receivers: receivers.clone() };
            let line = Line { version: VERSION, sequence: self.next, record };
            lines.extend(written(&line));
            numbers.push(self.next);
            self.take(line);
        }
        if lines.is_empty() {
            return (numbers, Ok(()));
        }
        self.shrink();
        (numbers, self.append(&lines))
    }

    /// Notes what receivers did with notices.
    ///
    /// # Errors
    /// When the file cannot be written: what is noted only here is told again after a restart.
    pub fn done(&mut self, done: &[(u64, String, Done)]) -> io::Result<()> {
        let mut lines = Vec::new();
        for (sequence, receiver, done) in done {
            let refused = match done {
                Done::Delivered => None,
                Done::Refused(why) => Some(why.clone()),
            };
            let record = Record::Done { receiver: receiver.clone(), refused };
            let line = Line { version: VERSION, sequence: *sequence, record };
            lines.extend(written(&line));
            self.take(line);
        }
        if lines.is_empty() { Ok(()) } else { self.append(&lines) }
    }

    /// Receivers that are no more: nothing waits for them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_receivers(&mut self, receivers: &BTreeSet<String>) -> io::Result<()> {
        let gone: Vec<(u64, String, Done)> = self
            .waiting
            .iter()
            .flat_map(|(sequence, waiting)| {
                let gone = waiting.receivers.difference(receivers);
                gone.map(|receiver| (*sequence, receiver.clone(), Done::Delivered)).collect::<Vec<_>>()
            })
            .collect();
        self.done(&gone)
    }

    fn take(&mut self, line: Line) {
        self.next = self.next.max(line.sequence + 1);
        match line.record {
            Record::Put { notice, receivers } => {
                self.known.insert(notice.key.clone());
                let waiting = Waiting { notice: notice.restored(), receivers, refused: BTreeMap::new() };
                self.waiting.insert(line.sequence, waiting);
            }
            Record::Done { receiver, refused } => {
                let Some(waiting) = self.waiting.get_mut(&line.sequence) else { return };
                waiting.receivers.remove(&receiver);
                waiting.refused.extend(refused.map(|why| (receiver, why)));
                if waiting.receivers.is_empty() {
                    self.waiting.remove(&line.sequence);
                }
            }
        }
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let appended = self.try_append(lines);
        self.is_behind = appended.is_err();
        appended
    }

    fn try_append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.is_behind || self.bytes > REWRITE_BYTES_MIN {
            let waiting = self.lines();
            if self.is_behind || (waiting.len() as u64) < self.bytes / 2 {
                // What was to be appended is among what waits, or done.
                files::replace(&self.path, &waiting)?;
                self.bytes = waiting.len() as u64;
                if self.known.len() > KEYS_MAX {
                    self.known = self.waiting.values().map(|waiting| waiting.notice.key.clone()).collect();
                }
                return Ok(());
            }
        }
        let mut file = files::open_to_append(&self.path)?;
        files::append(&mut file, lines)?;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    /// Everything that waits, as lines.
    fn lines(&self) -> Vec<u8> {
        let line = |(sequence, waiting): (&u64, &Waiting)| {
            let receivers = waiting.receivers.clone();
            let record = Record::Put { notice: StoredNotice::of(&waiting.notice), receivers };
            written(&Line { version: VERSION, sequence: *sequence, record })
        };
        self.waiting.iter().flat_map(line).collect()
    }

    /// When too much waits, states go, and then the oldest.
    fn shrink(&mut self) {
        let size = |waiting: &Waiting| waiting.notice.document.len() + waiting.notice.text.len() + 1_000;
        let mut excess = self.waiting.values().map(size).sum::<usize>().saturating_sub(WAITING_BYTES_MAX);
        for is_state_wanted in [true, false] {
            let is_it = |kind| is_state(kind) == is_state_wanted;
            let candidates: Vec<u64> = self
                .waiting
                .iter()
                .filter(|(_, one)| is_it(one.notice.kind))
                .map(|(number, _)| *number)
                .collect();
            for number in candidates {
                if excess == 0 {
                    return;
                }
                let gone = self.waiting.remove(&number).map_or(0, |waiting| size(&waiting));
                excess = excess.saturating_sub(gone);
            }
        }
    }
}

const fn is_state(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::StateBegins | NoticeKind::StateEnds | NoticeKind::HappenedEnds | NoticeKind::Test => true,
        NoticeKind::Happened => false,
    }
}

fn written(line: &Line) -> Vec<u8> {
    // These are strings and numbers: there is nothing that JSON does not have.
    let json = serde_json::to_string(line).unwrap_or_default();
    format!("{:08x} {json}\n", crate::checksum::crc32(json.as_bytes())).into_bytes()
}

impl StoredNotice {
    fn of(notice: &Notice) -> Self {
        let kind = match notice.kind {
            NoticeKind::StateBegins => StoredKind::StateBegins,
            NoticeKind::StateEnds => StoredKind::StateEnds,
            NoticeKind::Happened => StoredKind::Happened,
            NoticeKind::HappenedEnds => StoredKind::HappenedEnds,
            NoticeKind::Test => StoredKind::Test,
        };
        Self {
            key: notice.key.clone(),
            topic: notice.topic.clone(),
            kind,
            severity: StoredSeverity::of(notice.severity),
            rule: notice.rule.clone(),
            title: notice.title.clone(),
            text: notice.text.clone(),
            labels: notice.labels.clone(),
            begins_millis: notice.begins.0,
            ends_millis: notice.ends.map(|ends| ends.0),
            document: notice.document.clone(),
        }
    }

    fn restored(self) -> Notice {
        let kind = match self.kind {
            StoredKind::StateBegins => NoticeKind::StateBegins,
            StoredKind::StateEnds => NoticeKind::StateEnds,
            StoredKind::Happened => NoticeKind::Happened,
            StoredKind::HappenedEnds => NoticeKind::HappenedEnds,
            StoredKind::Test => NoticeKind::Test,
        };
        Notice {
            key: self.key,
            topic: self.topic,
            kind,
            severity: self.severity.restored(),
            rule: self.rule,
            title: self.title,
            text: self.text,
            labels: self.labels,
            begins: Timestamp(self.begins_millis),
            ends: self.ends_millis.map(Timestamp),
            document: self.document,
        }
    }
}

impl StoredSeverity {
    /// As it is written.
    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Notice => Self::Notice,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }

    /// As it is meant.
    pub(crate) const fn restored(self) -> Severity {
        match self {
            Self::Notice => Severity::Notice,
            Self::Warning => Severity::Warning,
            Self::Critical => Severity::Critical,
        }
    }
}

#[cfg(test)]
mod tests;
