//! Kill episodes: the same report seen twice is one, and kills that follow each other in one shortage are one.

use kernel::oom_report::report::{OomReport, Part, Timestamp as Stamp};
use model::incident::observed::{CounterChange, Log};
use model::incident::witness::LogSource;
use model::incident::{Attribution, When};
use model::reading::Reading;
use model::snapshot::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// The kernel prints ten reports in five seconds at most (`oom_rs` in mm/oom_kill.c, DEFAULT_RATELIMIT_INTERVAL):
/// a kill line without a report comes within these.
pub const STORM: Duration = Duration::from_secs(5);

/// Two clocks of the same kill: `/dev/kmsg` and the journal carry the same microseconds, shorter forms round.
const SAME_CLOCK: Duration = Duration::from_secs(1);

/// Wall clocks printed by different programs differ by rounding and by the time a machine slept.
const SAME_WALL: Duration = Duration::from_secs(2);

/// One report, where it was seen, and when.
#[derive(Clone, Debug)]
pub struct Sighting<'a> {
    /// The report.
    pub report: &'a OomReport,
    /// Every kind of log that has it.
    pub sources: Vec<LogSource>,
    /// When.
    pub when: When,
}

/// Reports of one shortage at one level, and what they were joined with.
#[derive(Clone, Debug)]
pub struct Episode<'a> {
    /// In order; empty when a counter alone tells.
    pub sightings: Vec<Sighting<'a>>,
    /// How the kills came here.
    pub attribution: Attribution,
    /// The counter that tells, where no report names the cgroup.
    pub change: Option<&'a CounterChange>,
    /// Kills beyond those that kill lines name.
    pub unnamed_kills: u64,
}

/// The episodes of all logs, in the order of the logs.
#[must_use]
pub fn episodes(logs: &[Log]) -> Vec<Episode<'_>> {
    let mut episodes: Vec<Episode<'_>> = Vec::new();
    // The process ids of the tables and the episode they belong to: a storm has thousands of kills.
    let mut listed: HashMap<u64, usize> = HashMap::new();
    for sighting in sightings(logs) {
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
                change: None,
                unnamed_kills: 0,
            }),
        }
    }
    episodes
}

/// Whether a report names a victim and no cgroup: the line that does fell to the rate limit, to grep, or was overwritten.
#[must_use]
pub fn is_placeless(report: &OomReport) -> bool {
    report.oom_memcg.is_none()
        && report.task_memcg.is_none()
        && !report.victims.is_empty()
        && report.missing.contains(&Part::OomKillLine)
}

/// Whether there is nothing but the kill line.
#[must_use]
pub fn is_bare(report: &OomReport) -> bool {
    is_placeless(report)
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

/// When a report was written, by the clocks its log has.
#[must_use]
pub fn when(log: &Log, report: &OomReport) -> When {
    let mut when = When { boot: log.boot.clone(), ..When::default() };
    let booted = log.booted_at.get();
    match &report.first.timestamp {
        Some(Stamp::Uptime(micros)) => {
            let millis = micros / 1_000;
            when.since_boot = Reading::Value(Duration::from_micros(*micros));
            when.wall = booted.map(|booted| Timestamp(booted.0.saturating_add(millis))).into();
        }
        Some(Stamp::Unix(micros)) => {
            let millis = micros / 1_000;
            let since = booted.and_then(|booted| millis.checked_sub(booted.0)).map(Duration::from_millis);
            when.wall = Reading::Value(Timestamp(millis));
            when.since_boot = since.into();
        }
        Some(Stamp::Printed(date)) => when.printed = Some(date.clone()),
        None => {}
    }
    when
}

const fn attribution(report: &OomReport) -> Attribution {
    if report.oom_memcg.is_some() || report.task_memcg.is_some() {
        return Attribution::Report;
    }
    Attribution::Nobody { candidates: 0, counted: model::incident::Counted::Apart }
}

/// All reports, each once: of a report seen twice the more complete one is kept.
fn sightings(logs: &[Log]) -> Vec<Sighting<'_>> {
    let mut kept: Vec<Sighting<'_>> = Vec::new();
    let mut by_pid: HashMap<Option<u64>, Vec<usize>> = HashMap::new();
    for log in logs {
        for report in &log.reports {
            let sighting = Sighting { report, sources: vec![log.source], when: when(log, report) };
            let same_pid = by_pid.entry(victim_pid(report)).or_default();
            let twin = same_pid
                .iter()
                .copied()
                .find(|index| kept.get(*index).is_some_and(|other| is_same(other, &sighting)));
            match twin.and_then(|index| kept.get_mut(index)) {
                Some(twin) => absorb(twin, &sighting),
                None => {
                    same_pid.push(kept.len());
                    kept.push(sighting);
                }
            }
        }
    }
    kept
}

