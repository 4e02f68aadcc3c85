//! `highwater oom show`: the whole story of one kill.

use crate::cli::agent::STATE;
use crate::cli::oom::Origin;
use crate::cli::oom::ended;
use crate::cli::oom::gather;
use crate::cli::oom::ls::Words;
use crate::cli::oom::minutes;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::Args;
use judge::workload_name::of_place;
use model::incident::Incident;
use model::recorded::{RecordedSeries, WorkloadName};
use store::record::StoredIncident;
use view::graph::Glyphs;
use view::incident;
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom show web                the last kill in the container web
  highwater oom show k4f2a91            by the name that `oom ls` prints
  highwater oom show web --state /var/lib/highwater/agent
                                        with the minutes before, as the agent remembers them
  dmesg | highwater oom show --from -   the last kill of a log";

/// Flags of `oom show`.
#[derive(Args)]
pub struct ShowArgs {
    /// An incident, or a container, pod, unit, cgroup or process name; the last incident when not given
    target: Option<String>,
    #[command(flatten)]
    origin: Origin,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// Draw the minutes before with letters and signs alone, as with NO_COLOR
    #[arg(long)]
    ascii: bool,
}

/// Tells.
///
/// # Errors
/// When there is no such incident, a log cannot be read, or standard output cannot be written.
pub fn run(global: &Global, args: &ShowArgs) -> anyhow::Result<Outcome> {
    let gathered = gather::gather(global, &args.origin)?;
    let incidents = &gathered.found.incidents;
    let found = match &args.target {
        Some(target) => incidents.iter().rev().find(|incident| is_meant(incident, target)),
        None => incidents.last(),
    };
    let Some(found) = found else {
        if let Some(kept) = kept(&gathered.kept, args.target.as_deref()) {
            tell_kept(kept, args)?;
            return Ok(Outcome::Findings);
        }
        if let Some(ended) = args.target.as_deref().and_then(|target| ended::named(&gathered.ended, target)) {
            ended::tell(ended, &gathered, args.format)?;
            return Ok(if ended.oom_killed { Outcome::Findings } else { Outcome::Fine });
        }
        if incidents.is_empty() {
            let nothing = gathered.nothing(&args.origin);
            if gathered.missing.is_empty() {
                bail!("{nothing}");
            }
            bail!("{nothing} `highwater oom ls` says who could not be heard");
        }
        let target = args.target.as_deref().unwrap_or_default();
        let count = u64::try_from(incidents.len()).unwrap_or(u64::MAX);
        bail!(
            "expected an incident, or whom it hit, found `{target}`; `highwater oom ls{}` lists {}",
            args.origin.flags(),
            view::units::count(count, "incident")
        );
    };
    let mut found = found.clone();
    found.before = minutes(args, &found);
    match args.format {
        Format::Json => {
            let words = Words::of(&found);
            output::json(&api::incidents::one(&words.told(&found)))?;
        }
        Format::Text => {
            output::lines(&incident::story(&found, output::width(), glyphs(args)))?;
            // Where it was kept there may be more; a log from elsewhere has no such place.
            if found.before.is_none() && args.origin.from.is_empty() && args.origin.state.is_none() {
                let next = format!("highwater oom show {} --state {STATE}", found.id.0);
                let words =
                    "What it held in the minutes before is known where the agent or a watch kept it: ";
                output::lines(&[Line::of(Tone::Quiet, words).and(Tone::Strong, next)])?;
            }
        }
    }
    Ok(Outcome::Findings)
}

fn glyphs(args: &ShowArgs) -> Glyphs {
    let is_ascii = args.ascii || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_ascii { Glyphs::Ascii } else { Glyphs::Blocks }
}

/// The minutes before an incident: as the agent remembers them, else as they were kept with it.
fn minutes(args: &ShowArgs, found: &Incident) -> Option<RecordedSeries> {
    // The watch may have known a name that nobody can tell any more.
    let workload =
        found.before.as_ref().map_or_else(|| of_place(&found.place), |series| series.workload.clone());
    let killed_at = found.when.wall.get().map(|wall| i64::try_from(wall.0 / 1_000).unwrap_or(i64::MAX));
    remembered(args, &workload, killed_at).or_else(|| found.before.clone())
}

