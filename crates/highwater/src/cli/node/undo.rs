//! `highwater node undo`: the journal backwards, and only what it did.

use super::apply::finish;
use super::stage::{self, StateFlag, Teller, is_agreed, no_right, print};
use crate::cli::Global;
use crate::cli::output::Format;
use crate::exit_code::Outcome;
use apply::journal::Journal;
use apply::undo;
use clap::Args;
use model::node_run::Verb;
use std::path::Path;

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
    let asked = TakingBack {
        command: "node undo",
        question: "Take this back?",
        yes: args.yes,
        dry_run: args.dry_run,
        format: args.format,
    };
    take_back(global, &args.state.folder(global), &asked)
}

/// How the user wants something taken back.
pub struct TakingBack<'a> {
    /// The command, for whoever finds the journal locked.
    pub command: &'a str,
    /// What is asked first.
    pub question: &'a str,
    /// Whether the answer is known.
    pub yes: bool,
    /// Whether it is only shown.
    pub dry_run: bool,
    /// How it is printed.
    pub format: Format,
}

/// Takes back what the journal in this folder did.
///
/// # Errors
/// When the root is no folder, or standard output cannot be written.
pub fn take_back(global: &Global, state: &Path, asked: &TakingBack<'_>) -> anyhow::Result<Outcome> {
    let machine = stage::machine(global)?;
    if asked.dry_run {
        let journal = Journal::open(state)?;
        print(Format::Text, &view::node_run::undo_plan(&names(&journal)))?;
        return Ok(Outcome::Fine);
    }
    let mut report = stage::report(Verb::Undo, state);
    report.stopped = no_right(&machine);
    if report.stopped.is_none() {
        match stage::open(state, asked.command) {
            Err(stopped) => report.stopped = Some(stopped),
            Ok((_lock, mut journal)) if journal.history().has_something_to_undo() => {
                let names = names(&journal);
                print(asked.format, &view::node_run::undo_plan(&names))?;
                report.stopped = is_agreed(asked.question, asked.yes)?.err();
                if report.stopped.is_none() {
                    let mut teller = Teller::new(names.len(), asked.format == Format::Text);
                    let ended = undo::undo(&machine, &mut journal, &mut |event| teller.hear(event));
                    report.stopped = ended.err().map(|error| stage::stopped(&error));
                    report.steps = teller.into_steps();
                }
            }
            Ok(_) => {}
        }
    }
    finish(&report, asked.format)
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