fn absorb<'a>(kept: &mut Sighting<'a>, other: &Sighting<'a>) {
    let mut sources = kept.sources.clone();
    sources.extend(other.sources.iter().filter(|source| !kept.sources.contains(source)));
    let when = When {
        boot: known(&kept.when.boot, &other.when.boot),
        since_boot: known(&kept.when.since_boot, &other.when.since_boot),
        wall: known(&kept.when.wall, &other.when.wall),
        printed: kept.when.printed.clone().or_else(|| other.when.printed.clone()),
    };
    if other.report.missing.len() < kept.report.missing.len() {
        kept.report = other.report;
    }
    kept.sources = sources;
    kept.when = when;
}

fn known<T: Clone>(first: &Reading<T>, second: &Reading<T>) -> Reading<T> {
    if first.value().is_some() { first.clone() } else { second.clone() }
}

/// Whether two sightings are of one report. The victims' pids are equal already.
fn is_same(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    if !is_same_machine(one, other) || one.report.kind != other.report.kind && !is_partial(one, other) {
        return false;
    }
    match time_between(&one.when, &other.when) {
        Some((apart, near)) if apart <= near => same_comm(one.report, other.report),
        Some(_) => false,
        // No common clock: the figures of the kill line tell, they differ from kill to kill.
        None => {
            !one.report.victims.is_empty()
                && one.report.victims.first() == other.report.victims.first()
                && one.report.victims.iter().any(|victim| victim.anon_rss.is_some())
        }
    }
}

fn same_comm(one: &OomReport, other: &OomReport) -> bool {
    let comm = |report: &OomReport| report.victims.first().map(|victim| victim.comm.clone());
    match (comm(one), comm(other)) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    }
}

/// A report cut short may not tell its kind.
fn is_partial(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    !one.report.missing.is_empty() || !other.report.missing.is_empty()
}

fn is_same_machine(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    let may_be = |one: Option<&str>, other: Option<&str>| one.is_none() || other.is_none() || one == other;
    let boots = one.when.boot.value().zip(other.when.boot.value());
    may_be(one.report.host.as_deref(), other.report.host.as_deref())
        && boots.is_none_or(|(one, other)| one == other)
}

/// How far apart two moments are by a clock that both have, and how far apart that clock may show one moment.
fn time_between(one: &When, other: &When) -> Option<(Duration, Duration)> {
    if let (Some(one), Some(other)) = (one.since_boot.get(), other.since_boot.get()) {
        return Some((one.abs_diff(other), SAME_CLOCK));
    }
    if let (Some(one), Some(other)) = (one.wall.get(), other.wall.get()) {
        return Some((Duration::from_millis(one.0.abs_diff(other.0)), SAME_WALL));
    }
    let same_text = one.printed.is_some() && one.printed == other.printed;
    same_text.then_some((Duration::ZERO, SAME_WALL))
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
    let same_level = is_placeless(next.report)
        || (next.report.oom_memcg == first.report.oom_memcg
            && next.report.task_memcg == first.report.task_memcg);
    let is_soon = time_between(&last.when, &next.when).is_some_and(|(apart, _)| apart <= STORM);
    let pid = victim_pid(next.report);
    let was_killed = episode
        .sightings
        .iter()
        .any(|sighting| sighting.report.victims.iter().any(|victim| Some(victim.pid) == pid));
    same_level && is_soon && !was_killed
}
