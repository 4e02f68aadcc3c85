//! Which counters of kills moved between two snapshots.

use super::Happening;
use model::cgroup::CgroupId;
use model::incident::observed::{CgroupRef, CounterChange, KillCounters, KillTotal};
use model::reading::Reading;
use model::snapshot::Snapshot;
use std::collections::HashMap;
use std::time::Duration;

/// The counters as they were at the last look.
#[derive(Default)]
pub struct KnownCounters {
    /// The time since boot of the last look; `None` before the first.
    at: Option<Duration>,
    looks: u64,
    /// With the number of the last look that saw the cgroup.
    cgroups: HashMap<CgroupId, (KillCounters, u64)>,
    host: Option<(Duration, u64)>,
}

impl KnownCounters {
    /// What moved since the snapshot before, which was all read by `read_by` (time since boot): reading takes its time, and a
    /// kill in between may be in the counters already. The first snapshot tells nothing: its kills are old.
    pub fn changes(&mut self, snapshot: &Snapshot, read_by: Duration) -> Vec<Happening> {
        let now = snapshot.uptime;
        let mut happenings = Vec::new();
        self.looks += 1;
        for cgroup in &snapshot.cgroups {
            let after = KillCounters::of(cgroup);
            // A cgroup that is new was made with counters of zero.
            let known = self.cgroups.entry(cgroup.id).or_insert_with(|| (zero(&after), 0));
            if let Some(from) = self.at
                && has_risen(&known.0, &after)
            {
                let cgroup = CgroupRef { path: cgroup.path.clone(), id: cgroup.id };
                let (before, after) = (known.0.clone(), after.clone());
                let change = CounterChange { cgroup, from, to: read_by.max(now), before, after };
                happenings.push(Happening::CountersMoved(change));
            }
            *known = (after, self.looks);
        }
        if self.cgroups.len() > snapshot.cgroups.len() {
            self.cgroups.retain(|_, (_, look)| *look == self.looks);
        }
        self.at = Some(now);
        happenings.extend(self.host_change(snapshot));
        happenings
    }

    fn host_change(&mut self, snapshot: &Snapshot) -> Option<Happening> {
        let kills = snapshot.host.vmstat.value()?.get("oom_kill")?;
        let before = self.host.replace((snapshot.uptime, kills));
        let (from, rose) = before.and_then(|(at, before)| Some((at, kills.checked_sub(before)?)))?;
        (rose > 0).then_some(Happening::HostKills(KillTotal { from, to: snapshot.uptime, rose }))
    }
}

fn counters(counters: &KillCounters) -> [&Reading<u64>; 4] {
    [&counters.own_kills, &counters.kills, &counters.group_kills, &counters.own_limit_hits]
}

/// A counter that could not be read does not count as risen; when it is readable again the difference shows.
fn has_risen(before: &KillCounters, after: &KillCounters) -> bool {
    let pairs = counters(before).into_iter().zip(counters(after));
    pairs.into_iter().any(|(before, after)| before.get() < after.get() && before.get().is_some())
}

fn zero(like: &KillCounters) -> KillCounters {
    let zeroed = |reading: &Reading<u64>| reading.clone().map(|_| 0);
    KillCounters {
        own_kills: zeroed(&like.own_kills),
        kills: zeroed(&like.kills),
        group_kills: zeroed(&like.group_kills),
        own_limit_hits: zeroed(&like.own_limit_hits),
    }
}
