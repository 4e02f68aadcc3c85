//! `highwater node apply`: the plan is shown, asked about, and done step by step with a journal.

use super::planned;
use super::stage::{self, StateFlag, Teller, is_agreed, no_right, print, refusal};
use super::wanted::WantedFlags;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use apply::host::Machine;
use apply::journal::Journal;
use apply::run;
use clap::Args;
use model::node_run::{NodeRun, StoppedAt, Verb};
use model::plan::Plan;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node apply --swap 8Gi             a swap file: the plan is shown, then asked about
  highwater node apply workers.yaml --yes     what a NodeSwap file wants, in a script
  highwater node apply --swap 8Gi --dry-run   the plan alone
  highwater node apply                        goes on with a run that was interrupted
  highwater node apply --root /mnt/image --swap 8Gi --yes
                                              an image: its files; the rest is left to its first boot

Every step is written down before and after it is done. A run stops at the first step that fails, or that finds the machine other
than the plan expects; `highwater node undo` takes everything back. Exit status: 0 done, or nothing to do; 3 not done.";

/// Flags of `node apply`.
#[derive(Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    wanted: WantedFlags,
    #[command(flatten)]
    state: StateFlag,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Applies.
///
/// # Errors
/// When it is not clear what is wanted, or standard output cannot be written.
pub fn run(global: &Global, args: &ApplyArgs) -> anyhow::Result<Outcome> {
    let wanted = args.wanted.wanted_if_any()?;
    let machine = stage::machine(global)?;
    let state = args.state.folder(global);
    if args.dry_run {
        return dry_run(global, args, &state);
    }
    let mut report = NodeRun {
        verb: Verb::Apply,
        steps: Vec::new(),
        stopped: None,
        journal: state.join("journal").display().to_string(),
    };
    report.stopped = no_right(&machine);
    if report.stopped.is_none() {
        match stage::open(&state, "node apply") {
            Err(stopped) => report.stopped = Some(stopped),
            Ok((_lock, mut journal)) => {
                if wanted.is_none() && !journal.history().is_interrupted() {
                    anyhow::bail!(
                        "nothing is wanted and no run was interrupted: expected a NodeSwap file, or flags such as `--swap 8Gi`"
                    );
                }
                let run = Run { global, args, machine: &machine };
                report.stopped = run.interrupted(&mut journal, &mut report.steps)?;
                if let (None, Some(wanted)) = (&report.stopped, &wanted) {
                    let plan = planned::plan(global, wanted)?;
                    report.stopped = run.plan(&mut journal, &plan, &mut report.steps)?;
                }
            }
        }
    }
    finish(&report, args.format)
}

/// Prints what became of it.
///
/// # Errors
/// When standard output cannot be written.
pub fn finish(report: &NodeRun, format: Format) -> anyhow::Result<Outcome> {
    match format {
        Format::Text => output::lines(&view::node_run::end(report))?,
        Format::Json => output::json(&api::node_run::document(report))?,
    }
    Ok(if report.stopped.is_some() { Outcome::NotDone } else { Outcome::Fine })
}

fn dry_run(global: &Global, args: &ApplyArgs, state: &Path) -> anyhow::Result<Outcome> {
    let journal = Journal::open(state)?;
    if journal.history().is_interrupted() {
        print(Format::Text, &view::node_run::interrupted(&left(&journal)))?;
    }
    let Some(wanted) = args.wanted.wanted_if_any()? else { return Ok(Outcome::Fine) };
    let plan = planned::plan(global, &wanted)?;
    print(Format::Text, &view::node_run::plan(&plan))?;
    Ok(if plan.refusals.is_empty() { Outcome::Fine } else { Outcome::NotDone })
}

/// Names of the steps that an interrupted run did not come to, and why it stopped.
fn left(journal: &Journal) -> Vec<(String, Option<String>)> {
    let history = journal.history();
    let entries = history.entries().get(history.last_plan()).unwrap_or_default().iter();
    let open = entries.filter(|entry| {
        matches!(
            entry.state,
            apply::journal::history::StepState::Planned | apply::journal::history::StepState::Begun
        )
    });
    open.map(|entry| (entry.step.name.clone(), entry.failure.clone())).collect()
}

struct Run<'a> {
    global: &'a Global,
    args: &'a ApplyArgs,
    machine: &'a Machine,
}

impl Run<'_> {
    /// Goes on with a run that was interrupted.
    fn interrupted(
        &self,
        journal: &mut Journal,
        steps: &mut Vec<model::node_run::StepRun>,
    ) -> anyhow::Result<Option<StoppedAt>> {
        if journal.history().is_undo_interrupted() {
            return Ok(Some(refusal(
                "an undo was begun and did not come to its end; `highwater node undo` goes on with it",
            )));
        }
        if !journal.history().is_interrupted() {
            return Ok(None);
        }
        print(self.args.format, &view::node_run::interrupted(&left(journal)))?;
        if let Err(refused) = is_agreed("Go on with it?", self.args.yes)? {
            return Ok(Some(refused));
        }
        let mut teller = Teller::new(journal.history().last_plan().len(), self.args.format == Format::Text);
        let ended = run::go_on(self.machine, journal, &mut |event| teller.hear(event));
        steps.extend(teller.into_steps());
        Ok(ended.err().map(|error| stage::stopped(&error)))
    }

    /// Does a plan that was just made.
    fn plan(
        &self,
        journal: &mut Journal,
        plan: &Plan,
        steps: &mut Vec<model::node_run::StepRun>,
    ) -> anyhow::Result<Option<StoppedAt>> {
        print(self.args.format, &view::node_run::plan(plan))?;
        if let Some(refused) = plan.refusals.first() {
            return Ok(Some(refusal(format!("{}; {}", refused.why, refused.remedy))));
        }
        if plan.steps.is_empty() {
            return Ok(None);
        }
        let question =
            format!("Do {} on {}?", view::units::count(plan.steps.len() as u64, "step"), place(self.global));
        if let Err(refused) = is_agreed(&question, self.args.yes)? {
            return Ok(Some(refused));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut teller = Teller::new(plan.steps.len(), self.args.format == Format::Text);
        let ended = run::start(self.machine, journal, plan, now, &mut |event| teller.hear(event));
        steps.extend(teller.into_steps());
        Ok(ended.err().map(|error| stage::stopped(&error)))
    }
}

fn place(global: &Global) -> String {
    if global.root == Path::new("/") { "this machine".to_owned() } else { global.root.display().to_string() }
}
