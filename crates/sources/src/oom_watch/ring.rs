//! What every cgroup held shortly before now, kept for a while after it is gone, in bounded memory.

use super::WatchOptions;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::cgroup::{Cgroup, CgroupId, Swap};
use model::incident::observed::{CgroupMoment, CgroupRef};
use model::snapshot::Snapshot;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Pressure on a limit that begins after so long a pause is a first step again.
const BREATH_PAUSE: Duration = Duration::from_secs(10);

/// While nothing moves, one moment in so long a time tells as much as one each second.
const STANDING_GAP: Duration = Duration::from_secs(10);

/// However many cgroups there are, each keeps so many moments.
const MOMENTS_MIN: usize = 4;

/// One cgroup before its kill.
#[derive(Clone, Debug)]
pub struct BeforeKill {
    cgroup: CgroupRef,
    moments: VecDeque<Figures>,
    last_breath: Option<Figures>,
    pressure: Option<Pressure>,
    gone_at: Option<Duration>,
    look: u64,
}

/// The figures of one moment. What could not be read is as unknown as what does not exist: the log says more.
#[derive(Clone, Copy, Debug)]
struct Figures {
    at: Duration,
    held: Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    usage: Option<Bytes>,
    limit: Option<Limit>,
    anon: Option<Bytes>,
    shmem: Option<Bytes>,
    file: Option<Bytes>,
    kernel: Option<Bytes>,
    swap: Option<Bytes>,
    refaults_file: Option<u64>,
}

/// How often a cgroup met its limit, and when that last rose.
#[derive(Clone, Copy, Debug)]
struct Pressure {
    met: u64,
    kills: Option<u64>,
    rose_at: Option<Duration>,
}

/// All cgroups, present and gone.
pub struct Memories {
    remembered: Duration,
    remembered_gone: Duration,
    moments_max: usize,
    interval: Duration,
    kept: HashMap<CgroupId, BeforeKill>,
    looks: u64,
}

impl BeforeKill {
    /// Which cgroup.
    #[must_use]
    pub const fn cgroup(&self) -> &CgroupRef {
        &self.cgroup
    }

    /// Its figures, oldest first.
    pub fn moments(&self) -> impl DoubleEndedIterator<Item = CgroupMoment> {
        self.moments.iter().map(|figures| figures.moment(&self.cgroup))
    }

    /// Its figures up to a time since boot, oldest first: a look after the kill shows what the kill left.
    pub fn moments_until(&self, at: Duration) -> impl DoubleEndedIterator<Item = CgroupMoment> {
        self.moments().filter(move |moment| moment.at <= at)
    }

    /// Its figures when it last began to meet its limit and nobody had been killed yet.
    #[must_use]
    pub fn last_breath(&self) -> Option<CgroupMoment> {
        self.last_breath.map(|figures| figures.moment(&self.cgroup))
    }

    /// When it was found gone, as time since boot.
    #[must_use]
    pub const fn gone_at(&self) -> Option<Duration> {
        self.gone_at
    }

    fn new(cgroup: &Cgroup) -> Self {
        Self {
            cgroup: CgroupRef { path: cgroup.path.clone(), id: cgroup.id },
            moments: VecDeque::new(),
            last_breath: None,
            pressure: None,
            gone_at: None,
            look: 0,
        }
    }

    fn begins_at(&self) -> Duration {
        self.moments.front().map_or(Duration::MAX, |figures| figures.at)
    }

    fn note(&mut self, figures: Figures, cgroup: &Cgroup) {
        let before = self.pressure;
        if let Some(met) = times_at_limit(cgroup) {
            let kills = cgroup.oom_kills().get();
            let rose = before.is_some_and(|before| before.met < met);
            let rose_before = before.and_then(|before| before.rose_at);
            let is_first = rose_before.is_none_or(|at| figures.at.saturating_sub(at) >= BREATH_PAUSE);
            // A kill in the same look has already freed what is to be remembered.
            let is_alive = before.is_some_and(|before| before.kills == kills);
            if rose && is_first && is_alive {
                self.last_breath = Some(figures);
            }
            let rose_at = if rose { Some(figures.at) } else { rose_before };
            self.pressure = Some(Pressure { met, kills, rose_at });
        }
        self.push(figures);
    }

