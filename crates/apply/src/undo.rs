//! The undo: the journal backwards, and only what it did.

mod survey;

use crate::host::kept::Kept;
use crate::host::{Machine, Present, leaves_a_trace, present, settle, tidy_up};
use crate::journal::Journal;
use crate::journal::history::{Entry, History, StepState, thing};
use crate::journal::record::Record;
use crate::run::{Event, Stopped, patiently};
use model::node_run::{Ending, KeptStep};
use model::plan::{Change, Step, UnitAction};
use survey::{Halves, Staying};

/// What becomes of an undo when somebody changed something since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is refused before anything is taken back.
    Refused,
    /// What was changed stays, and what it needs; everything else is taken back.
    Kept,
}

/// What an undo would find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The numbers of the steps that would be taken back, in order.
    pub taken_back: Vec<usize>,
    /// What would stay with [`Changed::Kept`].
    pub kept: Vec<KeptStep>,
    /// The first change that stops it with [`Changed::Refused`].
    pub stopped: Option<(String, String)>,
}

/// Looks, and touches nothing. What a run that was cut off left half is not judged.
#[must_use]
pub fn outlook(machine: &Machine, history: &History, then: Changed) -> Outlook {
    let order = order(history);
    let changed = survey::changed(machine, history, &order, Halves::Left);
    let staying = survey::staying(machine, history, &order, &changed);
    let first = changed.into_iter().next();
    let mut taken_back = order.clone();
    if then == Changed::Kept {
        taken_back.retain(|number| !staying.contains_key(number));
        let restarts = |number: &usize| {
            history.entries().get(*number).is_some_and(|entry| is_restart(&entry.step.change))
        };
        // Nothing is restarted for the sake of nothing.
        if !staying.is_empty() && taken_back.iter().all(restarts) {
            taken_back.clear();
        }
    }
    Outlook {
        taken_back,
        kept: survey::told(history, &order, &staying),
        stopped: first
            .and_then(|(number, found)| Some((history.entries().get(number)?.step.name.clone(), found))),
    }
}

/// The numbers of the steps that an undo takes back, in its order.
///
/// A unit is restarted when everything else is back: otherwise it would start once more with what is to go.
#[must_use]
pub fn order(history: &History) -> Vec<usize> {
    let mut numbers: Vec<usize> = history
        .entries()
        .iter()
        .enumerate()
        .filter(|(_, entry)| is_ours(entry.state) || may_be_of_a_boot(entry))
        .map(|(number, _)| number)
        .collect();
    let last = |number: &usize| match history.entries().get(*number).map(|entry| &entry.step.change) {
        Some(change) => is_restart(change),
        None => false,
    };
    numbers.sort_by_key(|number| (last(number), std::cmp::Reverse(*number)));
    numbers
}

/// Files that were written bring this about at a boot, also where the power was cut before its step came.
const fn may_be_of_a_boot(entry: &Entry) -> bool {
    let is_planned = matches!(entry.state, StepState::Planned);
    is_planned
        && matches!(entry.step.change, Change::Swap { .. } | Change::Zram { .. } | Change::Value { .. })
}

const fn is_restart(change: &Change) -> bool {
    matches!(change, Change::Unit { action: UnitAction::Restart, .. })
}

const fn is_ours(state: StepState) -> bool {
    match state {
        StepState::Begun | StepState::Done | StepState::Left | StepState::Kept => true,
        StepState::Planned | StepState::Found | StepState::Undone => false,
    }
}

/// The change that takes a step back. Between two plans somebody may have changed the same thing: it starts from what the
/// later one found, which is there again by now.
#[must_use]
pub fn taking_back(history: &History, number: usize) -> Option<Change> {
    let entry = history.entries().get(number)?;
    let own = thing(&entry.step.change);
    let later = history.entries().iter().skip(number + 1).find(|later| {
        thing(&later.step.change) == own && (is_ours(later.state) || later.state == StepState::Undone)
    });
    let back = entry.step.change.undo();
    Some(match later {
        Some(later) => starting_from(back, &later.step.change),
        None => back,
    })
}

