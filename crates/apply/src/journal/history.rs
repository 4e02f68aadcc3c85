//! What the records of a journal add up to: every step of every plan, and what became of it.

use super::record::Record;
use crate::host::kept::Kept;
use model::plan::{Change, Step};

/// All steps, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    entries: Vec<Entry>,
    record_count: usize,
    /// Where the steps of the last plan begin.
    last_plan_at: usize,
    last_plan_seconds: Option<u64>,
    is_finished: bool,
    is_undo_begun: bool,
    is_undone: bool,
}

/// One step and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The step.
    pub step: Step,
    /// How far it got.
    pub state: StepState,
    /// What its undo needs, from the first time it was begun.
    pub kept: Kept,
    /// Why it failed, when it did.
    pub failure: Option<String>,
    /// Whether taking it back was begun; whether it came to its end only the machine tells.
    pub is_undo_begun: bool,
}

/// How far a step got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It was not begun.
    Planned,
    /// It was begun; whether it was done only the machine tells.
    Begun,
    /// It was done.
    Done,
    /// The machine was so.
    Found,
    /// It is left to the first boot.
    Left,
    /// It was taken back, or is nobody's to take back any more.
    Undone,
    /// It stayed in an undo, because somebody had changed it or what stayed needed it. The next undo tries again, and a new plan
    /// takes it as it is.
    Kept,
}

impl StepState {
    /// Whether the machine shall be as the step leaves it. What stays after an undo is nobody's wish any more.
    #[must_use]
    pub const fn is_wanted(self) -> bool {
        match self {
            Self::Planned | Self::Begun | Self::Done | Self::Found | Self::Left => true,
            Self::Undone | Self::Kept => false,
        }
    }
}

impl History {
    /// Every step of every plan, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many steps are still wanted: neither taken back nor left to somebody.
    #[must_use]
    pub fn wanted_count(&self) -> usize {
        self.entries.iter().filter(|entry| entry.state.is_wanted()).count()
    }

    /// How many records there are.
    #[must_use]
    pub const fn record_count(&self) -> usize {
        self.record_count
    }

    /// The numbers of the steps of the last plan.
    #[must_use]
    pub const fn last_plan(&self) -> std::ops::Range<usize> {
        self.last_plan_at..self.entries.len()
    }

    /// When the last plan was begun, in seconds since 1970.
    #[must_use]
    pub const fn last_plan_seconds(&self) -> Option<u64> {
        self.last_plan_seconds
    }

    /// Whether a plan was begun and did not come to its end.
    #[must_use]
    pub const fn is_interrupted(&self) -> bool {
        self.record_count > 0 && !self.is_finished && !self.is_undone
    }

    /// Whether an undo was begun and did not come to its end.
    #[must_use]
    pub const fn is_undo_interrupted(&self) -> bool {
        self.is_undo_begun && !self.is_undone
    }

    /// Whether everything was taken back.
    #[must_use]
    pub const fn is_undone(&self) -> bool {
        self.is_undone
    }

    /// Whether there is a step that this journal may have done and that was not taken back.
    #[must_use]
    pub fn has_something_to_undo(&self) -> bool {
        self.record_count > 0 && !self.is_undone
    }

    /// Whether a record can follow.
    pub(super) fn takes(&self, record: &Record) -> bool {
        let knows = |step: &usize| *step < self.entries.len();
        let has_plan = self.record_count > 0;
        match record {
            Record::Plan { .. } => !self.is_undone,
            Record::Begin { step, .. }
            | Record::Done { step }
            | Record::Left { step }
            | Record::Failed { step, .. } => knows(step),
            Record::UndoBegin { steps } | Record::Undone { steps } | Record::Kept { steps } => {
                steps.iter().all(knows)
            }
            Record::Finished | Record::AllUndone | Record::UndoEnded => has_plan,
        }
    }

    /// Adds a record.
    pub(super) fn take(&mut self, record: Record) {
        self.record_count += 1;
        match record {
            Record::Plan { at_seconds, steps, found } => {
                self.last_plan_at = self.entries.len();
                self.last_plan_seconds = Some(at_seconds);
                self.is_finished = false;
                self.give_up_kept();
                self.entries.extend(steps.into_iter().enumerate().map(|(number, step)| Entry {
                    step,
                    state: if found.contains(&number) { StepState::Found } else { StepState::Planned },
                    kept: Kept::default(),
                    failure: None,
                    is_undo_begun: false,
                }));
            }
            Record::Begin { step, kept } => self.mark(step, |entry| {
                // Done before and lost, by a reboot: its undo leads to where it first came from.
                if matches!(entry.state, StepState::Planned | StepState::Found | StepState::Left) {
                    entry.kept = kept;
                }
                entry.state = StepState::Begun;
                entry.failure = None;
            }),
            Record::Done { step } => self.mark(step, |entry| entry.state = StepState::Done),
            Record::Left { step } => self.mark(step, |entry| entry.state = StepState::Left),
            Record::Failed { step, why } => self.mark(step, |entry| entry.failure = Some(why)),
            Record::Finished => self.is_finished = true,
            Record::UndoBegin { steps } => self.mark_all(steps, |entry| entry.is_undo_begun = true),
            Record::Undone { steps } => self.mark_all(steps, |entry| {
                entry.state = StepState::Undone;
                entry.is_undo_begun = false;
            }),
            Record::Kept { steps } => self.mark_all(steps, |entry| {
                entry.state = StepState::Kept;
                entry.is_undo_begun = false;
            }),
            Record::AllUndone => self.is_undone = true,
            Record::UndoEnded => {
                self.is_undo_begun = false;
                // What it had not come to is not gone on with.
                self.is_finished = true;
            }
        }
    }

    /// Marks steps in an undo.
    fn mark_all(&mut self, steps: Vec<usize>, change: impl Fn(&mut Entry)) {
        self.is_undo_begun = true;
        for step in steps {
            self.mark(step, &change);
        }
    }

    /// A new plan starts from what somebody made of the machine: that is what its undo leads to, and no further.
    fn give_up_kept(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.state == StepState::Kept) {
            entry.state = StepState::Undone;
        }
    }

    fn mark(&mut self, step: usize, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.get_mut(step) {
            change(entry);
        }
    }
}

/// What a change is about: its kind, so that a unit and a file of one name are two things, and its name.
#[must_use]
pub fn thing(change: &Change) -> (&'static str, &str) {
    match change {
        Change::File { path, .. } => ("file", path),
        Change::Link { path, .. } => ("link", path),
        Change::SwapFile { path, .. } => ("swap file", path),
        Change::Signature { device, .. } => ("signature", device),
        Change::Zram { device, .. } => ("zram", device),
        Change::Swap { path, .. } => ("swap", path),
        Change::Value { path, .. } => ("value", path),
        Change::Unit { unit, .. } => ("unit", unit),
        Change::Reload => ("reload", ""),
    }
}
