//! What moved in a cgroup between two reads of its `memory.stat`.

use kernel::pressure::Pressure;
use model::cgroup::Cgroup;
use model::rates::{Rates, per_second};
use model::reading::Reading;
use std::time::Duration;

/// The counters of one moment, kept to be subtracted from the next.
#[derive(Clone, Debug)]
pub struct Counters {
    at: Duration,
    usage: Option<u64>,
    swap_in: Option<u64>,
    swap_out: Option<u64>,
    refault_anon: Option<u64>,
    refault_file: Option<u64>,
    major_faults: Option<u64>,
    stalled_some: Option<Duration>,
    stalled_full: Option<Duration>,
}

impl Counters {
    /// The counters of a cgroup as just read.
    #[must_use]
    pub fn of(cgroup: &Cgroup, at: Duration) -> Self {
        let total = |key: &str| cgroup.stat_total(key).get();
        let refault_anon = total("workingset_refault_anon");
        // Before 5.9 the kernel counted refaults of files alone, under one name.
        let refault_file = total("workingset_refault_file").or_else(|| total("workingset_refault"));
        let pressure = cgroup.pressure.value();
        Self {
            at,
            usage: cgroup.memory.usage.get().map(|usage| usage.0),
            swap_in: total("pswpin"),
            swap_out: total("pswpout"),
            refault_anon,
            refault_file,
            major_faults: total("pgmajfault"),
            stalled_some: pressure.map(|pressure| pressure.some.total),
            stalled_full: pressure.and_then(|Pressure { full, .. }| full.as_ref().map(|full| full.total)),
        }
    }

    /// What moved from `before` to this moment.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn since(&self, before: &Self, page_bytes: f64) -> Rates {
        let seconds = self.at.saturating_sub(before.at).as_secs_f64();
        let counter = |before: Option<u64>, after: Option<u64>| {
            Reading::from(before.zip(after).and_then(|(before, after)| per_second(before, after, seconds)))
        };
        let stalled = |before: Option<Duration>, after: Option<Duration>| {
            let stalled = before.zip(after).and_then(|(before, after)| after.checked_sub(before));
            Reading::from(
                stalled.filter(|_| seconds > 0.0).map(|stalled| (stalled.as_secs_f64() / seconds).min(1.0)),
            )
        };
        let grown = before.usage.zip(self.usage).filter(|_| seconds > 0.0);
        Rates {
            seconds,
            usage: grown.map(|(before, after)| (after as f64 - before as f64) / seconds).into(),
            swap_in: counter(before.swap_in, self.swap_in).map(|pages| pages * page_bytes),
            swap_out: counter(before.swap_out, self.swap_out).map(|pages| pages * page_bytes),
            refault_anon: counter(before.refault_anon, self.refault_anon),
            refault_file: counter(before.refault_file, self.refault_file),
            major_faults: counter(before.major_faults, self.major_faults),
            stalled_some: stalled(before.stalled_some, self.stalled_some),
            stalled_full: stalled(before.stalled_full, self.stalled_full),
        }
    }
}

impl Counters {
    /// The same counters at another moment: nothing moved between the two.
    pub const fn move_to(&mut self, at: Duration) {
        self.at = at;
    }
}
