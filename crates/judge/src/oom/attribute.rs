//! Kills without a report: whose they were, as far as process ids and counters tell.
//!
//! The kernel prints the cgroups of ten kills in five seconds; of the others one line each, without a path. A counter that rose
//! by more than the reports explain has room for them. Where exactly one has, the kill is its; where several have, nobody
//! guesses. A cgroup that was notified and whose counter stood still is never named: cgroup v1 notifies every cgroup below
//! the limit, the sleeping ones too.

use crate::oom::Observed;
use crate::oom::episode::{Episode, is_placeless, victim_pid};
use crate::oom::sighting::{Sighting, lasted};
use kernel::oom_report::report::OomReport;
use model::incident::Attribution;
use model::incident::observed::CounterChange;
use std::time::Duration;

/// The counter is written after the notification and about 0.2 ms before the kill line (measured on 6.18); a look that was
/// this near may have been on either side.
const COUNTER_LAG: Duration = Duration::from_millis(100);

/// The kernel's log has a clock that nobody corrects (`local_clock`), looks have another: on a slow machine the two were seen
/// 0.3 s apart. Kills of one cgroup are therefore held against its counters by number first, and by time only this roughly.
pub const CLOCKS_APART: Duration = Duration::from_secs(1);

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
    let mut counted: Vec<Episode<'a>> =
        rooms.iter().filter(|room| room.left > 0).map(counter_alone).collect();
    reported.extend(nobodys(open, observed, &mut counted));
    reported.extend(counted);
    reported
}

/// How much each counter rose beyond what reports explain.
fn rooms<'a>(reported: &[Episode<'a>], observed: &Observed<'a>) -> Vec<Room<'a>> {
    let has_risen = |change| {
        let rose = own_rise(change, observed.changes).filter(|rose| *rose > 0)?;
        Some(Room { change, left: rose })
    };
    let mut rooms: Vec<Room<'a>> = observed.changes.iter().filter_map(has_risen).collect();
    let mut claims: Vec<Claim<'_>> = reported.iter().flat_map(claims_of).collect();
    for slack in [COUNTER_LAG, CLOCKS_APART] {
        for claim in &mut claims {
            let fitting = rooms.iter_mut().filter(|room| claim.place.holds(&room.change.cgroup.path));
            for room in fitting.filter(|room| is_between_looks(room.change, claim.told, observed, slack)) {
                let taken = room.left.min(claim.kills);
                room.left -= taken;
                claim.kills -= taken;
            }
        }
    }
    // A group that was killed whole and has no report counted its first victim twice.
    let reported_groups = |change: &CounterChange| {
        let groups = reported.iter().filter(|episode| {
            let group = episode.sightings.iter().find_map(|sighting| sighting.report.oom_group.as_deref());
            let is_here = group.is_some_and(|group| is_at_or_below(&change.cgroup.path, group));
            is_here && covers(change, episode, observed)
        });
        u64::try_from(groups.count()).unwrap_or(u64::MAX)
    };
    for room in &mut rooms {
        let groups = room.change.rose(|counters| counters.group_kills.clone()).get().unwrap_or(0);
        room.left = room.left.saturating_sub(groups.saturating_sub(reported_groups(room.change)));
    }
    rooms
}

/// Kills that a report places, to be found again in the counters.
struct Claim<'a> {
    place: Place<'a>,
    told: &'a Sighting<'a>,
    kills: u64,
}

/// Where a report says that its victims were.
enum Place<'a> {
    In(&'a str),
    AtOrBelow(&'a str),
}

impl Place<'_> {
    fn holds(&self, path: &str) -> bool {
        match self {
            Self::In(place) => path == *place,
            Self::AtOrBelow(place) => is_at_or_below(path, place),
        }
    }
}

