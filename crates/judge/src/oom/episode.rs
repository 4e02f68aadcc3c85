//! Kill episodes: kills that follow each other in one shortage are one.

use crate::oom::sighting::{self, Sighting, is_same_machine, time_between};
use kernel::oom_report::report::{OomReport, Part};
use model::incident::Attribution;
use model::incident::observed::{CounterChange, Log};
use model::incident::witness::LogSource;
use model::reading::Reading;
use std::collections::HashMap;
use std::time::Duration;

/// The kernel prints ten reports in five seconds at most (`oom_rs` in mm/oom_kill.c, DEFAULT_RATELIMIT_INTERVAL):
/// a kill line without a report comes within these.
pub const STORM: Duration = Duration::from_secs(5);

/// A shortage that goes on for longer is told as another one: whoever watches cannot keep the first report for ever.
pub const EPISODE_MAX: Duration = Duration::from_secs(60);

/// Reports of one shortage at one level, and what they were joined with.
#[derive(Clone, Debug)]
pub struct Episode<'a> {
    /// In order; empty when a counter alone tells.
    pub sightings: Vec<Sighting<'a>>,
    /// How the kills came here.
    pub attribution: Attribution,
    /// Kill lines without a cgroup, any of which may be one that the counter tells of.
    pub possible: Vec<Sighting<'a>>,
    /// The counter that tells, where no report names the cgroup.
    pub change: Option<&'a CounterChange>,
    /// Kills beyond those that kill lines name.
    pub unnamed_kills: u64,
}

/// The episodes of all logs, in the order of the sightings.
#[must_use]
pub fn episodes(sightings: Vec<Sighting<'_>>) -> Vec<Episode<'_>> {
    let mut episodes: Vec<Episode<'_>> = Vec::new();
    // The process ids of the tables and the episode they belong to: a storm has thousands of kills.
    let mut listed: HashMap<u64, usize> = HashMap::new();
    for sighting in sightings {
        let joined = victim_pid(sighting.report)
            .and_then(|pid| listed.get(&pid).copied())
            .filter(|index| episodes.get(*index).is_some_and(|episode| continues(episode, &sighting)));
        let index = joined.unwrap_or(episodes.len());
        listed.extend(sighting.report.tasks.rows.iter().map(|row| (row.pid, index)));
        match episodes.get_mut(index) {
            Some(episode) => episode.sightings.push(sighting),
            None => episodes.push(Episode {
                attribution: attribution(sighting.report),
                sightings: vec![sighting],
                possible: Vec::new(),
                change: None,
                unnamed_kills: 0,
            }),
        }
    }
    episodes
}

/// Of which episode each report of one kernel's log is, as a number.
#[must_use]
pub fn numbers(reports: &[OomReport]) -> Vec<usize> {
    let log = Log {
        source: LogSource::Ring,
        boot: Reading::Absent,
        booted_at: Reading::Absent,
        reports: Vec::new(),
        records_lost: 0,
    };
    let sighting = |(rank, report)| {
        let when = sighting::when(&log, report, None);
        Sighting { report, sources: Vec::new(), when, rank }
    };
    let mut numbers = vec![0; reports.len()];
    for (number, episode) in episodes(reports.iter().enumerate().map(sighting).collect()).iter().enumerate() {
        for sighting in &episode.sightings {
            if let Some(of) = numbers.get_mut(sighting.rank) {
                *of = number;
            }
        }
    }
    numbers
}

/// Whether a report names a victim and no cgroup at all.
#[must_use]
pub fn is_placeless(report: &OomReport) -> bool {
    is_levelless(report) && report.oom_group.is_none()
}

/// Whether the line with the level fell to the rate limit, to grep, or was overwritten. The line of a group is not rate-limited
/// (`mem_cgroup_print_oom_group` in mm/memcontrol.c): it may still tell where the victim was.
fn is_levelless(report: &OomReport) -> bool {
    report.oom_memcg.is_none()
        && report.task_memcg.is_none()
        && !report.victims.is_empty()
        && report.missing.contains(&Part::OomKillLine)
}

/// Whether there is nothing but the kill line, and that of a group.
#[must_use]
pub fn is_bare(report: &OomReport) -> bool {
    is_levelless(report)
        && report.tasks.rows_seen == 0
        && report.stats.is_empty()
        && report.memory.is_none()
        && report.mem_info.is_none()
}

/// The process that was killed first, or chosen.
#[must_use]
pub fn victim_pid(report: &OomReport) -> Option<u64> {
    report.victims.first().map(|victim| victim.pid).or(report.chosen.as_ref().map(|chosen| chosen.pid))
}

const fn attribution(report: &OomReport) -> Attribution {
    if report.oom_memcg.is_some() || report.task_memcg.is_some() || report.oom_group.is_some() {
        return Attribution::Report;
    }
    Attribution::Nobody { candidates: 0 }
}

/// Whether a kill belongs to the shortage of an episode: its victim stood in the episode's table already, at the same level,
/// within the interval of a storm. A restarted process has a new number and begins a new episode.
fn continues(episode: &Episode<'_>, next: &Sighting<'_>) -> bool {
    let (Some(first), Some(last)) = (episode.sightings.first(), episode.sightings.last()) else {
        return false;
    };
    if !is_same_machine(first, next) {
        return false;
    }
    let same_level = is_levelless(next.report)
        || (next.report.oom_memcg == first.report.oom_memcg
            && next.report.task_memcg == first.report.task_memcg);
    let is_soon = time_between(&last.when, &next.when).is_some_and(|(apart, _)| apart <= STORM);
    let is_over = time_between(&first.when, &next.when).is_some_and(|(apart, _)| apart > EPISODE_MAX);
    let pid = victim_pid(next.report);
    let was_killed = episode
        .sightings
        .iter()
        .any(|sighting| sighting.report.victims.iter().any(|victim| Some(victim.pid) == pid));
    same_level && is_soon && !is_over && !was_killed
}