    /// Keeps a moment. Where nothing moves the beginning and the end of that are kept, and some between.
    fn push(&mut self, figures: Figures) {
        let mut latest = self.moments.iter_mut().rev();
        match (latest.next(), latest.next()) {
            (Some(last), Some(before))
                if last.held == figures.held
                    && before.held == figures.held
                    && last.at.saturating_sub(before.at) < STANDING_GAP =>
            {
                last.at = figures.at;
            }
            _ => self.moments.push_back(figures),
        }
    }
}

impl Memories {
    /// Nothing remembered yet.
    pub fn new(options: &WatchOptions) -> Self {
        Self {
            remembered: options.remembered,
            remembered_gone: options.remembered_gone,
            moments_max: options.bytes_max / size_of::<Figures>(),
            interval: options.interval,
            kept: HashMap::new(),
            looks: 0,
        }
    }

    /// Keeps every cgroup's figures, and lets go of what is too old.
    pub fn remember(&mut self, snapshot: &Snapshot) {
        let now = snapshot.uptime;
        self.looks += 1;
        for cgroup in &snapshot.cgroups {
            let kept = self.kept.entry(cgroup.id).or_insert_with(|| BeforeKill::new(cgroup));
            // A kernel's number is used again only after a boot or a very long time.
            let was_there = kept.look + 1 == self.looks;
            if !was_there && kept.cgroup.path != cgroup.path {
                *kept = BeforeKill::new(cgroup);
            }
            (kept.gone_at, kept.look) = (None, self.looks);
            kept.note(Figures::of(cgroup, now), cgroup);
        }
        for kept in self.kept.values_mut().filter(|kept| kept.look != self.looks) {
            kept.gone_at.get_or_insert(now);
        }
        self.forget(now);
    }

    /// Begins to remember cgroups that came since the last look; they may be gone before the next.
    pub fn meet(&mut self, snapshot: &Snapshot, now: Duration) {
        for cgroup in &snapshot.cgroups {
            if let Entry::Vacant(place) = self.kept.entry(cgroup.id) {
                let new = place.insert(BeforeKill::new(cgroup));
                new.look = self.looks;
                new.note(Figures::of(cgroup, now), cgroup);
            }
        }
    }

    fn forget(&mut self, now: Duration) {
        let remembered_gone = self.remembered_gone;
        self.kept.retain(|_, kept| kept.gone_at.is_none_or(|at| now.saturating_sub(at) < remembered_gone));
        for kept in self.kept.values_mut() {
            let from = kept.gone_at.unwrap_or(now).saturating_sub(self.remembered);
            while kept.moments.front().is_some_and(|figures| figures.at < from) {
                kept.moments.pop_front();
            }
        }
        self.forget_gone();
        // Those that are there share what the gone ones leave: at least half of all.
        let gone: usize = self.gone().map(|kept| kept.moments.len()).sum();
        let there = self.kept.len() - self.gone().count();
        let share = (self.moments_max.saturating_sub(gone) / there.max(1)).max(MOMENTS_MIN);
        for kept in self.kept.values_mut() {
            // Looks after notifications stand closer than the ticks: what is thinned out first is what is closest together.
            while kept.moments.len() > share {
                kept.thin_out(self.interval);
            }
        }
    }

    /// Cgroups that come and go by the thousand: what is kept of the gone ones has half of the room, and less where those that are
    /// there need more for their least. The longest gone give way before the others.
    fn forget_gone(&mut self) {
        let mut gone: Vec<(Duration, CgroupId, usize)> = self
            .kept
            .iter()
            .filter_map(|(id, kept)| Some((kept.gone_at?, *id, kept.moments.len().max(MOMENTS_MIN))))
            .collect();
        let there = self.kept.len() - gone.len();
        let room = (self.moments_max / 2).min(self.moments_max.saturating_sub(there * MOMENTS_MIN));
        let mut held: usize = gone.iter().map(|(_, _, moments)| *moments).sum();
        if held <= room {
            return;
        }
        gone.sort_unstable();
        // Who went long ago was told of long ago: its last moments are enough.
        for (_, id, moments) in &mut gone {
            if held <= room {
                return;
            }
            let Some(kept) = self.kept.get_mut(id) else { continue };
            kept.moments.drain(..kept.moments.len().saturating_sub(MOMENTS_MIN));
            held -= *moments - MOMENTS_MIN;
            *moments = MOMENTS_MIN;
        }
        for (_, id, moments) in gone {
            if held <= room {
                return;
            }
            self.kept.remove(&id);
            held -= moments;
        }
    }

