//! A run of a plan, its undo, or a judgement of what is left of it: what became of each step.

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The steps were to be taken.
    Apply,
    /// They were to be taken back.
    Undo,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRun {
    /// What was asked for.
    pub verb: Verb,
    /// Each step that was come to, in that order.
    pub steps: Vec<StepRun>,
    /// Why it stopped; nothing when it reached its end.
    pub stopped: Option<StoppedAt>,
    /// What an undo left as it is.
    pub kept: Vec<KeptStep>,
    /// The command that leaves what somebody changed and takes back the rest, where there is one.
    pub keeping: Option<String>,
    /// Where the journal lies.
    pub journal: String,
}

/// A step that an undo left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptStep {
    /// Its name.
    pub step: String,
    /// Why: what was found, or what needs it.
    pub why: String,
    /// What a person does to take it back.
    pub by_hand: String,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRun {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub ending: Ending,
}

/// How a step ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It was done.
    Done,
    /// The machine was so.
    Found,
    /// It is left to the first boot of the image.
    Left,
    /// It was taken back.
    TakenBack,
    /// The machine was as before.
    WasBack,
}

/// Why a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedAt {
    /// The step; nothing when it was the run as a whole.
    pub step: Option<String>,
    /// Which kind of reason.
    pub kind: StopKind,
    /// The reason in words.
    pub why: String,
}

/// Which kind of reason stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopKind {
    /// The machine is neither as before the step nor as after it.
    Stale,
    /// The step failed.
    Failed,
    /// The step came to no end.
    Hangs,
    /// Nothing was begun: it must not be, or nobody said yes.
    Refused,
}

/// A step whose end the machine does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step's name.
    pub step: String,
    /// Why it is there.
    pub why: String,
    /// What the machine shows instead.
    pub shows: Shows,
}

/// What the machine shows instead of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// What it showed before.
    Before,
    /// Something else, in words.
    Other(String),
    /// It cannot be read, and why.
    Unreadable(String),
    /// The step was not taken: an earlier one stopped the run.
    NotTaken,
    /// No step of the journal is about it: a plan made now has it.
    Planned,
}
