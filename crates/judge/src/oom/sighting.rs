//! Reports as the logs show them: when each was written, which of them are the same one, and in what order they came.

use crate::oom::dates;
use crate::oom::episode::victim_pid;
use kernel::oom_report::report::{OomReport, Place, Timestamp as Stamp};
use model::calendar::Calendar;
use model::incident::observed::Log;
use model::incident::witness::LogSource;
use model::incident::{Assumed, When};
use model::reading::Reading;
use model::snapshot::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Two clocks of the same kill: `/dev/kmsg` and the journal carry the same microseconds, shorter forms round.
const SAME_CLOCK: Duration = Duration::from_secs(1);

/// Wall clocks printed by different programs differ by rounding and by the time a machine slept.
const SAME_WALL: Duration = Duration::from_secs(2);

/// Time zones differ by whole quarters of an hour, and by 26 hours at most.
const ZONE_STEP: Duration = Duration::from_secs(15 * 60);
const ZONES_APART: Duration = Duration::from_secs(26 * 3_600);

/// One report, where it was seen, and when.
#[derive(Clone, Debug)]
pub struct Sighting<'a> {
    /// The report.
    pub report: &'a OomReport,
    /// Every kind of log that has it.
    pub sources: Vec<LogSource>,
    /// When.
    pub when: When,
    /// Its place among all sightings, from the oldest.
    pub rank: usize,
}

/// The reports of all logs from the oldest, each once: of a report seen twice the more complete one is kept. Each log keeps its
/// own order, for a clock may jump. `calendars` go with the logs.
#[must_use]
pub fn sightings<'a>(logs: &'a [Log], calendars: &[Calendar]) -> Vec<Sighting<'a>> {
    let mut kept: Vec<Sighting<'_>> = Vec::new();
    let mut by_pid: HashMap<Option<u64>, Vec<usize>> = HashMap::new();
    for mut sighting in merged(logs, calendars) {
        let same_pid = by_pid.entry(victim_pid(sighting.report)).or_default();
        let twin = same_pid
            .iter()
            .copied()
            .find(|index| kept.get(*index).is_some_and(|other| is_same(other, &sighting)));
        match twin.and_then(|index| kept.get_mut(index)) {
            Some(twin) => absorb(twin, &sighting),
            None => {
                sighting.rank = kept.len();
                same_pid.push(kept.len());
                kept.push(sighting);
            }
        }
    }
    kept
}

/// When a report was written, by the clocks its log has.
#[must_use]
pub fn when(log: &Log, report: &OomReport, calendar: Option<&Calendar>) -> When {
    let mut when = When { boot: log.boot.clone(), ..When::default() };
    let booted = log.booted_at.get();
    let uptime = report.first.uptime;
    when.since_boot = uptime.map(Duration::from_micros).into();
    match &report.first.timestamp {
        Some(Stamp::Uptime(micros)) => {
            when.since_boot = Reading::Value(Duration::from_micros(*micros));
            when.wall = booted.map(|booted| Timestamp(booted.0.saturating_add(micros / 1_000))).into();
        }
        Some(Stamp::Unix(micros)) => {
            let millis = micros / 1_000;
            let since = booted.and_then(|booted| millis.checked_sub(booted.0)).map(Duration::from_millis);
            when.wall = Reading::Value(Timestamp(millis));
            when.since_boot = when.since_boot.or_if_absent(|| since.into());
        }
        Some(Stamp::Printed(date)) => {
            (when.wall, when.assumed) = dates::moment(date, calendar);
            when.printed = Some(date.clone());
        }
        None => {}
    }
    when
}

/// How long it took a report to be written. The kernel counts a kill when it has printed what leads to it, which on a slow console
/// takes seconds (`dump_header` comes before `__oom_kill_process`, mm/oom_kill.c).
#[must_use]
pub fn lasted(report: &OomReport) -> Duration {
    let micros = |place: &Place| {
        place.uptime.or(match place.timestamp {
            Some(Stamp::Uptime(micros) | Stamp::Unix(micros)) => Some(micros),
            Some(Stamp::Printed(_)) | None => None,
        })
    };
    let ends = micros(&report.first).zip(micros(&report.last));
    Duration::from_micros(ends.map_or(0, |(first, last)| last.saturating_sub(first)))
}

/// Whether two reports can be of one machine.
#[must_use]
pub fn is_same_machine(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    let may_be = |one: Option<&str>, other: Option<&str>| one.is_none() || other.is_none() || one == other;
    may_be(one.report.host.as_deref(), other.report.host.as_deref())
        && boots(&one.when, &other.when).is_none_or(|(one, other)| one == other)
}

/// How far apart two moments are by a clock that both have, and how far apart that clock may show one moment.
#[must_use]
pub fn time_between(one: &When, other: &When) -> Option<(Duration, Duration)> {
    if let Some(apart) = apart_since_boot(one, other) {
        return Some((apart, SAME_CLOCK));
    }
    if let Some(apart) = apart_by_wall(one, other) {
        return Some((apart, SAME_WALL));
    }
    let same_text = one.printed.is_some() && one.printed == other.printed;
    same_text.then_some((Duration::ZERO, SAME_WALL))
}

