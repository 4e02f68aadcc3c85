//! What is not yet on disk: a few seconds of every workload, bounded in workloads and in seconds.

use super::chunk::{BootClock, Row, push};
use model::recorded::{Moment, Step, WorkloadName};
use std::collections::HashMap;
use std::time::Duration;

/// As many seconds are kept for a disk that is full; more would be memory without end.
const SECONDS_MAX: usize = 60;

/// As many there are of a workload when they are written every ten seconds.
const ROWS_USUAL: usize = 11;

/// Steps in memory.
#[derive(Debug, Default)]
pub struct Pending {
    rows: HashMap<WorkloadName, Vec<Row>>,
    clock: Option<BootClock>,
    since_seconds: Option<u64>,
    latest_seconds: u64,
}

/// What a moment's clocks say.
pub fn clock_of(moment: Moment) -> BootClock {
    let millis = |millis: u128| i64::try_from(millis).unwrap_or(i64::MAX);
    let offset_millis =
        millis(u128::from(moment.wall.0)).saturating_sub(millis(moment.since_boot.as_millis()));
    BootClock { boot_id: moment.boot_id, offset_millis }
}

impl Pending {
    /// Adds what all workloads had at a moment. Gives how many workloads found no room.
    pub fn add<'a>(
        &mut self,
        moment: Moment,
        steps: impl IntoIterator<Item = (&'a WorkloadName, Step)>,
        workloads_max: usize,
    ) -> usize {
        let seconds = self.reach(moment);
        let mut left_out = 0;
        for (workload, step) in steps {
            let row = Row { seconds, step };
            if let Some(rows) = self.rows.get_mut(workload) {
                push(rows, row);
            } else if self.rows.len() < workloads_max {
                let mut rows = Vec::with_capacity(ROWS_USUAL);
                rows.push(row);
                self.rows.insert(workload.clone(), rows);
            } else {
                left_out += 1;
            }
        }
        left_out
    }

    /// Adds what workloads had a few seconds before a moment. Where there is no room for one, its last step tells it.
    pub fn add_late(
        &mut self,
        moment: Moment,
        steps: impl IntoIterator<Item = (WorkloadName, Duration, Step)>,
        workloads_max: usize,
    ) {
        let latest = self.reach(moment);
        for (workload, since_boot, step) in steps {
            let has_room = self.rows.len() < workloads_max || self.rows.contains_key(&workload);
            if has_room {
                push(
                    self.rows.entry(workload).or_default(),
                    Row { seconds: since_boot.as_secs().min(latest), step },
                );
            }
        }
    }

    /// Goes on to a moment. Within a boot time does not go back; if a caller's does, it stands still here.
    fn reach(&mut self, moment: Moment) -> u64 {
        let seconds = moment.since_boot.as_secs().max(self.latest_seconds);
        self.latest_seconds = seconds;
        self.since_seconds.get_or_insert(seconds);
        self.clock = Some(clock_of(moment));
        seconds
    }

    /// The clock of what is pending.
    pub const fn clock(&self) -> Option<BootClock> {
        self.clock
    }

    /// The first second that is pending.
    pub const fn since_seconds(&self) -> Option<u64> {
        self.since_seconds
    }

    /// Whether a moment is of another boot than what is pending.
    pub fn is_of_another_boot(&self, moment: Moment) -> bool {
        self.clock.is_some_and(|clock| clock.boot_id != moment.boot_id)
    }

    /// Whether the oldest is at least so old.
    pub fn is_due(&self, now: Duration, age: Duration) -> bool {
        self.since_seconds.is_some_and(|since| since.saturating_add(age.as_secs()) <= now.as_secs())
    }

    /// The rows of all workloads that have any.
    pub fn rows(&self) -> impl Iterator<Item = (&WorkloadName, &[Row])> {
        let all = self.rows.iter().map(|(workload, rows)| (workload, rows.as_slice()));
        all.filter(|(_, rows)| !rows.is_empty())
    }

    /// Forgets what is on disk now. Workloads keep their room until they were silent for as long.
    pub fn clear(&mut self) {
        self.rows.retain(|_, rows| !rows.is_empty());
        self.rows.values_mut().for_each(Vec::clear);
        self.since_seconds = None;
    }

    /// Forgets the oldest of what could not be written. Gives how many seconds are lost.
    pub fn bound(&mut self) -> u64 {
        let oldest_kept = self.latest_seconds.saturating_sub(SECONDS_MAX as u64 - 1);
        let Some(since) = self.since_seconds.filter(|since| *since < oldest_kept) else { return 0 };
        self.rows.values_mut().for_each(|rows| rows.retain(|row| row.seconds >= oldest_kept));
        self.since_seconds = Some(oldest_kept);
        oldest_kept - since
    }

    /// Forgets everything, at the end of a boot.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
