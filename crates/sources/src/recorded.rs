//! A machine that was recorded: what the agent remembered, as the snapshots it once saw. Its clock is the record's.

use kernel::bytes::Bytes;
use kernel::cgroup_path::{Container as ContainerPath, ContainerId, Identity, Runtime};
use kernel::cgroup_v2::MemoryEvents;
use kernel::hierarchy::CgroupVersion;
use kernel::memory_stat::{MemoryStat, StatLayout};
use kernel::pressure::{Percent, Pressure, PressureLine};
use model::cgroup::{Cgroup, CgroupId, CgroupIndex, Events, Memory, Swap, SwapV2};
use model::container::Container;
use model::host::Host;
use model::reading::Reading;
use model::recorded::{RecordedSeries, RecordedStep, Step, WorkloadName};
use model::snapshot::{Snapshot, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// A machine whose workloads do again what they did.
pub struct RecordedMachine {
    tracks: Vec<Track>,
    snapshot: Snapshot,
    layout: Option<Arc<StatLayout>>,
    began_seconds: i64,
}

/// One workload and how far it is.
struct Track {
    workload: WorkloadName,
    steps: std::iter::Peekable<std::vec::IntoIter<RecordedStep>>,
    length_seconds: u64,
    last_seconds: i64,
    step: Step,
    kills: u64,
    refaults: u64,
    peak: Bytes,
}

impl RecordedMachine {
    /// The machine before its first moment. Of what the machine itself had nothing is recorded.
    #[must_use]
    pub fn new(series: Vec<RecordedSeries>) -> Self {
        let first = |series: &RecordedSeries| series.steps.first().map(|at| at.seconds);
        let began_seconds = series.iter().filter_map(first).min().unwrap_or(0);
        let snapshot = Snapshot {
            taken_at: Timestamp(0),
            uptime: Duration::ZERO,
            host: Host::unknown(CgroupVersion::V2),
            cgroups: Vec::new(),
            missing: Vec::new(),
        };
        Self { tracks: series.into_iter().map(Track::new).collect(), snapshot, layout: None, began_seconds }
    }

    /// Goes on to the next moment of which something is recorded; nothing at the end.
    pub fn step(&mut self) -> Option<&Snapshot> {
        let next = self.tracks.iter_mut().filter_map(Track::next_seconds).min()?;
        self.snapshot.taken_at = Timestamp(u64::try_from(next).unwrap_or(0).saturating_mul(1_000));
        self.snapshot.uptime = Duration::from_secs(next.abs_diff(self.began_seconds));
        self.snapshot.cgroups.clear();
        self.snapshot.cgroups.push(root());
        for (number, track) in self.tracks.iter_mut().enumerate() {
            if track.is_there(next) {
                self.snapshot.cgroups.push(track.cgroup(number, &mut self.layout));
            }
        }
        Some(&self.snapshot)
    }

    /// The machine as it is in the record.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl Track {
    fn new(series: RecordedSeries) -> Self {
        Self {
            workload: series.workload,
            length_seconds: series.step_length.seconds(),
            steps: series.steps.into_iter().peekable(),
            last_seconds: i64::MIN,
            step: Step::default(),
            kills: 0,
            refaults: 0,
            peak: Bytes::ZERO,
        }
    }

    fn next_seconds(&mut self) -> Option<i64> {
        self.steps.peek().map(|at| at.seconds)
    }

    /// Goes on to a moment. A workload of which nothing is recorded then was not there, or nobody looked.
    fn is_there(&mut self, seconds: i64) -> bool {
        if let Some(at) = self.steps.next_if(|at| at.seconds <= seconds) {
            // What comes back after a while is another container, with counters of its own.
            if self.last_seconds.saturating_add_unsigned(self.length_seconds) < at.seconds {
                (self.kills, self.refaults, self.peak) = (0, 0, Bytes::ZERO);
            }
            self.last_seconds = at.seconds;
            self.step = at.step;
            self.kills += at.step.oom_kills.unwrap_or(0);
            self.refaults += at.step.refaults.unwrap_or(0);
            self.peak = self.peak.max(at.step.usage.map_or(Bytes::ZERO, |usage| usage.peak));
        }
        self.last_seconds != i64::MIN && self.last_seconds.abs_diff(seconds) < self.length_seconds
    }

    fn cgroup(&self, number: usize, layout: &mut Option<Arc<StatLayout>>) -> Cgroup {
        let step = &self.step;
        let usage = step.usage.map(|usage| usage.last);
        let idle = usage.zip(step.working_set).map(|(usage, set)| usage.saturating_sub(set.last));
        let text = format!(
            "inactive_file {}\nworkingset_refault_anon 0\nworkingset_refault_file {}\n",
            idle.unwrap_or(Bytes::ZERO).0,
            self.refaults
        );
        let stat = MemoryStat::parse(&text, layout.as_ref()).ok();
        if let (Some(stat), None) = (&stat, &layout) {
            *layout = Some(Arc::clone(stat.layout()));
        }
        let id = ContainerId(self.workload.to_string());
        let path = ContainerPath { runtime: Runtime::Unknown, id, pod: None, node: None };
        let kills = step.oom_kills.map(|_| MemoryEvents { oom_kill: Some(self.kills), ..NO_EVENTS });
        Cgroup {
            path: format!("/{}", self.workload),
            id: CgroupId(number as u64 + 2),
            parent: Some(CgroupIndex(0)),
            container: Some(container(&path)),
            identity: Identity::Container(path),
            memory: Memory {
                usage: usage.into(),
                peak: Reading::Value(self.peak),
                limit: step.memory_limit.into(),
                ..Memory::default()
            },
            swap: Swap::V2(SwapV2 {
                usage: step.swap.map(|swap| swap.last).into(),
                limit: step.swap_limit.into(),
                ..SwapV2::default()
            }),
            // Where no working set was recorded there was no `memory.stat`.
            stat: stat.filter(|_| idle.is_some()).into(),
            events: Events { hierarchical: kills.into(), ..Events::default() },
            pressure: step.pressure_some.map(|some| pressure(some, step.pressure_full)).into(),
            ..root()
        }
    }
}

const NO_EVENTS: MemoryEvents = MemoryEvents {
    low: 0,
    high: 0,
    max: 0,
    oom: 0,
    oom_kill: None,
    oom_group_kill: None,
    sock_throttled: None,
};

fn container(path: &ContainerPath) -> Container {
    Container {
        id: path.id.clone(),
        runtime: path.runtime,
        name: Reading::Value(path.id.0.clone()),
        image: Reading::Absent,
        compose: None,
        pod: None,
        pod_container: None,
        declared: Reading::Absent,
        pid: Reading::Absent,
    }
}

const fn pressure(some: Percent, full: Option<Percent>) -> Pressure {
    Pressure {
        some: line(some),
        full: match full {
            Some(full) => Some(line(full)),
            None => None,
        },
    }
}

const fn line(avg10: Percent) -> PressureLine {
    PressureLine { avg10, avg60: avg10, avg300: avg10, total: Duration::ZERO }
}

fn root() -> Cgroup {
    Cgroup {
        path: "/".to_owned(),
        id: CgroupId(1),
        parent: None,
        identity: Identity::Root,
        container: None,
        pod_name: None,
        unit: Reading::Absent,
        memory: Memory::default(),
        swap: Swap::V2(SwapV2::default()),
        stat: Reading::Absent,
        events: Events::default(),
        pressure: Reading::Absent,
        rates: None,
    }
}