/// All sightings. From the logs' heads the earliest is taken again and again, so that no log is reordered.
fn merged<'a>(logs: &'a [Log], calendars: &[Calendar]) -> Vec<Sighting<'a>> {
    let mut queues: Vec<_> = logs
        .iter()
        .enumerate()
        .map(|(index, log)| of_log(log, calendars.get(index)).into_iter().peekable())
        .collect();
    let mut merged: Vec<Sighting<'_>> = Vec::new();
    loop {
        let mut first: Option<(usize, When)> = None;
        for (index, queue) in queues.iter_mut().enumerate() {
            let Some(head) = queue.peek() else { continue };
            if first.as_ref().is_none_or(|(_, first)| is_earlier(&head.0, first)) {
                first = Some((index, head.0.clone()));
            }
        }
        let next = first.and_then(|(index, _)| queues.get_mut(index)).and_then(Iterator::next);
        let Some((_, sighting)) = next else { return merged };
        merged.push(sighting);
    }
}

/// The sightings of one log, each with the moment by which it is sorted: of a report without a date it is that of the one before.
fn of_log<'a>(log: &'a Log, calendar: Option<&Calendar>) -> Vec<(When, Sighting<'a>)> {
    let sighting = |report: &'a OomReport| {
        let when = when(log, report, calendar);
        (when.clone(), Sighting { report, sources: vec![log.source], when, rank: 0 })
    };
    let mut sightings: Vec<_> = log.reports.iter().map(sighting).collect();
    let mut wall = sightings.iter().find_map(|(_, sighting)| sighting.when.wall.get());
    for (when, _) in &mut sightings {
        wall = when.wall.get().or(wall);
        when.wall = wall.into();
    }
    sightings
}

/// Whether a moment lies before another: by the kernel's clock within one boot, else by the wall clock. What has no date comes first.
fn is_earlier(one: &When, other: &When) -> bool {
    let has_wall = one.wall.value().is_some() || other.wall.value().is_some();
    let is_one_boot = boots(one, other).map_or(!has_wall, |(one, other)| one == other);
    match (one.since_boot.get(), other.since_boot.get()) {
        (Some(one), Some(other)) if is_one_boot => one < other,
        (_, _) => one.wall.get() < other.wall.get(),
    }
}

fn absorb<'a>(kept: &mut Sighting<'a>, other: &Sighting<'a>) {
    let mut sources = kept.sources.clone();
    sources.extend(other.sources.iter().filter(|source| !kept.sources.contains(source)));
    let is_exact = |when: &When| when.wall.value().is_some() && when.assumed == Assumed::Nothing;
    let is_known = |when: &When| when.wall.value().is_some();
    let other_tells =
        (is_exact(&other.when) && !is_exact(&kept.when)) || (is_known(&other.when) && !is_known(&kept.when));
    let wall = if other_tells { &other.when } else { &kept.when };
    let when = When {
        boot: known(&kept.when.boot, &other.when.boot),
        since_boot: known(&kept.when.since_boot, &other.when.since_boot),
        wall: wall.wall.clone(),
        printed: kept.when.printed.clone().or_else(|| other.when.printed.clone()),
        assumed: wall.assumed,
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
    if !is_same_victim(one.report, other.report) {
        return false;
    }
    let has_figures = has_same_figures(one.report, other.report);
    let Some((apart, near)) = time_between(&one.when, &other.when) else {
        // No common clock: the figures of the kill line tell, they differ from kill to kill.
        return has_figures;
    };
    let wall_apart = apart_by_wall(&one.when, &other.when);
    if apart > near {
        let is_by_wall = wall_apart == Some(apart);
        return is_by_wall && has_figures && is_zone_apart(&one.when, &other.when, apart);
    }
    // Another boot has the same uptimes: without its name the dates or the figures must agree.
    boots(&one.when, &other.when).is_some()
        || has_figures
        || wall_apart.is_none_or(|apart| apart <= SAME_WALL)
}

/// Whether the same moment, read in a zone that was only assumed, is so far away.
fn is_zone_apart(one: &When, other: &When, apart: Duration) -> bool {
    let is_assumed = |when: &When| match when.assumed {
        Assumed::Zone | Assumed::YearAndZone => true,
        Assumed::Nothing | Assumed::Year => false,
    };
    let beyond = Duration::from_millis(millis(apart) % millis(ZONE_STEP));
    (is_assumed(one) || is_assumed(other))
        && apart <= ZONES_APART
        && (beyond <= SAME_WALL || beyond + SAME_WALL >= ZONE_STEP)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn is_same_victim(one: &OomReport, other: &OomReport) -> bool {
    let agree =
        |one: Option<&str>, other: Option<&str>| one.zip(other).is_none_or(|(one, other)| one == other);
    let comm = |report: &OomReport| report.victims.first().map(|victim| victim.comm.clone());
    agree(comm(one).as_deref(), comm(other).as_deref())
        && agree(one.task_memcg.as_deref(), other.task_memcg.as_deref())
}

fn has_same_figures(one: &OomReport, other: &OomReport) -> bool {
    let victim = one.victims.first().zip(other.victims.first());
    victim.is_some_and(|(one, other)| one == other && one.anon_rss.is_some())
}

/// A report cut short may not tell its kind.
fn is_partial(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    !one.report.missing.is_empty() || !other.report.missing.is_empty()
}

fn boots(one: &When, other: &When) -> Option<(model::kernel_log::BootId, model::kernel_log::BootId)> {
    one.boot.get().zip(other.boot.get())
}

fn apart_since_boot(one: &When, other: &When) -> Option<Duration> {
    let (one, other) = one.since_boot.get().zip(other.since_boot.get())?;
    Some(one.abs_diff(other))
}

fn apart_by_wall(one: &When, other: &When) -> Option<Duration> {
    let (one, other) = one.wall.get().zip(other.wall.get())?;
    Some(Duration::from_millis(one.0.abs_diff(other.0)))
}
