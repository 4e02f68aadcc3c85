//! `highwater oom ls`: every kill, one line each.

use crate::cli::oom::Origin;
use crate::cli::oom::gather::{self, Gathered};
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use api::incidents::Told;
use clap::Args;
use model::incident::Incident;
use model::reading::Reading;
use store::record::StoredIncident;
use view::incident;
use view::text::{Line, Tone, wrapped};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom ls
  highwater oom ls --since 2h
  highwater oom ls --from /var/log/kern.log
  highwater oom ls --format json | jq '.incidents[] | {message, why}'

Exits with 1 when there are kills.";

/// Flags of `oom ls`.
#[derive(Args)]
pub struct LsArgs {
    #[command(flatten)]
    origin: Origin,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// An incident's sentences, made once.
pub struct Words {
    message: String,
    why: String,
    next: Vec<String>,
}

impl Words {
    /// The sentences of an incident.
    #[must_use]
    pub fn of(told: &Incident) -> Self {
        Self { message: incident::sentence(told), why: incident::why(told), next: incident::next(told) }
    }

    /// The incident with its sentences.
    #[must_use]
    pub fn told<'a>(&'a self, incident: &'a Incident) -> Told<'a> {
        Told { incident, message: &self.message, why: &self.why, next: &self.next }
    }
}

/// Lists.
///
/// # Errors
/// When a log cannot be read or standard output cannot be written.
pub fn run(global: &Global, args: &LsArgs) -> anyhow::Result<Outcome> {
    let gathered = gather::gather(global, &args.origin)?;
    let incidents = &gathered.found.incidents;
    match args.format {
        Format::Json => {
            let words: Vec<Words> = incidents.iter().map(Words::of).collect();
            let told: Vec<Told<'_>> =
                incidents.iter().zip(&words).map(|(incident, words)| words.told(incident)).collect();
            let mut document = api::incidents::list(&gathered.found, &told);
            if let Some(incidents) =
                document.get_mut("incidents").and_then(|incidents| incidents.as_array_mut())
            {
                let kept = gathered.kept.iter().filter_map(|kept| kept.document.get("incident")).cloned();
                incidents.splice(0..0, kept);
            }
            output::json(&document)?;
        }
        Format::Text => output::lines(&text(&gathered, &args.origin, output::width()))?,
    }
    Ok(if incidents.is_empty() && gathered.kept.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// An incident that only the store still knows, as it was told.
fn kept_line(kept: &StoredIncident) -> Line {
    let message = kept.document.pointer("/incident/message").and_then(|message| message.as_str());
    Line::of(Tone::Strong, &kept.id)
        .and(Tone::Quiet, "  kept  ")
        .and(Tone::Plain, message.unwrap_or("its sentence is not in the store"))
}

fn text(gathered: &Gathered, origin: &Origin, width: usize) -> Vec<Line> {
    let incidents = &gathered.found.incidents;
    let mut lines: Vec<Line> = gathered.kept.iter().map(kept_line).collect();
    lines.extend(incidents.iter().map(incident::line));
    if lines.is_empty() {
        lines.push(Line::plain(gathered.nothing(origin)));
    } else {
        lines.push(Line::empty());
    }
    if let Some(sentence) = incident::completeness(&gathered.found.completeness) {
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(|line| Line::of(Tone::Warning, line)));
    }
    let is_unread = |incident: &&Incident| matches!(incident.when.wall, Reading::Failed(_));
    let unread = match incidents.iter().filter(is_unread).count() {
        0 => None,
        1 => Some("One date cannot be read and stands as printed, in the order of its log.".to_owned()),
        more => Some(format!("{more} dates cannot be read and stand as printed, in the order of their log.")),
    };
    let undated = (gathered.undated > 0).then(|| {
        let count = view::units::count(gathered.undated, "kill");
        format!("--since does not hold back {count} above, whose date the log does not tell.")
    });
    for sentence in incident::assumptions(incidents).into_iter().chain(unread).chain(undated) {
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    for missing in &gathered.missing {
        let sentence = format!("Not heard: {} ({})", missing.what, missing.why);
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    if let Some(last) = incidents.last() {
        let command = format!("highwater oom show {}{}", last.id.0, origin.flags());
        lines.push(Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command));
    }
    lines
}