/// What the agent remembers; a history that cannot be read does not keep an incident from being told.
fn remembered(args: &ShowArgs, workload: &WorkloadName, killed_at: Option<i64>) -> Option<RecordedSeries> {
    let folder = args.origin.state.as_ref()?;
    minutes::remembered(folder, workload, killed_at?).unwrap_or_else(|error| {
        let words = format!("highwater: the minutes before: {:#}\n", anyhow::Error::from(error));
        // What cannot be told there cannot be told anywhere.
        let _ = std::io::Write::write_all(&mut anstream::stderr(), words.as_bytes());
        None
    })
}

/// An incident that only the store still knows is told as it was kept, with the minutes before.
fn tell_kept(kept: &StoredIncident, args: &ShowArgs) -> anyhow::Result<()> {
    let attached = api::incidents::before::read(&kept.document);
    let killed_at = kept.at_millis.map(|at| i64::try_from(at / 1_000).unwrap_or(i64::MAX));
    let series =
        attached.as_ref().and_then(|series| remembered(args, &series.workload, killed_at)).or(attached);
    if args.format == Format::Json {
        let mut document = kept.document.clone();
        if let (Some(incident), Some(series)) = (document.get_mut("incident"), &series) {
            incident["before"] = api::incidents::before::before(series);
        }
        return Ok(output::json(&document)?);
    }
    let text =
        |key: &str| kept.document.pointer(&format!("/incident/{key}")).and_then(|value| value.as_str());
    let mut lines = vec![
        Line::of(Tone::Strong, &kept.id).and(Tone::Quiet, "  kept; the kernel's log no longer tells of it"),
    ];
    for sentence in ["message", "why"].into_iter().filter_map(text) {
        lines.extend(view::text::wrapped(sentence, output::width().max(20)).into_iter().map(Line::plain));
    }
    lines.extend(incident::minutes_before(series.as_ref(), output::width(), glyphs(args)));
    let next = kept.document.pointer("/incident/next").and_then(|next| next.as_array());
    lines.push(Line::empty());
    let commands = next.into_iter().flatten().filter_map(|command| command.as_str());
    lines.extend(commands.map(|command| Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command)));
    let all = format!("highwater oom show {} --format json{}", kept.id, args.origin.flags());
    lines.push(Line::of(Tone::Quiet, "All that was kept: ").and(Tone::Strong, all));
    Ok(output::lines(&lines)?)
}

/// An incident that only the store still knows is told as it was kept.
fn kept<'a>(kept: &'a [StoredIncident], target: Option<&str>) -> Option<&'a StoredIncident> {
    let Some(target) = target else { return kept.last() };
    let is_meant = |kept: &&StoredIncident| {
        let container =
            kept.document.pointer("/incident/place/container/name").and_then(|name| name.as_str());
        kept.id == target || container == Some(target)
    };
    kept.iter().rev().find(is_meant)
}

/// By its own name, or by anything that names whom it hit.
fn is_meant(incident: &Incident, target: &str) -> bool {
    let place = &incident.place;
    let container = place.container.as_ref();
    let names = [
        Some(incident.id.0.clone()),
        container.and_then(|container| container.name.value().cloned()),
        place.pod.as_ref().map(|pod| pod.uid.clone()),
        place.pod_name.as_ref().map(ToString::to_string),
        place.unit.clone(),
        place.path.value().cloned(),
    ];
    let is_id = container.is_some_and(|container| target.len() >= 4 && container.id.0.starts_with(target));
    let is_last_part =
        place.path.value().is_some_and(|path| path.rsplit('/').next().is_some_and(|name| name == target));
    let is_process = incident
        .victims
        .iter()
        .any(|victim| victim.process.comm == target || victim.process.pid.to_string() == target);
    is_id || is_last_part || is_process || names.into_iter().flatten().any(|name| name == target)
}
