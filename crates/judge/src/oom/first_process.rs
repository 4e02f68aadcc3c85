//! What became of the container's first process.

use crate::oom::Observed;
use crate::oom::attribute::is_at_or_below;
use crate::oom::facts::Facts;
use model::incident::observed::{Said, Word};
use model::incident::{FirstProcess, Scope};
use std::time::Duration;

/// 128 + SIGKILL.
const SIGKILLED: i32 = 137;

/// The clocks of the log and of the runtime differ by this much at most; an end that is older was of an earlier life.
const WORD_EARLY: Duration = Duration::from_millis(500);

/// A busy runtime tells of an end this late.
const WORD_LATE: Duration = Duration::from_secs(30);

/// A cgroup whose counter could be read this long after the kill still had its container: a dead one's cgroup is removed.
const LIVES_AFTER: Duration = Duration::from_secs(1);

/// What became of the container's first process.
#[must_use]
pub fn first_process(facts: &Facts<'_>, observed: &Observed<'_>) -> FirstProcess {
    let Some(container) = &facts.place.container else {
        return FirstProcess::Unknown("it was no container".to_owned());
    };
    let rows = &facts.report.tasks.rows;
    let is_killed = |pid: u64| facts.victims.iter().any(|victim| victim.process.pid == pid);
    // Since a restart the number is another process's: only one that stood in the table was there at the kill.
    let told = observed.containers.iter().filter(|told| told.id == container.id);
    let firsts = [container].into_iter().chain(told).filter_map(|told| told.pid.get().map(u64::from));
    let mut there = firsts.filter(|pid| is_killed(*pid) || rows.iter().any(|row| row.pid == *pid));
    let first = there.next();
    let code = exit_code(facts, observed);
    match (first, code) {
        (Some(pid), _) if is_killed(pid) => return FirstProcess::Killed,
        _ if is_killed_whole(facts) || is_killed_to_the_last(facts) => return FirstProcess::Killed,
        (Some(_), Some(code)) => return FirstProcess::Ended { code },
        (Some(_), None) => return FirstProcess::Lives,
        (None, Some(SIGKILLED)) => return FirstProcess::Killed,
        (None, Some(code)) => return FirstProcess::Ended { code },
        (None, None) => {}
    }
    if is_counted_later(facts, observed) {
        return FirstProcess::Lives;
    }
    FirstProcess::Unknown("nobody told which process was its first when this happened".to_owned())
}

/// Everything in the container was killed because of `memory.oom.group`.
fn is_killed_whole(facts: &Facts<'_>) -> bool {
    facts
        .group
        .as_deref()
        .zip(facts.place.path.value())
        .is_some_and(|(group, path)| is_at_or_below(path, group))
}

/// The table lists every process of the container's own level, its first one among them: all of them died. A log that lost
/// something may have lost rows too.
fn is_killed_to_the_last(facts: &Facts<'_>) -> bool {
    let rows = &facts.report.tasks.rows;
    let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    facts.level.scope == Scope::Container
        && facts.report.missing.is_empty()
        && !rows.is_empty()
        && seen == facts.report.tasks.rows_seen
        && rows.iter().all(|row| facts.victims.iter().any(|victim| victim.process.pid == row.pid))
}

/// The exit code with which the container ended after the kill; of a restarted one that of the life in which it was.
fn exit_code(facts: &Facts<'_>, observed: &Observed<'_>) -> Option<i32> {
    let at = facts.when.since_boot.get()?;
    let id = &facts.place.container.as_ref()?.id.0;
    let is_after = |word: &&Word| word.at + WORD_EARLY >= at && word.at <= at.saturating_add(WORD_LATE);
    let ends = observed.words.iter().filter(|word| word.of == *id).filter(is_after);
    ends.filter_map(|word| match word.said {
        Said::Exited { code } => Some((word.at, code)),
        Said::OomEvent | Said::OomResult | Said::MarkVictim { .. } => None,
    })
    .min_by_key(|(at, _)| *at)
    .map(|(_, code)| code)
}

/// The cgroup that counted the kill could still be read long after it.
fn is_counted_later(facts: &Facts<'_>, observed: &Observed<'_>) -> bool {
    let boots = facts.when.boot.value().zip(observed.boot.value());
    let is_this_boot = boots.is_none_or(|(theirs, ours)| theirs == ours);
    let Some(at) = facts.when.since_boot.get().filter(|_| is_this_boot) else { return false };
    observed.changes.iter().any(|change| {
        let own = change.rose(|counters| counters.own_kills.clone());
        let rose = own.or_if_absent(|| change.rose(|counters| counters.kills.clone()));
        // A restarted container has the same path and a counter that begins at zero.
        Some(&change.cgroup.path) == facts.place.path.value()
            && rose.get().is_some_and(|rose| rose >= facts.kills)
            && change.from <= at
            && change.to >= at + LIVES_AFTER
    })
}
