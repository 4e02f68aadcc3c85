//! Containers that have ended, as their engines remember them: who a victim was, and how it ended.

use crate::cli::oom::gather::Gathered;
use crate::cli::output::{self, Format};
use crate::cli::{Global, observe};
use model::container::{Container, EndedContainer};
use model::incident::observed::{Said, Word};
use model::incident::{Incident, When};
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::{Missing, Timestamp};
use std::time::Duration;
use view::incident;
use view::text::{Line, Tone, wrapped};

/// A silent engine costs at most this.
const DEADLINE: Duration = Duration::from_secs(2);

/// What the engines remember, all of it.
///
/// # Errors
/// When `--docker-host` is no unix socket.
pub fn ask(global: &Global) -> anyhow::Result<Vec<EndedContainer>> {
    let asked: Vec<_> = observe::engines(global)?
        .into_iter()
        .map(|engine| std::thread::spawn(move || sources::docker::ended::ended(&engine, DEADLINE)))
        .collect();
    // An engine that cannot be heard was asked for names too, and that says why.
    Ok(asked.into_iter().filter_map(|thread| thread.join().ok()?.ok()).flatten().collect())
}

/// Who they were.
#[must_use]
pub fn containers(ended: &[EndedContainer]) -> Vec<Container> {
    ended.iter().map(|ended| ended.container.clone()).collect()
}

/// What their ends say of kills in this boot.
#[must_use]
pub fn words(ended: &[EndedContainer], uptime: Duration, now: Timestamp) -> Vec<Word> {
    let mut words = Vec::new();
    for one in ended {
        let Some(at) = one.ended_at.get() else { continue };
        if u128::from(now.0.saturating_sub(at.0)) > uptime.as_millis() {
            continue;
        }
        let (of, at) = (&one.container.id.0, since_boot(at, uptime, now));
        words.push(Word { of: of.clone(), at, said: Said::Exited { code: one.exit_code } });
        if one.oom_killed {
            words.push(Word { of: of.clone(), at, said: Said::OomEvent });
        }
    }
    words
}

/// A moment of the wall clock as time since boot.
#[must_use]
pub fn since_boot(at: Timestamp, uptime: Duration, now: Timestamp) -> Duration {
    uptime.saturating_sub(Duration::from_millis(now.0.saturating_sub(at.0)))
}

/// A container of this name, or whose id begins so.
#[must_use]
pub fn named<'a>(ended: &'a [EndedContainer], target: &str) -> Option<&'a EndedContainer> {
    let is_meant = |one: &&EndedContainer| {
        let container = &one.container;
        container.name.value().is_some_and(|name| name == target)
            || (target.len() >= 4 && container.id.0.starts_with(target))
    };
    ended.iter().find(is_meant)
}

/// Tells how a container ended of which no incident is known, and who sends SIGKILL besides the kernel.
///
/// # Errors
/// When standard output cannot be written.
pub fn tell(ended: &EndedContainer, gathered: &Gathered, format: Format) -> anyhow::Result<()> {
    let when = When {
        boot: Reading::<BootId>::Absent,
        since_boot: Reading::Absent,
        wall: ended.ended_at.clone(),
        printed: None,
        ..When::default()
    };
    let is_its = |incident: &&Incident| {
        incident.place.container.as_ref().is_some_and(|container| container.id == ended.container.id)
    };
    let incidents: Vec<&Incident> = gathered.found.incidents.iter().filter(is_its).collect();
    let unheard: Vec<Missing> = gathered
        .missing
        .iter()
        .filter(|missing| missing.what.starts_with("the kernel's log"))
        .cloned()
        .collect();
    let verdict = judge::oom::exit_code::verdict_of(ended, &when, &incidents, &unheard);
    let message = incident::exit_verdict(&verdict);
    match format {
        Format::Json => output::json(&api::container_end::container_end(ended, &verdict, &message))?,
        Format::Text => {
            let mut lines = vec![title(ended)];
            lines.extend(wrapped(&message, output::width().max(20)).into_iter().map(Line::plain));
            output::lines(&lines)?;
        }
    }
    Ok(())
}

fn title(ended: &EndedContainer) -> Line {
    let container = &ended.container;
    let short: String = container.id.0.chars().take(12).collect();
    let name = container.name.value().cloned().unwrap_or(short);
    let heard = if ended.oom_killed { "true" } else { "false" };
    Line::of(Tone::Strong, name).and(
        Tone::Plain,
        format!(" ended with exit code {}; the engine says OOMKilled={heard}.", ended.exit_code),
    )
}
