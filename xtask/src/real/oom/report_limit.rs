//! A clock for the kernel's rate limit of OOM reports.

use super::stage::kills_of_machine;
use std::time::{Duration, Instant};

/// The kernel prints ten whole reports in five seconds (`oom_rs` in mm/oom_kill.c), of the others only the last line.
const REPORTS_MAX: u64 = 4;
const REPORTS_TIME: Duration = Duration::from_millis(5_500);

/// The window of time in which kills are counted.
pub struct ReportLimit {
    began: Instant,
    kills_then: u64,
}

impl ReportLimit {
    /// What was killed before counts as if it had been now.
    pub fn new() -> Self {
        Self { began: Instant::now(), kills_then: 0 }
    }

    /// Waits until the kernel prints whole reports again: its window of time begins somewhere in two of ours.
    pub fn wait(&mut self) -> anyhow::Result<()> {
        if kills_of_machine()?.saturating_sub(self.kills_then) >= REPORTS_MAX {
            std::thread::sleep(REPORTS_TIME.saturating_sub(self.began.elapsed()));
        }
        if self.began.elapsed() >= REPORTS_TIME {
            *self = Self { began: Instant::now(), kills_then: kills_of_machine()? };
        }
        Ok(())
    }
}
