//! A line on the terminal while work takes long.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Before this nobody wonders.
const PATIENCE: Duration = Duration::from_millis(500);
const REFRESH: Duration = Duration::from_millis(100);

/// Counts what is done, and tells where standard error is a terminal.
pub struct Progress {
    total: usize,
    words: &'static str,
    done: AtomicUsize,
    shown: std::sync::Mutex<Option<Instant>>,
    start: Instant,
    is_wanted: bool,
}

impl Progress {
    /// Of so many; the words tell of what and what is done with them.
    #[must_use]
    pub fn new(total: usize, words: &'static str, is_wanted: bool) -> Self {
        let is_wanted = is_wanted && total > 1 && io::stderr().is_terminal();
        Self { total, words, done: AtomicUsize::new(0), shown: None.into(), start: Instant::now(), is_wanted }
    }

    /// One more is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.is_wanted || self.start.elapsed() < PATIENCE {
            return;
        }
        // Somebody else is telling.
        let Ok(mut shown) = self.shown.try_lock() else { return };
        if shown.is_none_or(|last| last.elapsed() >= REFRESH) {
            *shown = Some(Instant::now());
            tell(&format!("\r{done} of {} {}", self.total, self.words));
        }
    }

    /// Takes the line away.
    pub fn end(&self) {
        if self.shown.lock().is_ok_and(|shown| shown.is_some()) {
            tell("\r\u{1b}[K");
        }
    }
}

/// Words on standard error as they are.
pub fn tell(words: &str) {
    // Progress that cannot be shown is no failure.
    let _ = anstream::stderr().write_all(words.as_bytes());
}
