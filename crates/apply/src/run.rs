//! The run: step after step, written down before and after, stopped at the first that fails or finds something else.

use crate::host::kept::Kept;
use crate::host::progress::Progress;
use crate::host::{HostError, Machine, Present, act, keep, leaves_a_trace, present, settle};
use crate::journal::history::{Entry, History, StepState, thing};
use crate::journal::record::Record;
use crate::journal::{Journal, JournalError};
use model::node_run::Ending;
use model::plan::{Change, Plan, Step};
use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often a long act is looked at.
const TICK: Duration = Duration::from_millis(500);

/// What happens in a run, for who watches it.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is written down as begun, and nothing of it is done.
    Begun(&'a Step),
    /// It takes its time.
    Waiting {
        /// The step.
        step: &'a Step,
        /// Since when.
        since: Duration,
        /// Bytes done of bytes to do, when it tells.
        progress: Option<(u64, u64)>,
    },
    /// It is done, and not yet written down as done.
    Acted(&'a Step),
    /// It is over.
    Over(&'a Step, Ending),
}

/// Why a run stopped. Nothing after the step that is named was touched.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The machine is neither as before the step nor as after it.
    #[error("{step}: {found}")]
    Stale {
        /// The step's name.
        step: String,
        /// What was found, and what was expected.
        found: String,
    },
    /// The step failed.
    #[error("{step}")]
    Failed {
        /// The step's name.
        step: String,
        /// Why.
        source: HostError,
    },
    /// The step came to no end; it may still come to one.
    #[error(
        "{step}: no progress for {seconds} s; what it waits for is outside of this program, often a disk"
    )]
    Hangs {
        /// The step's name.
        step: String,
        /// How long.
        seconds: u64,
    },
    /// The journal cannot be written: without it nothing is done.
    #[error("the journal")]
    Journal(#[from] JournalError),
}

/// Takes the steps of a plan that was just made.
///
/// # Errors
/// When the machine is not as the plan expects: then nothing was changed. Or when a step fails.
pub fn start(
    machine: &Machine,
    journal: &mut Journal,
    plan: &Plan,
    at_seconds: u64,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<(), Stopped> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    let found = refuse_stale(machine, &plan.steps)?;
    journal.write(Record::Plan { at_seconds, steps: plan.steps.clone(), found })?;
    go_on(machine, journal, tell)
}

/// A plan that does not fit the machine any more is refused before its first step. The numbers of the steps that need
/// nothing come back: all others are this run's own, also what an earlier step or a boot in between brings about.
fn refuse_stale(machine: &Machine, steps: &[Step]) -> Result<Vec<usize>, Stopped> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| machine.takes(&step.change)) {
        // What an earlier step changes can only be looked at when it was taken; so can what it brings.
        let is_first = seen.insert(thing(&step.change));
        let waits_for_a_device = match &step.change {
            Change::Signature { device, .. } => !std::path::Path::new(device).exists(),
            Change::Value { path, .. } => !machine.root().join(path.trim_start_matches('/')).exists(),
            Change::Unit { .. } => !machine.runs_systemd(),
            Change::File { .. }
            | Change::Link { .. }
            | Change::SwapFile { .. }
            | Change::Zram { .. }
            | Change::Swap { .. }
            | Change::Reload => false,
        };
        if !is_first || waits_for_a_device {
            continue;
        }
        match present(machine, &step.change) {
            Ok(Present::Now) => {}
            Ok(Present::Wanted) => found.push(number),
            Ok(Present::Other(found)) => return Err(Stopped::Stale { step: step.name.clone(), found }),
            Err(source) => return Err(Stopped::Failed { step: step.name.clone(), source }),
        }
    }
    Ok(found)
}

