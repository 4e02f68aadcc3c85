//! What every rule looks at: one episode with the figures around it, in our nouns.

use crate::oom::attribute::{is_at_or_below, is_close};
use crate::oom::episode::{Episode, is_bare};
use crate::oom::sighting::Sighting;
use crate::oom::{Observed, memory_use, place};
use kernel::bytes::Bytes;
use kernel::oom_report::report::{CounterName, OomKind, OomReport, Process, Victim as Killed};
use kernel::oom_report::task_table::TaskRow;
use model::incident::observed::CgroupMoment;
use model::incident::{
    Ceiling, CeilingState, Fate, Level, MemoryUse, Place, ProcessUse, Role, Scope, Victim, When,
};
use model::reading::Reading;
use std::collections::BTreeMap;
use std::time::Duration;

/// As many processes as a screen has room for, and some more for JSON.
const PROCESSES_MAX: usize = 10;

/// One episode with everything around it.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The most telling report; an empty one when a counter alone tells.
    pub report: &'a OomReport,
    /// When it began.
    pub when: When,
    /// Where the first victim lived.
    pub place: Place,
    /// The level that ran out.
    pub level: Level,
    /// Its figures against its limits.
    pub ceilings: Vec<Ceiling>,
    /// The ceiling that was hit.
    pub hit: Reading<CounterName>,
    /// Where its memory was.
    pub memory: MemoryUse,
    /// Who died.
    pub victims: Vec<Victim>,
    /// How many died.
    pub kills: u64,
    /// The cgroup killed whole.
    pub group: Option<String>,
    /// Who held how much, largest first.
    pub processes: Vec<ProcessUse>,
    /// How many processes the kernel listed.
    pub processes_listed: u64,
    /// The victim's cgroup before the kill, oldest first.
    pub own_moments: Vec<&'a CgroupMoment>,
    /// The level's cgroup before the kill, oldest first; the same as the victim's where the limit was its own.
    pub level_moments: Vec<&'a CgroupMoment>,
    /// Every other cgroup below the level, as it was last seen before the kill.
    pub neighbours: Vec<&'a CgroupMoment>,
    /// The machine's swap.
    pub swap_total: Reading<Bytes>,
}

impl<'a> Facts<'a> {
    /// Gathers what is known of an episode. `empty` stands in where there is no report.
    #[must_use]
    pub fn gather(episode: &Episode<'a>, observed: &Observed<'a>, empty: &'a OomReport) -> Self {
        let whole = episode.sightings.iter().find(|sighting| !is_bare(sighting.report));
        let main = whole.or(episode.sightings.first());
        let report = main.map_or(empty, |sighting| sighting.report);
        let when = episode
            .sightings
            .first()
            .map_or_else(|| counted_when(episode, observed), |sighting| sighting.when.clone());
        let place = place::place(report, episode.change, observed);
        let level = place::level(report, &place, episode.change, observed);
        let before = Before { moments: observed.moments, at: live_time(&when, observed) };
        let own_moments = place.path.value().map_or_else(Vec::new, |path| before.of(path));
        let level_moments = level.path.value().map_or_else(Vec::new, |path| before.of(path));
        let neighbours = before.neighbours(level.path.value(), place.path.value());
        let victims = victims(&episode.sightings);
        let named = u64::try_from(victims.len()).unwrap_or(u64::MAX);
        let ceilings = memory_use::ceilings(report);
        let hit = memory_use::hit(report, &ceilings);
        let last = level_moments.last().or(own_moments.last()).copied();
        Self {
            report,
            memory: memory_use::memory_use(report, last),
            processes: processes(report, &victims),
            processes_listed: report.tasks.rows_seen,
            kills: named.saturating_add(episode.unnamed_kills),
            group: group(&episode.sightings),
            swap_total: observed.swap_total.clone(),
            when,
            place,
            level,
            ceilings,
            hit,
            victims,
            own_moments,
            level_moments,
            neighbours,
        }
    }

    /// The figures of one ceiling.
    #[must_use]
    pub fn ceiling(&self, counter: CounterName) -> Option<&Ceiling> {
        self.ceilings.iter().find(|ceiling| ceiling.counter == counter)
    }

