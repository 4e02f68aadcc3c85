//! Everything the screen remembers between two frames, as plain values.

use crate::canvas::Look;
use crate::history::Histories;
use model::cgroup::CgroupId;
use std::collections::HashSet;
use std::time::Duration;
use view::columns::Column;
use view::text::Line;

/// Everything the screen remembers between two frames.
#[derive(Clone, Debug)]
pub struct State {
    /// The cgroup under the cursor, which may move up and down.
    pub cursor: Option<CgroupId>,
    /// The row of the cursor: where it stays when its cgroup goes.
    pub cursor_row: usize,
    /// The column under the cursor.
    pub column: Column,
    /// The order of the rows.
    pub sort: Sort,
    /// Only rows whose name, id, image or Compose project contains this, in any case of letters.
    pub filter: String,
    /// Tree or list.
    pub shape: Shape,
    /// Containers or every cgroup.
    pub range: Range,
    /// The branches that are folded.
    pub folded: HashSet<CgroupId>,
    /// Whether scans go on.
    pub clock: Clock,
    /// The time between two scans.
    pub interval: Duration,
    /// What lies over the table.
    pub overlay: Overlay,
    /// What the graphs are drawn from.
    pub histories: Histories,
    /// The terminal.
    pub size: Size,
    /// Characters and colours.
    pub look: Look,
}

/// The order of the rows; unknown figures come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: Column,
    /// Which end comes first.
    pub direction: Direction,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest, or A, first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Tree or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every cgroup below the one it is in.
    Tree,
    /// One list, sorted as a whole.
    Flat,
}

/// Which cgroups are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Containers, and in a tree what they are in. Everything on a machine without a container.
    Containers,
    /// Every cgroup.
    Everything,
}

/// Whether scans go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// A scan every interval.
    Running,
    /// The screen stands still.
    Paused,
}

/// What lies over the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    None,
    /// The filter is being typed.
    Typing,
    /// The keys.
    Help {
        /// The first line shown.
        scroll: usize,
    },
    /// What the figure under the cursor is.
    Explain {
        /// The first line shown.
        scroll: usize,
    },
    /// Everything about one cgroup.
    Detail {
        /// Which.
        of: CgroupId,
        /// What there is to say, as `highwater show` says it.
        lines: Vec<Line>,
        /// The first line shown.
        scroll: usize,
    },
}

/// The size of the terminal in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl State {
    /// The screen as it opens: containers as a tree, nearest to its end first.
    #[must_use]
    pub fn new(look: Look, size: Size, interval: Duration) -> Self {
        Self {
            cursor: None,
            cursor_row: 0,
            column: Column::Left,
            sort: Sort { column: Column::Left, direction: Direction::Ascending },
            filter: String::new(),
            shape: Shape::Tree,
            range: Range::Containers,
            folded: HashSet::new(),
            clock: Clock::Running,
            interval,
            overlay: Overlay::None,
            histories: Histories::default(),
            size,
            look,
        }
    }

    /// The cgroup whose details are on the screen: they are to be computed again after every scan.
    #[must_use]
    pub const fn detailed(&self) -> Option<CgroupId> {
        match &self.overlay {
            Overlay::Detail { of, .. } => Some(*of),
            Overlay::None | Overlay::Typing | Overlay::Help { .. } | Overlay::Explain { .. } => None,
        }
    }
}

/// The direction that is wanted first: least left, most used, names from A.
#[must_use]
pub const fn direction_wanted(column: Column) -> Direction {
    match column {
        Column::Name
        | Column::Left
        | Column::Limit
        | Column::SwapLimit
        | Column::OwnLimit
        | Column::Image
        | Column::Path => Direction::Ascending,
        Column::Used
        | Column::Swap
        | Column::Waits
        | Column::Kills
        | Column::WorkingSet
        | Column::Unreclaimable
        | Column::Peak
        | Column::Growth
        | Column::SwapIn
        | Column::SwapOut
        | Column::Refaults => Direction::Descending,
    }
}
