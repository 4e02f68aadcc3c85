//! `highwater oom show`: the whole story of one kill.

use crate::cli::oom::Origin;
use crate::cli::oom::ended;
use crate::cli::oom::gather;
use crate::cli::oom::ls::Words;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::Args;
use model::incident::Incident;
use store::record::StoredIncident;
use view::incident;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom show web                the last kill in the container web
  highwater oom show k4f2a91            by the name that `oom ls` prints
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
        if let Some(kept) = args.target.as_deref().and_then(|target| kept(&gathered.kept, target)) {
            output::json(&kept.document)?;
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
    match args.format {
        Format::Json => {
            let words = Words::of(found);
            output::json(&api::incidents::one(&words.told(found)))?;
        }
        Format::Text => output::lines(&incident::story(found, output::width()))?,
    }
    Ok(Outcome::Findings)
}

/// An incident that only the store still knows is told as it was kept.
fn kept<'a>(kept: &'a [StoredIncident], target: &str) -> Option<&'a StoredIncident> {
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