    /// Whether one ceiling was full.
    #[must_use]
    pub fn state(&self, counter: CounterName) -> Option<CeilingState> {
        self.ceiling(counter).map(|ceiling| ceiling.state)
    }

    /// The memory limit of the level: as the report has it, else as the kernel holds it.
    #[must_use]
    pub fn memory_limit(&self) -> Option<Bytes> {
        let printed = self.ceiling(CounterName::Memory).map(|ceiling| ceiling.limit);
        printed.or_else(|| self.level.limit.get()).and_then(kernel::limit::Limit::bytes)
    }

    /// Whether a limit of a cgroup ran out, as opposed to the machine or some of its nodes.
    #[must_use]
    pub const fn is_limited_by_cgroup(&self) -> bool {
        match self.level.scope {
            // The line that names the level may be lost; its figures or the kill line's first words still tell.
            Scope::Unknown => matches!(self.report.kind, OomKind::Memcg) || !self.ceilings.is_empty(),
            scope => !scope.is_of_machine(),
        }
    }

    /// What the whole of the level is: what was used, else the sum of what is known of it.
    #[must_use]
    pub fn usage(&self) -> Option<Bytes> {
        self.memory.usage.get().filter(|usage| *usage > Bytes::ZERO)
    }

    /// Kernel memory that cannot be dropped.
    #[must_use]
    pub fn kernel_held(&self) -> Option<Bytes> {
        let droppable = self.memory.slab_reclaimable.get().unwrap_or_default();
        self.memory.kernel.get().map(|kernel| kernel.saturating_sub(droppable))
    }

    /// What cannot be freed without swap: reference 1.8, the same formula as `judge::working_set`.
    #[must_use]
    pub fn unreclaimable(&self) -> Reading<Bytes> {
        let user = self
            .memory
            .anon
            .clone()
            .map(|anon| anon.saturating_add(self.memory.shmem.get().unwrap_or_default()));
        let kernel = self.kernel_held().unwrap_or_default();
        let sock = self.memory.sock.get().unwrap_or_default();
        user.map(|user| user.saturating_add(kernel).saturating_add(sock))
    }

    /// The process chosen first, and what it held of its own.
    #[must_use]
    pub fn first_victim(&self) -> Option<(&Killed, Option<Bytes>)> {
        let victim = &self.victims.first()?.process;
        let row = self.report.tasks.rows.iter().find(|row| row.pid == victim.pid);
        Some((victim, victim.anon_rss.or_else(|| row.and_then(held))))
    }
}

/// What a process held that is its own; before Linux 6.8 the table does not tell anonymous memory apart.
#[must_use]
pub fn held(row: &TaskRow) -> Option<Bytes> {
    row.rss_anon.or(row.rss)
}

/// Moments before a kill.
struct Before<'a> {
    moments: &'a [CgroupMoment],
    at: Option<Duration>,
}

impl<'a> Before<'a> {
    fn seen(&self) -> impl Iterator<Item = &'a CgroupMoment> + use<'a> {
        let at = self.at;
        self.moments.iter().filter(move |moment| at.is_some_and(|at| moment.at <= at))
    }

    /// Of a restarted container only the last life counts.
    fn of(&self, path: &str) -> Vec<&'a CgroupMoment> {
        let all: Vec<_> = self.seen().filter(|moment| moment.cgroup.path == path).collect();
        let life = all.last().map(|moment| moment.cgroup.id);
        all.into_iter().filter(|moment| Some(moment.cgroup.id) == life).collect()
    }

    /// Cgroups right below the level, without the one in which the victim was.
    fn neighbours(&self, level: Option<&String>, own: Option<&String>) -> Vec<&'a CgroupMoment> {
        let (Some(level), Some(own)) = (level, own) else { return Vec::new() };
        let mut last: BTreeMap<&str, &CgroupMoment> = BTreeMap::new();
        for moment in self.seen() {
            let path = &moment.cgroup.path;
            let is_neighbour = path != level
                && is_at_or_below(path, level)
                && !is_at_or_below(own, path)
                && !is_at_or_below(path, own);
            if is_neighbour {
                last.insert(path, moment);
            }
        }
        // A cgroup counts what is below it: the outermost stand for themselves.
        let mut outermost: Vec<&CgroupMoment> = Vec::new();
        for moment in last.into_values() {
            let is_inner =
                outermost.iter().any(|outer| is_at_or_below(&moment.cgroup.path, &outer.cgroup.path));
            if !is_inner {
                outermost.push(moment);
            }
        }
        outermost
    }
}

