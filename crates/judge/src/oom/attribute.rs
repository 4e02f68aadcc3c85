//! Kills without a report: whose they were, as far as process ids and counters tell.
//!
//! The kernel prints the cgroups of ten kills in five seconds; of the others one line each, without a path. A counter that rose
//! by more than the reports explain has room for them. Where exactly one has, the kill is its; where several have, nobody
//! guesses. A cgroup that was notified and whose counter stood still is never named: cgroup v1 notifies every cgroup below
//! the limit, the sleeping ones too.

use crate::oom::Observed;
use crate::oom::episode::{Episode, is_placeless, victim_pid};
use kernel::oom_report::report::OomReport;
use model::incident::observed::CounterChange;
use model::incident::{Attribution, Counted};
use std::time::Duration;

/// The counter is written after the notification and about 0.2 ms before the kill line (measured on 6.18); a look that was
/// this near may have been on either side.
const COUNTER_LAG: Duration = Duration::from_millis(100);

/// Between two looks further apart than this, cgroups have come and gone that nobody counted: that only one of those left has
/// room for a kill then proves nothing.
const LOOKS_APART_MAX: Duration = Duration::from_secs(10);

/// A counter that rose by more than reports explain.
struct Room<'a> {
    change: &'a CounterChange,
    left: u64,
}

/// Gives kills without a report their place, and makes episodes of what only counters tell.
#[must_use]
pub fn attribute<'a>(episodes: Vec<Episode<'a>>, observed: &Observed<'a>) -> Vec<Episode<'a>> {
    let (bare, mut reported): (Vec<_>, Vec<_>) = episodes
        .into_iter()
        .partition(|episode| episode.sightings.iter().all(|sighting| is_placeless(sighting.report)));
    let mut rooms = rooms(&reported, observed);
    let (mut placed, mut open) = by_first_process(bare, observed, &mut rooms);
    placed.extend(by_only_candidate(&mut open, observed, &mut rooms));
    reported.extend(merged(placed));
    reported.extend(nobodys(open, observed, &rooms));
    reported.extend(rooms.into_iter().filter(|room| room.left > 0).map(|room| Episode {
        sightings: Vec::new(),
        attribution: Attribution::CounterAlone,
        change: Some(room.change),
        unnamed_kills: room.left,
    }));
    reported
}

/// How much each counter rose beyond what reports explain.
fn rooms<'a>(reported: &[Episode<'a>], observed: &Observed<'a>) -> Vec<Room<'a>> {
    let mut rooms: Vec<Room<'a>> = observed
        .changes
        .iter()
        .filter_map(|change| {
            let rose = own_rise(change, observed.changes).filter(|rose| *rose > 0)?;
            Some(Room { change, left: unexplained(change, rose, reported, observed) })
        })
        .collect();
    // A table listed the victims of a level above without saying which of its cgroups each was in.
    for episode in reported {
        let mut unplaced = bare_victims(episode);
        let level = main_report(episode).and_then(|report| report.oom_memcg.as_deref());
        for room in &mut rooms {
            let is_below = level.is_some_and(|level| is_at_or_below(&room.change.cgroup.path, level));
            if is_below && covers(room.change, episode, observed) {
                let taken = room.left.min(unplaced);
                room.left -= taken;
                unplaced -= taken;
            }
        }
    }
    rooms
}

/// The rise of a cgroup's own counter. Where only the counter of the whole subtree exists, a cgroup below that rose too is the
/// one meant.
fn own_rise(change: &CounterChange, all: &[CounterChange]) -> Option<u64> {
    if let Some(own) = change.rose(|counters| counters.own_kills.clone()).get() {
        return Some(own);
    }
    let rise = |change: &CounterChange| change.rose(|counters| counters.kills.clone()).get();
    let is_told_below = all.iter().any(|other| {
        other.cgroup.path != change.cgroup.path
            && is_at_or_below(&other.cgroup.path, &change.cgroup.path)
            && rise(other).is_some_and(|rose| rose > 0)
    });
    rise(change).filter(|_| !is_told_below)
}

/// What is left of a rise when the kills that reports place here are taken away; each process once.
fn unexplained(change: &CounterChange, rose: u64, reported: &[Episode<'_>], observed: &Observed<'_>) -> u64 {
    let mut explained = 0;
    let mut groups = 0;
    for episode in reported.iter().filter(|episode| covers(change, episode, observed)) {
        for report in episode.sightings.iter().map(|sighting| sighting.report) {
            let is_here = report.task_memcg.as_deref() == Some(&change.cgroup.path);
            match &report.oom_group {
                // A group above killed everything below it: its report names them all.
                Some(group) if is_at_or_below(&change.cgroup.path, group) => {
                    groups += 1;
                    explained = if is_here && *group == change.cgroup.path {
                        explained + named(report) + 1
                    } else {
                        rose
                    };
                }
                Some(_) | None if is_here => explained += named(report),
                Some(_) | None => {}
            }
        }
        if main_report(episode).and_then(|report| report.task_memcg.as_deref()) == Some(&change.cgroup.path)
            && is_level_own(episode)
        {
            explained += bare_victims(episode);
        }
    }
    let groups_here = change.rose(|counters| counters.group_kills.clone()).get().unwrap_or(0);
    rose.saturating_sub(explained).saturating_sub(groups_here.saturating_sub(groups))
}

fn named(report: &OomReport) -> u64 {
    u64::try_from(report.victims.len().max(usize::from(report.chosen.is_some()))).unwrap_or(u64::MAX)
}

fn bare_victims(episode: &Episode<'_>) -> u64 {
    let bare = episode.sightings.iter().filter(|sighting| is_placeless(sighting.report));
    bare.map(|sighting| named(sighting.report)).sum()
}

/// The limit was the victim's own cgroup's, so whoever stood in the table was in that cgroup.
fn is_level_own(episode: &Episode<'_>) -> bool {
    main_report(episode).is_some_and(|report| report.oom_memcg == report.task_memcg)
}

fn main_report<'a>(episode: &Episode<'a>) -> Option<&'a OomReport> {
    let whole = episode.sightings.iter().find(|sighting| !is_placeless(sighting.report));
    whole.or(episode.sightings.first()).map(|sighting| sighting.report)
}

