//! What apply, verify and undo share: the machine, its journal, the lock, who may, and what is told on the way.

use crate::cli::{Global, output};
use anyhow::Context;
use apply::host::{Machine, MachineState};
use apply::journal::Journal;
use apply::lock::{Lock, LockError};
use apply::run::{Event, Stopped, words};
use clap::Args;
use model::node_run::{Ending, NodeRun, StepRun, StopKind, StoppedAt, Verb};
use sources::host_root::{HostRoot, RootKind};
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use view::text::Line;

/// Where the journal lies, below the machine's root.
const STATE: &str = "var/lib/highwater/node";

/// How often a long step is told of where nobody watches a terminal.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Where the journal is.
#[derive(Args, Clone, Debug)]
pub struct StateFlag {
    /// Where the journal is kept [default: var/lib/highwater/node below the root]
    #[arg(long, value_name = "DIR", help_heading = "Options")]
    state: Option<PathBuf>,
}

impl StateFlag {
    /// The folder that was given, if one was.
    #[must_use]
    pub fn given(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self, global: &Global) -> PathBuf {
        self.state.clone().unwrap_or_else(|| global.root.join(STATE))
    }
}

/// The machine below the root: this one, or the files of another.
///
/// # Errors
/// When the root is no folder.
pub fn machine(global: &Global) -> anyhow::Result<Machine> {
    let root = global.root.canonicalize().with_context(|| format!("--root {}", global.root.display()))?;
    anyhow::ensure!(root.is_dir(), "--root: expected a folder, found `{}`", root.display());
    if root == Path::new("/") {
        return Ok(Machine::running());
    }
    anyhow::ensure!(
        HostRoot::new(&root).kind() == RootKind::Recorded,
        "--root {}: a kernel runs there (its /proc is mounted): expected an image; on a running machine, run this without --root",
        root.display()
    );
    Ok(Machine::at(&root, MachineState::Image))
}

/// Why this user cannot change the machine, if so.
#[must_use]
pub fn no_right(machine: &Machine) -> Option<StoppedAt> {
    let is_root = rustix::process::geteuid().is_root();
    (machine.state() == MachineState::Running && !is_root).then(|| {
        refusal(
            "changing this machine's swap needs root; `sudo highwater node ...` has it, --dry-run needs none",
        )
    })
}

/// A run that was not begun.
#[must_use]
pub fn refusal(why: impl Into<String>) -> StoppedAt {
    StoppedAt { step: None, kind: StopKind::Refused, why: why.into() }
}

/// The journal, alone with it; or why not.
///
/// # Errors
/// In words, for the report.
pub fn open(state: &Path, command: &str) -> Result<(Lock, Journal), StoppedAt> {
    let lock = Lock::take(state, command).map_err(|error| match error {
        LockError::Held { .. } => refusal(words(&error)),
        LockError::System { .. } => refusal(format!("the lock: {}", words(&error))),
    })?;
    let journal = Journal::open(state).map_err(|error| refusal(words(&error)))?;
    Ok((lock, journal))
}

/// The run's reason to stop, for the report.
#[must_use]
pub fn stopped(stopped: &Stopped) -> StoppedAt {
    let (step, kind, why) = match stopped {
        Stopped::Stale { step, found } => (Some(step.clone()), StopKind::Stale, found.clone()),
        Stopped::Failed { step, source } => (Some(step.clone()), StopKind::Failed, words(source)),
        Stopped::Hangs { step, .. } => (Some(step.clone()), StopKind::Hangs, words(stopped)),
        Stopped::Journal(error) => (None, StopKind::Failed, format!("the journal: {}", words(error))),
    };
    StoppedAt { step, kind, why }
}

/// Notes what happens, and tells people on standard error how far a long step is.
pub struct Teller {
    steps: Vec<StepRun>,
    total: usize,
    told: Option<Instant>,
    speaks: bool,
}

impl Teller {
    /// For so many steps. One that does not speak notes only.
    #[must_use]
    pub const fn new(total: usize, speaks: bool) -> Self {
        Self { steps: Vec::new(), total, told: None, speaks }
    }

    /// Takes an event.
    pub fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun(_) | Event::Acted(_) => self.told = None,
            Event::Waiting { step, since, progress } => {
                let is_terminal = std::io::stderr().is_terminal();
                let is_due = self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
                let is_long = *since >= Duration::from_secs(2);
                if self.speaks && is_long && (is_terminal || is_due) {
                    self.told = Some(Instant::now());
                    say(&view::node_run::waiting(&step.name, *since, *progress), is_terminal);
                }
            }
            Event::Over(step, ending) => self.over(&step.name, *ending),
        }
    }

    fn over(&mut self, name: &str, ending: Ending) {
        self.steps.push(StepRun { name: name.to_owned(), ending });
        if self.speaks {
            if std::io::stderr().is_terminal() {
                say("", true);
            }
            // Who watches sees each step when it is over; that the output is gone stops no run.
            let _ = output::lines(&[view::node_run::over(self.steps.len(), self.total, name, ending)]);
        }
    }

    /// What was noted.
    #[must_use]
    pub fn into_steps(self) -> Vec<StepRun> {
        self.steps
    }
}

/// A line on standard error; in a terminal the next one takes its place.
fn say(line: &str, is_terminal: bool) {
    let mut err = anstream::stderr();
    // Nothing can be done about a standard error that is closed.
    let _ = if is_terminal { write!(err, "\r\u{1b}[K{line}") } else { writeln!(err, "{line}") };
    let _ = err.flush();
}

/// What became of a run that has not begun.
pub fn report(verb: Verb, state: &Path) -> NodeRun {
    NodeRun {
        verb,
        steps: Vec::new(),
        stopped: None,
        kept: Vec::new(),
        keeping: None,
        journal: state.join("journal").display().to_string(),
    }
}

/// Asks in a terminal; without one `--yes` must have said so.
///
/// # Errors
/// When the terminal cannot be read.
pub fn is_agreed(question: &str, yes: bool) -> anyhow::Result<Result<(), StoppedAt>> {
    if yes {
        return Ok(Ok(()));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(Err(refusal("nobody can be asked here: --yes says that it may be done")));
    }
    output::text(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(refusal("the answer was no; nothing was changed")),
    })
}

/// Prints lines unless JSON was asked for.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(format: output::Format, lines: &[Line]) -> anyhow::Result<()> {
    match format {
        output::Format::Text => output::lines(lines)?,
        output::Format::Json => {}
    }
    Ok(())
}