/// The same change from the other's start.
fn starting_from(change: Change, other: &Change) -> Change {
    match (change, other) {
        (Change::File { path, wanted, .. }, Change::File { now, .. }) => {
            Change::File { path, now: now.clone(), wanted }
        }
        (Change::Link { path, wanted, .. }, Change::Link { now, .. }) => {
            Change::Link { path, now: now.clone(), wanted }
        }
        (Change::SwapFile { path, wanted, .. }, Change::SwapFile { now, .. }) => {
            Change::SwapFile { path, now: *now, wanted }
        }
        (Change::Signature { device, wanted, .. }, Change::Signature { now, .. }) => {
            Change::Signature { device, now: *now, wanted }
        }
        (Change::Zram { device, wanted, .. }, Change::Zram { now, .. }) => {
            Change::Zram { device, now: now.clone(), wanted }
        }
        (Change::Swap { path, wanted, by, .. }, Change::Swap { now, .. }) => {
            Change::Swap { path, now: *now, wanted, by }
        }
        (Change::Value { path, wanted, .. }, Change::Value { now, .. }) => {
            Change::Value { path, now: now.clone(), wanted }
        }
        (change, _) => change,
    }
}

/// Takes everything back that the journal did and that is not taken back. What stays is told.
///
/// # Errors
/// When a step cannot be taken back, or finds that somebody has changed it since. A second run goes on from there.
pub fn undo(
    machine: &Machine,
    journal: &mut Journal,
    then: Changed,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Vec<KeptStep>, Stopped> {
    if !journal.history().has_something_to_undo() {
        return Ok(Vec::new());
    }
    let order = order(journal.history());
    clear_halves(machine, journal.history(), &order)?;
    let staying = look(machine, journal.history(), &order, then)?;
    if !staying.is_empty() {
        journal.write(Record::Kept { steps: staying.keys().copied().collect() })?;
    }
    let mut has_acted = false;
    let mut stale_units = stale_units(journal.history());
    for number in order.iter().copied().filter(|number| !staying.contains_key(number)) {
        let Some(entry) = journal.history().entries().get(number).cloned() else { continue };
        if is_restart(&entry.step.change) {
            reload(machine, &mut stale_units, tell)?;
            if !staying.is_empty() {
                restart_and_keep(machine, journal, number, has_acted, tell)?;
                continue;
            }
        }
        has_acted = true;
        let ending = take_back(machine, journal, number, &entry, tell)?;
        if entry.step.change == Change::Reload {
            stale_units = None;
        } else if is_of_systemd(&entry.step.change) {
            stale_units = a_reload(journal.history());
        }
        tell(&Event::Over(&entry.step, ending));
    }
    reload(machine, &mut stale_units, tell)?;
    let kept = survey::told(journal.history(), &order, &staying);
    if staying.is_empty() {
        journal.write(Record::AllUndone)?;
        journal.put_away()?;
    } else {
        journal.write(Record::UndoEnded)?;
    }
    Ok(kept)
}

/// Brings what an act left that was cut off to one end of it or the other.
fn clear_halves(machine: &Machine, history: &History, order: &[usize]) -> Result<(), Stopped> {
    for entry in order.iter().filter_map(|number| history.entries().get(*number)) {
        let step = &entry.step;
        if !machine.takes(&step.change) {
            continue;
        }
        let failed = |source| Stopped::Failed { step: step.name.clone(), source };
        if entry.state == StepState::Begun {
            settle(machine, &step.change, &entry.kept).map_err(failed)?;
        }
        // Only what an undo began: what somebody made of a step that was done must not be taken for a half.
        if entry.is_undo_begun {
            settle(machine, &step.change.undo(), &entry.kept).map_err(failed)?;
        }
    }
    Ok(())
}

/// What stays; or the first change, when none may be there.
fn look(machine: &Machine, history: &History, order: &[usize], then: Changed) -> Result<Staying, Stopped> {
    let changed = survey::changed(machine, history, order, Halves::Cleared);
    match (then, changed.first()) {
        (Changed::Refused, Some((number, found))) => {
            let step = history.entries().get(*number).map(|entry| entry.step.name.clone());
            Err(Stopped::Stale { step: step.unwrap_or_default(), found: found.clone() })
        }
        (Changed::Refused | Changed::Kept, _) => Ok(survey::staying(machine, history, order, &changed)),
    }
}

/// A unit that reads its files when it starts: again now, and again when the rest is taken back.
fn restart_and_keep(
    machine: &Machine,
    journal: &mut Journal,
    number: usize,
    has_acted: bool,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<(), Stopped> {
    let Some(entry) = journal.history().entries().get(number).cloned() else { return Ok(()) };
    if has_acted && machine.takes(&entry.step.change) {
        patiently(machine, &entry.step, &entry.step.change.undo(), &entry.kept, tell)?;
        tell(&Event::Over(&entry.step, Ending::TakenBack));
    }
    Ok(journal.write(Record::Kept { steps: vec![number] })?)
}

/// Whether a change is of a file that systemd keeps in mind until it reads all of them again.
fn is_of_systemd(change: &Change) -> bool {
    match change {
        Change::File { path, .. } | Change::Link { path, .. } => path.contains("/systemd/"),
        Change::SwapFile { .. }
        | Change::Signature { .. }
        | Change::Zram { .. }
        | Change::Swap { .. }
        | Change::Value { .. }
        | Change::Unit { .. }
        | Change::Reload => false,
    }
}

/// The step by which systemd read its files, when there was one that this journal took.
fn a_reload(history: &History) -> Option<Step> {
    let reloads = history.entries().iter().filter(|entry| entry.step.change == Change::Reload);
    let ours = |entry: &&Entry| is_ours(entry.state) || entry.state == StepState::Undone;
    reloads.filter(ours).map(|entry| entry.step.clone()).next()
}

/// After an undo that was interrupted nobody knows whether systemd has read what is back.
fn stale_units(history: &History) -> Option<Step> {
    let is_back = |entry: &Entry| entry.state == StepState::Undone && is_of_systemd(&entry.step.change);
    history.entries().iter().any(is_back).then(|| a_reload(history)).flatten()
}

/// systemd reads its files once more when some came back after it last did.
fn reload(
    machine: &Machine,
    stale_units: &mut Option<Step>,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<(), Stopped> {
    let Some(step) = stale_units.take().filter(|step| machine.takes(&step.change)) else { return Ok(()) };
    patiently(machine, &step, &Change::Reload, &Kept::default(), tell)
}

fn take_back(
    machine: &Machine,
    journal: &mut Journal,
    number: usize,
    entry: &Entry,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Ending, Stopped> {
    let step = &entry.step;
    let steps = vec![number];
    // What a value was on the machine that an image became, nobody knows; without its file the next boot sets it.
    let is_unknown = entry.state == StepState::Left
        && matches!(step.change, Change::Value { .. } | Change::Signature { .. });
    if is_unknown || !machine.takes(&step.change) {
        journal.write(Record::Undone { steps })?;
        return Ok(Ending::WasBack);
    }
    let Some(back) = taking_back(journal.history(), number) else { return Ok(Ending::WasBack) };
    let failed = |source| Stopped::Failed { step: step.name.clone(), source };
    let ending = match present(machine, &back).map_err(failed)? {
        Present::Now if entry.state == StepState::Left && !leaves_a_trace(&back) => Ending::WasBack,
        Present::Now => {
            journal.write(Record::UndoBegin { steps: steps.clone() })?;
            tell(&Event::Begun(step));
            patiently(machine, step, &back, &entry.kept, tell)?;
            Ending::TakenBack
        }
        Present::Wanted => Ending::WasBack,
        // It was left to a boot, which made something else of it, or there was none.
        Present::Other(_) if matches!(entry.state, StepState::Left | StepState::Planned) => Ending::WasBack,
        Present::Other(found) => return Err(Stopped::Stale { step: step.name.clone(), found }),
    };
    tidy_up(machine, &back, &entry.kept).map_err(failed)?;
    tell(&Event::Acted(step));
    journal.write(Record::Undone { steps })?;
    Ok(ending)
}
