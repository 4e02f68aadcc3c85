//! `highwater node undo`: the journal backwards, and only what it did.

use super::apply::finish;
use super::stage::{self, StateFlag, Teller, is_agreed, no_right, print};
use crate::cli::Global;
use crate::cli::output::Format;
use crate::exit_code::Outcome;
use apply::journal::Journal;
use apply::undo;
use clap::Args;
use model::node_run::{NodeRun, Verb};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node undo --dry-run   what would be taken back, in order
  highwater node undo --yes       take it back, in a script

Only what the journal did is taken back, also of a run that was interrupted. What somebody changed since is left alone and named.
Swap stays on when memory cannot take its pages back. Exit status: 0 done, or nothing to do; 3 not done.";

/// Flags of `node undo`.
#[derive(Args)]
pub struct UndoArgs {
    #[command(flatten)]
    state: StateFlag,
    /// Do not ask
    #[arg(long, help_heading = "Options")]
    yes: bool,
    /// Show what would be taken back, and do nothing
    #[arg(long, conflicts_with = "yes", help_heading = "Options")]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Options")]
    format: Format,
}

/// Takes back.
///
/// # Errors
/// When the root is no folder, or standard output cannot be written.
pub fn run(global: &Global, args: &UndoArgs) -> anyhow::Result<Outcome> {
    let machine = stage::machine(global)?;
    let state = args.state.folder(global);
    if args.dry_run {
        let journal = Journal::open(&state)?;
        print(Format::Text, &view::node_run::undo_plan(&names(&journal)))?;
        return Ok(Outcome::Fine);
    }
    let journal_path = state.join("journal").display().to_string();
    let mut report = NodeRun { verb: Verb::Undo, steps: Vec::new(), stopped: None, journal: journal_path };
    report.stopped = no_right(&machine);
    if report.stopped.is_none() {
        match stage::open(&state, "node undo") {
            Err(stopped) => report.stopped = Some(stopped),
            Ok((_lock, mut journal)) if journal.history().has_something_to_undo() => {
                let names = names(&journal);
                print(args.format, &view::node_run::undo_plan(&names))?;
                report.stopped = is_agreed("Take this back?", args.yes)?.err();
                if report.stopped.is_none() {
                    let mut teller = Teller::new(names.len(), args.format == Format::Text);
                    let ended = undo::undo(&machine, &mut journal, &mut |event| teller.hear(event));
                    report.stopped = ended.err().map(|error| stage::stopped(&error));
                    report.steps = teller.into_steps();
                }
            }
            Ok(_) => {}
        }
    }
    finish(&report, args.format)
}

/// The steps that would be taken back, in their order.
fn names(journal: &Journal) -> Vec<(String, String)> {
    let entries = journal.history().entries();
    undo::order(journal.history())
        .into_iter()
        .filter_map(|number| entries.get(number))
        .map(|entry| (entry.step.name.clone(), entry.step.why.clone()))
        .collect()
}
