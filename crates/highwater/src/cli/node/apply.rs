//! `highwater node apply`: the plan is shown, asked about, and done step by step with a journal.

use super::planned;
use super::stage::{self, StateFlag, Teller, is_agreed, no_right, print, refusal};
use super::wanted::WantedFlags;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::Context;
use apply::host::Machine;
use apply::journal::Journal;
use apply::run;
use clap::Args;
use model::node_run::{NodeRun, StoppedAt, Verb};
use model::node_swap::NodeSwap;
use model::plan::Plan;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node apply --swap 8Gi             a swap file: the plan is shown, then asked about
  highwater node apply workers.yaml --yes     what a NodeSwap file wants, in a script
  highwater node apply --swap 8Gi --dry-run   the plan alone
  highwater node plan --swap 8Gi --format json > plan.json && highwater node apply --plan plan.json
                                              a plan that was looked at before: refused when it fits no more
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
    /// A plan that `node plan --format json` printed; `-` is standard input
    #[arg(long, value_name = "FILE", help_heading = "Options")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    state: StateFlag,
    /// Do not ask
    #[arg(long, help_heading = "Options")]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes", help_heading = "Options")]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Options")]
    format: Format,
}

/// Applies.
///
/// # Errors
/// When it is not clear what is wanted, or standard output cannot be written.
pub fn run(global: &Global, args: &ApplyArgs) -> anyhow::Result<Outcome> {
    let wish = args.wish()?;
    let machine = stage::machine(global)?;
    let state = args.state.folder(global);
    if args.dry_run {
        return dry_run(global, &wish, &state);
    }
    let mut report = stage::report(Verb::Apply, &state);
    report.stopped = no_right(&machine);
    if report.stopped.is_none() {
        match stage::open(&state, "node apply") {
            Err(stopped) => report.stopped = Some(stopped),
            Ok((_lock, mut journal)) => {
                if matches!(wish, Wish::Nothing) && !journal.history().is_interrupted() {
                    return Err(nothing());
                }
                let run = Run { global, args, machine: &machine };
                report.stopped = run.interrupted(&mut journal, &mut report.steps)?;
                if let (None, Some(plan)) = (&report.stopped, wish.plan(global)?) {
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
    Ok(match (&report.stopped, report.kept.as_slice()) {
        (Some(_), _) => Outcome::NotDone,
        (None, []) => Outcome::Fine,
        (None, [_, ..]) => Outcome::Findings,
    })
}

fn nothing() -> anyhow::Error {
    anyhow::anyhow!(
        "nothing is wanted and no run was interrupted: expected a NodeSwap file, or flags such as `--swap 8Gi`"
    )
}

/// What the command line asks for.
enum Wish {
    /// To go on with what was begun.
    Nothing,
    /// A machine like this.
    Wanted(NodeSwap),
    /// These steps.
    Plan(Plan),
}

impl ApplyArgs {
    fn wish(&self) -> anyhow::Result<Wish> {
        let wanted = self.wanted.wanted_if_any()?;
        let Some(file) = &self.plan else { return Ok(wanted.map_or(Wish::Nothing, Wish::Wanted)) };
        anyhow::ensure!(wanted.is_none(), "--plan: expected a plan or what is wanted, found both");
        let text = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin().lock()).context("standard input")?
        } else {
            std::fs::read_to_string(file).with_context(|| file.display().to_string())?
        };
        let plan = api::node_plan::read(&text);
        Ok(Wish::Plan(plan.map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?))
    }
}

impl Wish {
    /// The plan for it, as the machine is now.
    fn plan(&self, global: &Global) -> anyhow::Result<Option<Plan>> {
        match self {
            Self::Nothing => Ok(None),
            Self::Wanted(wanted) => planned::plan(global, wanted).map(Some),
            Self::Plan(plan) => Ok(Some(plan.clone())),
        }
    }
}

fn dry_run(global: &Global, wish: &Wish, state: &Path) -> anyhow::Result<Outcome> {
    let journal = Journal::open(state)?;
    if matches!(wish, Wish::Nothing) && !journal.history().is_interrupted() {
        return Err(nothing());
    }
    if journal.history().is_interrupted() {
        print(Format::Text, &view::node_run::interrupted(&left(&journal)))?;
    }
    let Some(plan) = wish.plan(global)? else { return Ok(Outcome::Fine) };
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
        // What an image's first boot does is there already, and nothing that could be done now.
        if !plan.steps.iter().any(|step| self.machine.takes(&step.change)) {
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
