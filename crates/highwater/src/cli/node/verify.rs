//! `highwater node verify`: the machine judged again, by the journal and by a plan made now.

use super::planned;
use super::stage::{self, StateFlag};
use super::wanted::WantedFlags;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use apply::host::Machine;
use apply::journal::Journal;
use apply::verify::differences;
use clap::Args;
use model::node_run::{Difference, Shows};
use model::plan::Plan;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node verify                is everything as `node apply` left it?
  highwater node verify --swap 8Gi     the same, and a plan made now must be empty
  highwater node verify workers.yaml --format json

Exit status: 0 as wanted; 1 something differs.";

/// Flags of `node verify`.
#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    wanted: WantedFlags,
    #[command(flatten)]
    state: StateFlag,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Options")]
    format: Format,
}

/// Verifies.
///
/// # Errors
/// When the journal cannot be read, or there is nothing to judge by.
pub fn run(global: &Global, args: &VerifyArgs) -> anyhow::Result<Outcome> {
    let machine = stage::machine(global)?;
    let wanted = args.wanted.wanted_if_any()?;
    let journal = Journal::open(&args.state.folder(global))?;
    let history = journal.history();
    let judged = if history.is_undone() { 0 } else { history.wanted_count() };
    if wanted.is_none() && (judged == 0 || !history.has_something_to_undo()) {
        let what = if history.has_something_to_undo() {
            "what was run here was taken back"
        } else {
            "no plan was run here"
        };
        anyhow::bail!(
            "{}: {what}; expected a NodeSwap file or flags such as `--swap 8Gi` to judge by",
            journal.path().display()
        );
    }
    let mut found = if history.is_undone() { Vec::new() } else { differences(&machine, history) };
    let plan = wanted.map(|wanted| planned::plan(global, &wanted)).transpose()?;
    if let Some(plan) = &plan {
        found.extend(of_plan(&machine, plan, &found));
    }
    match args.format {
        Format::Text => output::lines(&view::node_run::verified(&found, judged, plan.is_some()))?,
        Format::Json => output::json(&api::node_run::verified(&found, judged, plan.is_some()))?,
    }
    Ok(if found.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// What a plan made now would do or refuse.
fn of_plan(machine: &Machine, plan: &Plan, found: &[Difference]) -> Vec<Difference> {
    let is_known = |name: &str| found.iter().any(|difference| difference.step == name);
    let steps = plan.steps.iter().filter(|step| machine.takes(&step.change) && !is_known(&step.name));
    let steps = steps.map(|step| Difference {
        step: step.name.clone(),
        why: step.why.clone(),
        shows: Shows::Planned,
    });
    let refusals = plan.refusals.iter().map(|refusal| Difference {
        step: "refused".to_owned(),
        why: refusal.remedy.clone(),
        shows: Shows::Other(refusal.why.clone()),
    });
    steps.chain(refusals).collect()
}