fn claims_of<'a>(episode: &'a Episode<'_>) -> Vec<Claim<'a>> {
    let main = main_report(episode);
    let claim = |sighting: &'a Sighting<'_>| {
        let report = sighting.report;
        let (place, kills) = if is_placeless(report) {
            // It stood in the table of the report before it, which tells the cgroup only where that is the level itself.
            let (level, place) = (main?.oom_memcg.as_deref(), main?.task_memcg.as_deref());
            let own = level.filter(|_| level == place);
            (own.map(Place::In).or(level.map(Place::AtOrBelow))?, named(report))
        } else if let Some(group) = report.oom_group.as_deref() {
            // A group above killed everything below it; its first victim is counted twice.
            (Place::AtOrBelow(group), named(report).saturating_add(1))
        } else {
            (Place::In(report.task_memcg.as_deref()?), named(report))
        };
        Some(Claim { place, told: sighting, kills })
    };
    episode.sightings.iter().filter_map(claim).collect()
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

fn named(report: &OomReport) -> u64 {
    u64::try_from(report.victims.len().max(usize::from(report.chosen.is_some()))).unwrap_or(u64::MAX)
}

fn main_report<'a>(episode: &Episode<'a>) -> Option<&'a OomReport> {
    let whole = episode.sightings.iter().find(|sighting| !is_placeless(sighting.report));
    whole.or(episode.sightings.first()).map(|sighting| sighting.report)
}

/// Whether an episode of the same boot falls between the two looks, as nearly as two clocks can tell.
fn covers(change: &CounterChange, episode: &Episode<'_>, observed: &Observed<'_>) -> bool {
    covers_within(change, episode, observed, CLOCKS_APART)
}

fn covers_within(
    change: &CounterChange,
    episode: &Episode<'_>,
    observed: &Observed<'_>,
    slack: Duration,
) -> bool {
    let first = episode.sightings.first();
    first.is_some_and(|sighting| is_between_looks(change, sighting, observed, slack))
}

/// Whether some of the time in which a report was written lies between two looks.
fn is_between_looks(
    change: &CounterChange,
    told: &Sighting<'_>,
    observed: &Observed<'_>,
    slack: Duration,
) -> bool {
    let boots = told.when.boot.value().zip(observed.boot.value());
    let in_time = |at: Duration| at + lasted(told.report) + slack >= change.from && at <= change.to + slack;
    boots.is_none_or(|(theirs, ours)| theirs == ours) && told.when.since_boot.get().is_some_and(in_time)
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
    let mut slack = COUNTER_LAG;
    loop {
        let before = open.len();
        for mut episode in std::mem::take(open) {
            let mut candidates = rooms.iter_mut().filter(|room| {
                room.left > 0
                    && is_close(room.change)
                    && covers_within(room.change, &episode, observed, slack)
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
        if open.len() == before && slack == CLOCKS_APART {
            return placed;
        }
        if open.len() == before {
            slack = CLOCKS_APART;
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

fn counter_alone<'a>(room: &Room<'a>) -> Episode<'a> {
    Episode {
        sightings: Vec::new(),
        attribution: Attribution::CounterAlone,
        possible: Vec::new(),
        change: Some(room.change),
        unnamed_kills: room.left,
    }
}

/// What is left belongs to nobody for certain. As many of the lines as counters have room for are counted there: to each such
/// counter they are possible victims. The others are told for themselves.
fn nobodys<'a>(
    open: Vec<Episode<'a>>,
    observed: &Observed<'a>,
    counted: &mut [Episode<'a>],
) -> Vec<Episode<'a>> {
    let mut left: Vec<u64> = counted.iter().map(|episode| episode.unnamed_kills).collect();
    let mut apart = Vec::new();
    for mut episode in open {
        let candidates: Vec<usize> = counted
            .iter()
            .enumerate()
            .filter(|(_, counter)| counter.change.is_some_and(|change| covers(change, &episode, observed)))
            .map(|(index, _)| index)
            .collect();
        let free = candidates.iter().copied().find(|index| left.get(*index).is_some_and(|left| *left > 0));
        let Some(room) = free.and_then(|index| left.get_mut(index)) else {
            episode.attribution = Attribution::Nobody { candidates: candidates.len() };
            apart.push(episode);
            continue;
        };
        *room -= 1;
        for index in candidates {
            if let Some(counter) = counted.get_mut(index) {
                counter.possible.extend(episode.sightings.iter().cloned());
            }
        }
    }
    apart
}
