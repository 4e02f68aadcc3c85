//! What a test's watcher saw: logs from text, counters, moments.

use judge::oom::{Observed, incidents};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::parse_all;
use model::calendar::Calendar;
use model::cgroup::{Cgroup, CgroupId};
use model::container::Container;
use model::incident::observed::{CgroupMoment, CgroupRef, CounterChange, KillCounters, KillTotal, Log, Word};
use model::incident::witness::LogSource;
use model::incident::{Incident, Incidents};
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::Timestamp;
use std::time::Duration;

/// A container of Docker with the cgroupfs driver.
pub const WEB: &str = "/docker/1111111111111111111111111111111111111111111111111111111111111111";

/// Another one.
pub const DB: &str = "/docker/2222222222222222222222222222222222222222222222222222222222222222";

/// A pod, and its container.
pub const POD: &str = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";

/// The container of [`POD`] of this letter.
pub fn in_pod(letter: char) -> String {
    format!("{POD}/cri-containerd-{}.scope", String::from(letter).repeat(64))
}

/// Everything seen, owned.
#[derive(Clone, Default)]
pub struct Seen {
    pub logs: Vec<Log>,
    pub calendars: Vec<Calendar>,
    pub changes: Vec<CounterChange>,
    pub moments: Vec<CgroupMoment>,
    pub cgroups: Vec<Cgroup>,
    pub containers: Vec<Container>,
    pub words: Vec<Word>,
    pub total: Reading<KillTotal>,
    pub swap_total: Reading<Bytes>,
}

impl Seen {
    /// One log of the live boot.
    pub fn log(text: &str) -> Self {
        Self { logs: vec![log(text, LogSource::Ring)], ..Self::default() }
    }

    pub fn judged(&self) -> Incidents {
        incidents(&Observed {
            logs: &self.logs,
            boot: Reading::Value(BootId(7)),
            changes: &self.changes,
            moments: &self.moments,
            cgroups: &self.cgroups,
            containers: &self.containers,
            words: &self.words,
            kill_total: self.total.clone(),
            swap_total: self.swap_total.clone(),
            missing: &[],
            calendars: &self.calendars,
        })
    }

    /// The only incident.
    pub fn incident(&self) -> Incident {
        let mut all = self.judged().incidents;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// The counter of a cgroup rose by so many kills between 2,655 s and 2,662 s.
    pub fn rose(mut self, path: &str, kills: u64) -> Self {
        self.changes.push(change(path, kills));
        self
    }

    /// A cgroup so many seconds before the kill: usage, all of it anonymous, and its limit, in MiB.
    pub fn moment(mut self, path: &str, before: u64, usage: u64, limit: u64) -> Self {
        let at = Duration::from_millis(2_658_287).saturating_sub(Duration::from_secs(before));
        self.moments.push(moment(path, at, usage, limit));
        self.moments.sort_by_key(|moment| moment.at);
        self
    }
}

pub fn log(text: &str, source: LogSource) -> Log {
    Log {
        source,
        boot: Reading::Value(BootId(7)),
        booted_at: Reading::Value(Timestamp(1_795_230_000_000)),
        reports: parse_all(text.as_bytes()).reports,
        records_lost: 0,
    }
}

/// One inode per path.
pub fn cgroup_ref(path: &str) -> CgroupRef {
    let id = path.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte));
    CgroupRef { path: path.to_owned(), id: CgroupId(id) }
}

pub fn change(path: &str, kills: u64) -> CounterChange {
    let counters = |kills| KillCounters { own_kills: Reading::Value(kills), ..KillCounters::default() };
    CounterChange {
        cgroup: cgroup_ref(path),
        from: Duration::from_secs(2_655),
        to: Duration::from_secs(2_662),
        before: counters(3),
        after: counters(3 + kills),
    }
}

pub fn moment(path: &str, at: Duration, usage: u64, limit: u64) -> CgroupMoment {
    let mib = |mib| Reading::Value(Bytes::from_mib(mib));
    CgroupMoment {
        cgroup: cgroup_ref(path),
        at,
        usage: mib(usage),
        limit: Reading::Value(Limit::At(Bytes::from_mib(limit))),
        anon: mib(usage),
        shmem: mib(0),
        file: mib(0),
        kernel: mib(0),
        swap: mib(0),
        refaults_file: Reading::Value(at.as_secs() * 1_000),
    }
}