/// Takes what is left of the journal's last plan. What was done is looked at again: a reboot takes some of it away.
///
/// # Errors
/// When a step fails or finds something else.
pub fn go_on(
    machine: &Machine,
    journal: &mut Journal,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<(), Stopped> {
    for number in journal.history().last_plan() {
        let Some(entry) = journal.history().entries().get(number).cloned() else { continue };
        if is_overtaken(journal.history(), number) {
            continue;
        }
        let ending = take(machine, journal, number, &entry, tell)?;
        tell(&Event::Over(&entry.step, ending));
    }
    journal.write(Record::Finished)?;
    Ok(())
}

/// Swap that was switched off and on again is judged by the last of the two.
fn is_overtaken(history: &History, number: usize) -> bool {
    let Some(entry) = history.entries().get(number) else { return false };
    history.entries().iter().skip(number + 1).any(|later| {
        thing(&later.step.change) == thing(&entry.step.change)
            && leaves_a_trace(&later.step.change)
            && matches!(later.state, StepState::Begun | StepState::Done)
    })
}

fn take(
    machine: &Machine,
    journal: &mut Journal,
    number: usize,
    entry: &Entry,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Ending, Stopped> {
    let step = &entry.step;
    if !machine.takes(&step.change) {
        journal.write(Record::Left { step: number })?;
        return Ok(Ending::Left);
    }
    let failed = |source| Stopped::Failed { step: step.name.clone(), source };
    if entry.state == StepState::Begun {
        settle(machine, &step.change, &entry.kept).map_err(failed)?;
    }
    match present(machine, &step.change).map_err(failed)? {
        Present::Wanted => {
            match entry.state {
                StepState::Planned | StepState::Left => {
                    let kept = keep(machine, &step.change).map_err(failed)?;
                    journal.write(Record::Begin { step: number, kept })?;
                    journal.write(Record::Done { step: number })?;
                }
                StepState::Begun => journal.write(Record::Done { step: number })?,
                StepState::Done | StepState::Found | StepState::Undone | StepState::Kept => {}
            }
            Ok(Ending::Found)
        }
        Present::Now if entry.state == StepState::Done && !leaves_a_trace(&step.change) => Ok(Ending::Found),
        Present::Now => {
            let kept = keep(machine, &step.change).map_err(failed)?;
            journal.write(Record::Begin { step: number, kept: kept.clone() })?;
            tell(&Event::Begun(step));
            if let Err(stopped) = patiently(machine, step, &step.change, &kept, tell) {
                // The reason is for people; that it was begun is on the disk already.
                let _ = journal.write(Record::Failed { step: number, why: words(&stopped) });
                return Err(stopped);
            }
            tell(&Event::Acted(step));
            journal.write(Record::Done { step: number })?;
            Ok(Ending::Done)
        }
        Present::Other(found) => Err(Stopped::Stale { step: step.name.clone(), found }),
    }
}

/// An error with all that caused it.
#[must_use]
pub fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

/// Acts in a thread of its own, so that a disk that answers no more does not silence this program.
pub(crate) fn patiently(
    machine: &Machine,
    step: &Step,
    change: &Change,
    kept: &Kept,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<(), Stopped> {
    let progress = Arc::new(Progress::default());
    let (sender, receiver) = channel();
    let acting = (machine.clone(), change.clone(), kept.clone(), Arc::clone(&progress));
    thread::spawn(move || {
        let (machine, change, kept, progress) = acting;
        // Nobody listens any more when patience was over.
        let _ = sender.send(act(&machine, &change, &kept, &progress));
    });
    let patience = machine.patience().unwrap_or_else(|| patience(change));
    let start = Instant::now();
    let mut moved = (start, progress.seen());
    loop {
        match receiver.recv_timeout(TICK.min(patience)) {
            Ok(ended) => {
                return ended.map_err(|source| Stopped::Failed { step: step.name.clone(), source });
            }
            Err(RecvTimeoutError::Disconnected) => {
                let source = HostError::Refused("it ended without a word".to_owned());
                return Err(Stopped::Failed { step: step.name.clone(), source });
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let seen = progress.seen();
        if seen != moved.1 {
            moved = (Instant::now(), seen);
        }
        if moved.0.elapsed() >= patience {
            return Err(Stopped::Hangs { step: step.name.clone(), seconds: moved.0.elapsed().as_secs() });
        }
        tell(&Event::Waiting { step, since: start.elapsed(), progress: seen });
    }
}

/// How long nothing may move.
const fn patience(change: &Change) -> Duration {
    Duration::from_secs(match change {
        Change::File { .. } | Change::Link { .. } | Change::Value { .. } | Change::Signature { .. } => 120,
        Change::SwapFile { .. } | Change::Zram { .. } => 300,
        // These have an end to waiting of their own.
        Change::Unit { .. } | Change::Reload => 600,
        // Every page is read back, one after the other, from whatever disk it is.
        Change::Swap { .. } => 3600,
    })
}
