//! What an exit code says about memory, held against the incidents of the container.

use model::container::EndedContainer;
use model::incident::exit::{ExitVerdict, Language};
use model::incident::{Incident, When};
use model::snapshot::Missing;
use std::time::Duration;

/// 128 + SIGKILL: by anyone.
const SIGKILLED: i32 = 137;

/// An end within this time of a kill is its consequence.
const SOON: Duration = Duration::from_secs(10);

/// What the end of a container means that its runtime remembers. `incidents` and `missing` as for [`verdict`].
#[must_use]
pub fn verdict_of(
    ended: &EndedContainer,
    when: &When,
    incidents: &[&Incident],
    missing: &[Missing],
) -> ExitVerdict {
    match verdict(ended.exit_code, when, incidents, missing, None) {
        // The runtime heard of a kill, so that nothing else knows of it means that it was forgotten.
        ExitVerdict::KilledBySomebody | ExitVerdict::MaybeOomKilled | ExitVerdict::NotMemory
            if ended.oom_killed =>
        {
            ExitVerdict::OomByRuntimeAlone
        }
        verdict => verdict,
    }
}

/// What the end of a container with this code at this time means. `incidents` are those of this container; `missing` are the
/// witnesses of OOM kills that could not be heard; `last_words` is the end of the container's log, where somebody has it.
#[must_use]
pub fn verdict(
    code: i32,
    ended: &When,
    incidents: &[&Incident],
    missing: &[Missing],
    last_words: Option<&str>,
) -> ExitVerdict {
    let near = incidents.iter().find(|incident| is_near(&incident.when, ended));
    match (code, near) {
        (SIGKILLED, Some(incident)) => ExitVerdict::OomKilled(incident.id.clone()),
        (_, Some(incident)) => ExitVerdict::OomWithout137(incident.id.clone()),
        (SIGKILLED, None) if missing.is_empty() => ExitVerdict::KilledBySomebody,
        (SIGKILLED, None) => ExitVerdict::MaybeOomKilled,
        (_, None) => {
            last_words.and_then(own_memory_error).map_or(ExitVerdict::NotMemory, ExitVerdict::OutOfOwnMemory)
        }
    }
}

/// The language runtime that says it ran out of its own memory. The exit code alone does not tell: 1, 2, 3 and 134 mean other
/// things as well.
#[must_use]
pub fn own_memory_error(log: &str) -> Option<Language> {
    const MARKS: [(&str, Language); 5] = [
        ("java.lang.OutOfMemoryError", Language::Jvm),
        ("There is insufficient memory for the Java Runtime Environment", Language::Jvm),
        ("JavaScript heap out of memory", Language::Node),
        ("fatal error: runtime: out of memory", Language::Go),
        ("runtime: cannot allocate memory", Language::Go),
    ];
    MARKS.iter().find(|(mark, _)| log.contains(mark)).map(|(_, language)| *language)
}

fn is_near(kill: &When, ended: &When) -> bool {
    if kill.boot.value().zip(ended.boot.value()).is_some_and(|(kill, ended)| kill != ended) {
        return false;
    }
    if let (Some(kill), Some(ended)) = (kill.since_boot.get(), ended.since_boot.get()) {
        return kill.abs_diff(ended) <= SOON;
    }
    kill.wall
        .get()
        .zip(ended.wall.get())
        .is_some_and(|(kill, ended)| Duration::from_millis(kill.0.abs_diff(ended.0)) <= SOON)
}