/// The time of a kill on the clock of the live figures, when it is of the same boot.
fn live_time(when: &When, observed: &Observed<'_>) -> Option<Duration> {
    let is_this_boot =
        when.boot.value().zip(observed.boot.value()).is_none_or(|(theirs, ours)| theirs == ours);
    when.since_boot.get().filter(|_| is_this_boot)
}

/// A counter tells an interval. Where that is short its end is when the kill was known, else the time is not known.
fn counted_when(episode: &Episode<'_>, observed: &Observed<'_>) -> When {
    let at = episode.change.filter(|change| is_close(change)).map(|change| change.to);
    When { boot: observed.boot.clone(), since_boot: at.into(), ..When::default() }
}

fn group(sightings: &[Sighting<'_>]) -> Option<String> {
    sightings.iter().find_map(|sighting| sighting.report.oom_group.clone())
}

fn victims(sightings: &[Sighting<'_>]) -> Vec<Victim> {
    let mut victims: Vec<Victim> = Vec::new();
    for (index, report) in sightings.iter().map(|sighting| sighting.report).enumerate() {
        for (place, process) in killed(report).into_iter().enumerate() {
            if victims.iter().any(|victim| victim.process.pid == process.pid) {
                continue;
            }
            let is_sharing = report.sharing_memory.iter().any(|sharing| sharing.pid == process.pid);
            let role = match (index, place) {
                (_, _) if is_sharing => Role::SharedMemory,
                (0, 0) => Role::Chosen,
                (_, 0) => Role::Next,
                // One report has one kill, or those of one group; the reaper's lines may be of others.
                (_, _) if report.victims.len() > 1 => Role::GroupMember,
                (_, _) => Role::Next,
            };
            victims.push(Victim { process, role });
        }
    }
    victims
}

/// Who died by a report. Where the kill line is lost, the `oom-kill:` line names the one that was chosen; where that is lost too,
/// the reaper names whose memory it took back, and it takes only a victim's.
fn killed(report: &OomReport) -> Vec<Killed> {
    let without_figures = |process: &Process| Killed {
        pid: process.pid,
        comm: process.comm.clone().unwrap_or_default(),
        ..Killed::default()
    };
    if !report.victims.is_empty() {
        let sharing = report.sharing_memory.iter().map(without_figures);
        return report.victims.iter().cloned().chain(sharing).collect();
    }
    let is_exiting = |pid: u64| report.already_exiting.iter().any(|process| process.pid == pid);
    if let Some(chosen) = report.chosen.as_ref().filter(|chosen| !is_exiting(chosen.pid)) {
        let (pid, comm, uid) = (chosen.pid, chosen.comm.clone(), chosen.uid);
        return vec![Killed { pid, comm, uid, ..Killed::default() }];
    }
    report.reaped.iter().map(without_figures).collect()
}

fn processes(report: &OomReport, victims: &[Victim]) -> Vec<ProcessUse> {
    let mut rows: Vec<(&TaskRow, Bytes)> =
        report.tasks.rows.iter().filter_map(|row| resident(row).map(|resident| (row, resident))).collect();
    rows.sort_by_key(|(row, resident)| (std::cmp::Reverse(*resident), row.pid));
    let fate = |pid: u64| {
        if victims.iter().any(|victim| victim.process.pid == pid) { Fate::Killed } else { Fate::Spared }
    };
    rows.into_iter()
        .take(PROCESSES_MAX)
        .map(|(row, resident)| ProcessUse {
            pid: row.pid,
            comm: row.comm.clone(),
            resident,
            shmem: row.rss_shmem.into(),
            swap: row.swapents.into(),
            oom_score_adj: row.oom_score_adj,
            fate: fate(row.pid),
        })
        .collect()
}

fn resident(row: &TaskRow) -> Option<Bytes> {
    row.rss.or_else(|| {
        let parts: Vec<Bytes> = [row.rss_anon, row.rss_file, row.rss_shmem].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.into_iter().sum())
    })
}