    fn gone(&self) -> impl Iterator<Item = &BeforeKill> {
        self.kept.values().filter(|kept| kept.gone_at.is_some())
    }

    /// The cgroup that had this path at this time: a restarted container has its predecessor's path.
    pub fn before_kill(&self, path: &str, at: Duration) -> Option<&BeforeKill> {
        let lives = || self.kept.values().filter(|kept| kept.cgroup.path == path);
        let begun = lives().filter(|kept| kept.begins_at() <= at).max_by_key(|kept| kept.begins_at());
        begun.or_else(|| lives().min_by_key(|kept| kept.begins_at()))
    }

    /// The last figures up to a time of a cgroup and of each below it, by path.
    pub fn neighbours(&self, path: &str, at: Duration) -> Vec<CgroupMoment> {
        let above = format!("{}/", path.trim_end_matches('/'));
        let is_below = |kept: &&BeforeKill| kept.cgroup.path == path || kept.cgroup.path.starts_with(&above);
        let was_there = |kept: &&BeforeKill| kept.gone_at.is_none_or(|gone_at| gone_at >= at);
        let mut moments: Vec<CgroupMoment> = self
            .kept
            .values()
            .filter(is_below)
            .filter(was_there)
            .filter_map(|kept| kept.moments().rev().find(|moment| moment.at <= at))
            .collect();
        moments.sort_by(|left, right| left.cgroup.cmp(&right.cgroup));
        moments
    }
}

impl BeforeKill {
    /// Gives up one moment: one that follows closely on another, else the oldest.
    fn thin_out(&mut self, interval: Duration) {
        let close = self
            .moments
            .iter()
            .zip(self.moments.iter().skip(1))
            .position(|(figures, next)| next.at.saturating_sub(figures.at) < interval / 2);
        // The newest moment is never the one given up.
        let given_up = close.map_or(0, |index| index + 1).min(self.moments.len().saturating_sub(2));
        self.moments.remove(given_up);
    }
}

impl Figures {
    fn of(cgroup: &Cgroup, at: Duration) -> Self {
        let bytes = |key: &str| cgroup.stat_bytes(key).get();
        let shmem = bytes("shmem");
        // `file` and v1's `total_cache` both count tmpfs.
        let (anon, cache, kernel) = match &cgroup.swap {
            Swap::V2(_) => (bytes("anon"), bytes("file"), bytes("kernel")),
            Swap::V1(_) => (bytes("rss"), bytes("cache"), cgroup.memory.kernel_usage.get()),
        };
        let held = Held {
            usage: cgroup.memory.usage.get(),
            limit: cgroup.memory.limit.get(),
            anon,
            shmem,
            file: cache.map(|cache| cache.saturating_sub(shmem.unwrap_or(Bytes(0)))),
            kernel,
            swap: cgroup.swap_usage().get(),
            refaults_file: cgroup.stat_total("workingset_refault_file").get(),
        };
        Self { at, held }
    }

    fn moment(&self, cgroup: &CgroupRef) -> CgroupMoment {
        let Held { usage, limit, anon, shmem, file, kernel, swap, refaults_file } = self.held;
        CgroupMoment {
            cgroup: cgroup.clone(),
            at: self.at,
            usage: usage.into(),
            limit: limit.into(),
            anon: anon.into(),
            shmem: shmem.into(),
            file: file.into(),
            kernel: kernel.into(),
            swap: swap.into(),
            refaults_file: refaults_file.into(),
        }
    }
}

/// How often the cgroup's memory or swap met a limit so far.
fn times_at_limit(cgroup: &Cgroup) -> Option<u64> {
    match &cgroup.swap {
        Swap::V2(_) => cgroup.events.hierarchical.as_ref().map(|events| events.max + events.oom).get(),
        Swap::V1(swap) => {
            let memory = cgroup.events.failcnt.clone();
            let both = swap.combined_failcnt.clone();
            memory.get().map(|memory| memory + both.get().unwrap_or(0))
        }
    }
}
