//! The book of alerts and its file: written at once when something was told, else now and then.

use model::alert::book::AlertBook;
use model::alert::{Alert, AlertChange, Moment, Phase};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::alert_book::{self, Remembered};

/// What is held or silenced is for whoever lists alerts: that need not be on disk within the second.
const MOVED: Duration = Duration::from_secs(10);

/// Nothing moved: only that somebody looked.
const LOOKED: Duration = Duration::from_secs(300);

/// The book, and what of it is on disk.
pub struct SavedBook {
    /// The book.
    pub book: AlertBook,
    folder: PathBuf,
    saved_at: Option<Moment>,
    /// What stood when it was saved.
    saved: Vec<Mark>,
    is_behind: bool,
}

/// What of an alert is worth writing for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    since: Duration,
    is_firing: bool,
    is_clear: bool,
}

impl SavedBook {
    /// Reads it; and says so when it was not what was written.
    ///
    /// # Errors
    /// When the file cannot be read, or a later Highwater wrote it.
    pub fn load(folder: &Path) -> io::Result<(Self, Option<String>)> {
        let (book, words) = match alert_book::load(folder)? {
            Remembered::Book(book) => (book, None),
            Remembered::Nothing => (AlertBook::default(), None),
            Remembered::Damaged => (AlertBook::default(), Some(view::agent::book_damaged())),
        };
        let folder = folder.to_owned();
        Ok((Self { book, folder, saved_at: None, saved: Vec::new(), is_behind: false }, words))
    }

    /// Writes it where that is due, and whether it could; what could not be written is tried again.
    pub fn save(&mut self, changes: &[AlertChange], now: &Moment) -> Option<io::Result<()>> {
        let age = self.saved_at.map_or(Duration::MAX, |at| now.since(&at));
        let has_moved = || !self.book.alerts.values().map(mark).eq(self.saved.iter().copied());
        let is_due =
            !changes.is_empty() || age >= LOOKED || (age >= MOVED && (self.is_behind || has_moved()));
        is_due.then(|| self.write(now))
    }

    /// Writes it for the last time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end(mut self, now: &Moment) -> io::Result<()> {
        self.write(now)
    }

    fn write(&mut self, now: &Moment) -> io::Result<()> {
        self.saved_at = Some(*now);
        let written = alert_book::save(&self.folder, &self.book);
        self.is_behind = written.is_err();
        self.saved = self.book.alerts.values().map(mark).collect();
        written
    }
}

const fn mark(alert: &Alert) -> Mark {
    let (is_firing, is_clear) = match alert.phase {
        Phase::Held => (false, false),
        Phase::Firing { clear_since, .. } => (true, clear_since.is_some()),
    };
    Mark { since: alert.since.uptime, is_firing, is_clear }
}