/// Whether an episode of the same boot falls between the two looks.
fn covers(change: &CounterChange, episode: &Episode<'_>, observed: &Observed<'_>) -> bool {
    let Some(when) = episode.sightings.first().map(|sighting| &sighting.when) else { return false };
    let is_this_boot =
        when.boot.value().zip(observed.boot.value()).is_none_or(|(theirs, ours)| theirs == ours);
    let in_time = when
        .since_boot
        .get()
        .is_some_and(|at| at + COUNTER_LAG >= change.from && at <= change.to + COUNTER_LAG);
    is_this_boot && in_time
}

/// Whether a path is `above` or below it.
#[must_use]
pub fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The victim is the first process of a container whose runtime told its number.
fn by_first_process<'a>(
    bare: Vec<Episode<'a>>,
    observed: &Observed<'a>,
    rooms: &mut [Room<'a>],
) -> (Vec<Episode<'a>>, Vec<Episode<'a>>) {
    let mut placed = Vec::new();
    let mut open = Vec::new();
    for mut episode in bare {
        let pid = episode.sightings.first().and_then(|sighting| victim_pid(sighting.report));
        let path = pid.and_then(|pid| container_of(pid, observed));
        let room = rooms.iter_mut().find(|room| {
            room.left > 0
                && path.is_some_and(|path| is_at_or_below(&room.change.cgroup.path, path))
                && covers(room.change, &episode, observed)
        });
        match room {
            Some(room) => {
                room.left = room.left.saturating_sub(1);
                episode.change = Some(room.change);
                episode.attribution = Attribution::FirstProcess;
                placed.push(episode);
            }
            None => open.push(episode),
        }
    }
    (placed, open)
}

fn container_of<'a>(pid: u64, observed: &Observed<'a>) -> Option<&'a str> {
    let is_first = |pid_of: Option<u32>| pid_of.is_some_and(|first| u64::from(first) == pid);
    let mut cgroups = observed.cgroups.iter();
    cgroups
        .find(|cgroup| is_first(cgroup.container.as_ref().and_then(|container| container.pid.get())))
        .map(|cgroup| cgroup.path.as_str())
}

/// Whether the two looks were near enough to each other that no other cgroup can have had the kill unseen.
#[must_use]
pub fn is_close(change: &CounterChange) -> bool {
    change.to.saturating_sub(change.from) <= LOOKS_APART_MAX
}

/// Only one counter has room. Each kill that finds its place may leave one counter alone for another.
fn by_only_candidate<'a>(
    open: &mut Vec<Episode<'a>>,
    observed: &Observed<'a>,
    rooms: &mut [Room<'a>],
) -> Vec<Episode<'a>> {
    let mut placed = Vec::new();
    loop {
        let before = open.len();
        for mut episode in std::mem::take(open) {
            let mut candidates = rooms.iter_mut().filter(|room| {
                room.left > 0 && is_close(room.change) && covers(room.change, &episode, observed)
            });
            match (candidates.next(), candidates.next()) {
                (Some(room), None) => {
                    room.left = room.left.saturating_sub(1);
                    episode.change = Some(room.change);
                    episode.attribution = Attribution::OnlyCandidate;
                    placed.push(episode);
                }
                (Some(_) | None, _) => open.push(episode),
            }
        }
        if open.len() == before {
            return placed;
        }
    }
}

/// Kills that found the same counter are one episode.
fn merged(placed: Vec<Episode<'_>>) -> Vec<Episode<'_>> {
    let mut merged: Vec<Episode<'_>> = Vec::new();
    for episode in placed {
        let same = merged.iter_mut().find(|other| {
            other.attribution == episode.attribution
                && other.change.map(std::ptr::from_ref) == episode.change.map(std::ptr::from_ref)
        });
        match same {
            Some(same) => same.sightings.extend(episode.sightings),
            None => merged.push(episode),
        }
    }
    merged
}

/// What is left belongs to nobody for certain; as many of the lines as counters have room for are counted there already.
fn nobodys<'a>(open: Vec<Episode<'a>>, observed: &Observed<'a>, rooms: &[Room<'a>]) -> Vec<Episode<'a>> {
    let mut left: Vec<u64> = rooms.iter().map(|room| room.left).collect();
    open.into_iter()
        .map(|mut episode| {
            let is_candidate = |room: &Room<'_>| room.left > 0 && covers(room.change, &episode, observed);
            let candidates: Vec<usize> = rooms
                .iter()
                .enumerate()
                .filter(|(_, room)| is_candidate(room))
                .map(|(index, _)| index)
                .collect();
            let free =
                candidates.iter().copied().find(|index| left.get(*index).is_some_and(|left| *left > 0));
            let counted = match free.and_then(|index| left.get_mut(index)) {
                Some(left) => {
                    *left -= 1;
                    Counted::InAnIncident
                }
                None => Counted::Apart,
            };
            episode.attribution = Attribution::Nobody { candidates: candidates.len(), counted };
            episode
        })
        .collect()
}
