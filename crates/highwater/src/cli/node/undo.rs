//! `highwater node undo`: the journal backwards, and only what it did.

use super::apply::finish;
use super::stage::{self, StateFlag, Teller, is_agreed, no_right, print};
use crate::cli::Global;
use crate::cli::output::Format;
use crate::exit_code::Outcome;
use apply::host::Machine;
use apply::journal::Journal;
use apply::undo::{self, Changed, Outlook};
use clap::Args;
use model::node_run::{NodeRun, Verb};
use std::path::Path;
use view::remedy::quoted;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node undo --dry-run        what would be taken back, in order, and what somebody changed since
  highwater node undo --yes            take it back, in a script
  highwater node undo --keep-changed   leave what somebody changed since, and take back the rest

Only what the journal did is taken back, also of a run that was interrupted. What somebody changed since stops it before its first
step and is named. With --keep-changed it stays as it is, with what needs it: a unit keeps its swap, a file of settings the values
that it sets. Swap stays on when memory cannot take its pages back. Exit status: 0 done, or nothing to do; 1 done but for what
stays; 3 not done.";

/// Flags of `node undo`.
#[derive(Args)]
pub struct UndoArgs {
    #[command(flatten)]
    state: StateFlag,
    /// Do not ask
    #[arg(long, help_heading = "Options")]
    yes: bool,
    /// Leave what somebody changed since as it is, with what needs it, and take back the rest
    #[arg(long, help_heading = "Options")]
    keep_changed: bool,
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
        then: if args.keep_changed { Changed::Kept } else { Changed::Refused },
        keeping: keeping(global, args.state.given()),
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
    /// What becomes of it when somebody changed something since.
    pub then: Changed,
    /// The command that leaves what was changed and takes back the rest.
    pub keeping: String,
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
        return foreseen(&machine, &journal, asked);
    }
    let mut report = stage::report(Verb::Undo, state);
    report.keeping = (asked.then == Changed::Refused).then(|| asked.keeping.clone());
    report.stopped = no_right(&machine);
    if report.stopped.is_none() {
        match stage::open(state, asked.command) {
            Err(stopped) => report.stopped = Some(stopped),
            Ok((_lock, mut journal)) if journal.history().has_something_to_undo() => {
                run_back(&machine, &mut journal, asked, &mut report)?;
            }
            Ok(_) => {}
        }
    }
    finish(&report, asked.format)
}

/// Asks, and takes back.
fn run_back(
    machine: &Machine,
    journal: &mut Journal,
    asked: &TakingBack<'_>,
    report: &mut NodeRun,
) -> anyhow::Result<()> {
    let outlook = undo::outlook(machine, journal.history(), asked.then);
    let names = names(journal, &outlook);
    // What is refused anyway, or takes nothing back, is not asked about.
    let is_refused = outlook.stopped.is_some() && asked.then == Changed::Refused;
    if !is_refused && !names.is_empty() {
        print(asked.format, &view::node_run::undo_plan(&names))?;
        // Who is not asked reads it at the end.
        if !asked.yes {
            print(asked.format, &view::node_run::staying(&outlook.kept))?;
        }
        report.stopped = is_agreed(asked.question, asked.yes)?.err();
    }
    if report.stopped.is_none() {
        let mut teller = Teller::new(names.len(), asked.format == Format::Text);
        let ended = undo::undo(machine, journal, asked.then, &mut |event| teller.hear(event));
        match ended {
            Ok(kept) => report.kept = kept,
            Err(error) => report.stopped = Some(stage::stopped(&error)),
        }
        report.steps = teller.into_steps();
    }
    Ok(())
}

/// What would be taken back, what would stay, and what would stop it.
fn foreseen(machine: &Machine, journal: &Journal, asked: &TakingBack<'_>) -> anyhow::Result<Outcome> {
    let outlook = undo::outlook(machine, journal.history(), asked.then);
    let names = names(journal, &outlook);
    if !names.is_empty() || outlook.kept.is_empty() {
        print(Format::Text, &view::node_run::undo_plan(&names))?;
    }
    match (asked.then, &outlook.stopped) {
        (Changed::Kept, _) => print(Format::Text, &view::node_run::staying(&outlook.kept))?,
        (Changed::Refused, Some((step, found))) => {
            print(Format::Text, &view::node_run::would_stop(step, found, &asked.keeping))?;
            return Ok(Outcome::NotDone);
        }
        (Changed::Refused, None) => {}
    }
    Ok(Outcome::Fine)
}

/// The command that leaves what was changed and takes back the rest, for this machine and its journal.
pub fn keeping(global: &Global, state: Option<&Path>) -> String {
    let mut words = vec!["highwater".to_owned()];
    if global.root != Path::new("/") {
        words.extend(["--root".to_owned(), quoted(&global.root.display().to_string())]);
    }
    words.extend(["node".to_owned(), "undo".to_owned()]);
    if let Some(state) = state {
        words.extend(["--state".to_owned(), quoted(&state.display().to_string())]);
    }
    words.push("--keep-changed".to_owned());
    words.join(" ")
}

/// The steps that would be taken back, in their order.
fn names(journal: &Journal, outlook: &Outlook) -> Vec<(String, String)> {
    let entries = journal.history().entries();
    let steps = outlook.taken_back.iter().filter_map(|number| entries.get(*number));
    steps.map(|entry| (entry.step.name.clone(), entry.step.why.clone())).collect()
}
