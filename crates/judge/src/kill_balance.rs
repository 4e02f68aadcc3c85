//! Whether the kills that were told are all that the kernel counted since somebody began to watch.
//!
//! `/proc/vmstat`'s `oom_kill` counts every victim, and the first of a whole group twice (`__oom_kill_process`, mm/oom_kill.c).

use model::incident::observed::KillTotal;
use model::incident::{Incident, IncidentId};
use model::reading::Reading;
use std::collections::BTreeMap;
use std::time::Duration;

/// Stories of kills are told by then: counters and log wait for each other half a minute at most.
const SETTLED: Duration = Duration::from_secs(60);

/// The log's clock and that of the counters are apart by less.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// More incidents than this are only counted.
const INCIDENTS_MAX: usize = 4_096;

/// What was counted, and what was told.
#[derive(Clone, Debug, Default)]
pub struct KillBalance {
    begun: Duration,
    counted: u64,
    rose_at: Option<Duration>,
    told: BTreeMap<IncidentId, u64>,
    told_before: u64,
    settled: u64,
}

impl KillBalance {
    /// From this time since boot on.
    #[must_use]
    pub fn begun(at: Duration) -> Self {
        Self { begun: at, ..Self::default() }
    }

    /// The kernel's count rose.
    pub fn count(&mut self, total: KillTotal) {
        self.counted = self.counted.saturating_add(total.rose);
        self.rose_at = Some(total.to);
    }

    /// An incident was told, or has grown. One from before counts nothing.
    pub fn tell(&mut self, incident: &Incident) {
        let is_ours = incident.when.since_boot.get().is_none_or(|at| at + CLOCKS_APART >= self.begun);
        if !is_ours {
            return;
        }
        let kills = incident.kills.saturating_add(u64::from(incident.group.is_some()));
        let told = self.told.entry(incident.id.clone()).or_default();
        *told = kills.max(*told);
        while self.told.len() > INCIDENTS_MAX {
            let Some((_, kills)) = self.told.pop_first() else { return };
            self.told_before = self.told_before.saturating_add(kills);
        }
    }

    /// How many kills nothing explains. While kills go on the count stays as it was: their stories are still coming.
    pub fn unexplained(&mut self, now: Duration) -> Reading<u64> {
        if self.rose_at.is_some_and(|rose_at| rose_at + SETTLED <= now) {
            let told = self.told.values().fold(self.told_before, |sum, kills| sum.saturating_add(*kills));
            // More than was missing before is news; a story that came late takes nothing back.
            self.settled = self.settled.max(self.counted.saturating_sub(told));
            self.rose_at = None;
        }
        Reading::Value(self.settled)
    }
}

#[cfg(test)]
mod tests {
    use super::KillBalance;
    use model::incident::observed::KillTotal;
    use model::reading::Reading;
    use std::time::Duration;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn kills_without_a_story_are_told_when_no_story_can_come_any_more() {
        let mut balance = KillBalance::begun(seconds(100));
        let rose = |at, rose| KillTotal { from: seconds(at - 1), to: seconds(at), rose };
        balance.count(rose(200, 3));
        assert_eq!(balance.unexplained(seconds(259)), Reading::Value(0));
        balance.count(rose(230, 1));
        assert_eq!(balance.unexplained(seconds(289)), Reading::Value(0));
        assert_eq!(balance.unexplained(seconds(290)), Reading::Value(4));
        assert_eq!(balance.unexplained(seconds(9_000)), Reading::Value(4));
    }
}
