//! What an input does to the state, and what the door has to do then. Pure.

use crate::arrange::{Fold, Placed, Role, arrange};
use crate::keys::{Command, Motion, command};
use crate::layout;
use crate::scene::Scene;
use crate::screens::foot::worst_rows;
use crate::screens::overlay;
use crate::state::{Clock, Direction, Overlay, Range, Shape, Size, Sort, State, direction_wanted};
use model::cgroup::{CgroupId, CgroupIndex};
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use std::time::Duration;
use view::text::Line;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another size.
    Resized(Size),
    /// There is a new snapshot.
    Scanned,
    /// Names and declared limits were added to the snapshot.
    Heard,
    /// The terminal is gone.
    HungUp,
    /// The details that [`Intent::Show`] asked for.
    Shown(CgroupId, Vec<Line>),
}

/// What the door has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing.
    Nothing,
    /// Draw what changed.
    Draw,
    /// Draw everything: something else may have written to the terminal.
    Redraw,
    /// Give the details of this cgroup by [`Input::Shown`], then draw.
    Show(CgroupIndex),
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
    /// End.
    Quit,
}

/// The intervals that `+` and `-` step through, in milliseconds.
const INTERVAL_STEPS: [u64; 9] = [250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000];

/// Takes an input in.
pub fn update(state: &mut State, input: Input, scene: &Scene<'_>) -> Intent {
    match input {
        Input::Key(key) => match command(key, &state.overlay) {
            Some(command) => obey(state, command, scene),
            None => Intent::Nothing,
        },
        Input::Resized(size) => {
            state.size = size;
            shown_again(state, scene).unwrap_or(Intent::Redraw)
        }
        Input::HungUp => Intent::Quit,
        Input::Scanned => {
            state.histories.record(scene);
            settle(state, scene);
            shown_again(state, scene).unwrap_or(Intent::Draw)
        }
        Input::Heard => {
            settle(state, scene);
            shown_again(state, scene).unwrap_or(Intent::Draw)
        }
        Input::Shown(of, lines) => {
            let scroll = match &state.overlay {
                Overlay::Detail { of: shown, scroll, .. } if *shown == of => *scroll,
                Overlay::Detail { .. }
                | Overlay::None
                | Overlay::Typing
                | Overlay::Help { .. }
                | Overlay::Explain { .. } => 0,
            };
            state.overlay = Overlay::Detail { of, lines, scroll };
            scroll_to(state, scene, scroll);
            Intent::Draw
        }
    }
}

/// The row under the cursor, unless there is none.
#[must_use]
pub fn selected(state: &State, scene: &Scene<'_>) -> Option<CgroupIndex> {
    scene.index_of(state.cursor?)
}

/// Details that are open are as of the last snapshot; of a cgroup that is gone they stay as they were.
fn shown_again(state: &State, scene: &Scene<'_>) -> Option<Intent> {
    state.detailed().and_then(|id| scene.index_of(id)).map(Intent::Show)
}

fn obey(state: &mut State, command: Command, scene: &Scene<'_>) -> Intent {
    match command {
        Command::Quit => return Intent::Quit,
        Command::Suspend => return Intent::Suspend,
        Command::Redraw => return Intent::Redraw,
        Command::Back => return back(state, scene),
        Command::Enter => return enter(state, scene),
        Command::Move(motion) => move_or_scroll(state, motion, scene),
        Command::ColumnLeft => step_column(state, scene, Step::Back),
        Command::ColumnRight => step_column(state, scene, Step::On),
        Command::Sort => sort(state),
        Command::Filter => state.overlay = Overlay::Typing,
        Command::Type(character) => {
            state.filter.push(character);
            seek_match(state, scene);
        }
        Command::Erase => {
            state.filter.pop();
            seek_match(state, scene);
        }
        Command::Shape => {
            state.shape = match state.shape {
                Shape::Tree => Shape::Flat,
                Shape::Flat => Shape::Tree,
            };
        }
        Command::Range => {
            state.range = match state.range {
                Range::Containers => Range::Everything,
                Range::Everything => Range::Containers,
            };
        }
        Command::Fold => fold(state, scene),
        Command::Pause => {
            state.clock = match state.clock {
                Clock::Running => Clock::Paused,
                Clock::Paused => Clock::Running,
            };
        }
        Command::Slower => state.interval = next_interval(state.interval, Step::On),
        Command::Faster => state.interval = next_interval(state.interval, Step::Back),
        Command::Explain => toggle(state, Overlay::Explain { scroll: 0 }),
        Command::Help => toggle(state, Overlay::Help { scroll: 0 }),
    }
    settle(state, scene);
    Intent::Draw
}

/// One step in a list.
#[derive(Clone, Copy)]
enum Step {
    Back,
    On,
}

fn toggle(state: &mut State, overlay: Overlay) {
    let is_open = std::mem::discriminant(&state.overlay) == std::mem::discriminant(&overlay);
    state.overlay = if is_open { Overlay::None } else { overlay };
}

fn back(state: &mut State, scene: &Scene<'_>) -> Intent {
    match state.overlay {
        Overlay::None if state.filter.is_empty() => return Intent::Quit,
        Overlay::None | Overlay::Typing => state.filter.clear(),
        Overlay::Help { .. } | Overlay::Explain { .. } | Overlay::Detail { .. } => {}
    }
    state.overlay = Overlay::None;
    settle(state, scene);
    Intent::Draw
}

fn enter(state: &mut State, scene: &Scene<'_>) -> Intent {
    match state.overlay {
        Overlay::None | Overlay::Explain { .. } => {
            selected(state, scene).map_or(Intent::Nothing, Intent::Show)
        }
        Overlay::Typing | Overlay::Help { .. } | Overlay::Detail { .. } => {
            state.overlay = Overlay::None;
            Intent::Draw
        }
    }
}

fn sort(state: &mut State) {
    let direction = match state.sort {
        Sort { column, direction: Direction::Ascending } if column == state.column => Direction::Descending,
        Sort { column, direction: Direction::Descending } if column == state.column => Direction::Ascending,
        Sort { .. } => direction_wanted(state.column),
    };
    state.sort = Sort { column: state.column, direction };
}

fn fold(state: &mut State, scene: &Scene<'_>) {
    let Some(id) = state.cursor else { return };
    let placed = arrange(state, scene);
    match placed.get(state.cursor_row).map(|placed| placed.fold) {
        Some(Fold::Open) => {
            state.folded.insert(id);
        }
        Some(Fold::Folded) => {
            state.folded.remove(&id);
        }
        Some(Fold::Leaf) | None => {}
    }
    state.folded.retain(|id| scene.index_of(*id).is_some());
}

fn next_interval(interval: Duration, step: Step) -> Duration {
    let mut steps = INTERVAL_STEPS.iter().map(|millis| Duration::from_millis(*millis));
    let next = match step {
        Step::On => steps.find(|step| *step > interval),
        Step::Back => steps.rev().find(|step| *step < interval),
    };
    next.unwrap_or(interval)
}

fn step_column(state: &mut State, scene: &Scene<'_>, step: Step) {
    let columns = layout::columns(scene, &arrange(state, scene));
    let place = columns.iter().position(|column| *column == state.column).unwrap_or(0);
    let next = match step {
        Step::Back => place.saturating_sub(1),
        Step::On => place + 1,
    };
    if let Some(column) = columns.get(next) {
        state.column = *column;
    }
}

fn move_or_scroll(state: &mut State, motion: Motion, scene: &Scene<'_>) {
    let page = overlay::page(area(state.size), scene);
    match (&state.overlay, motion) {
        (Overlay::None | Overlay::Typing, _) => move_cursor(state, motion, scene),
        // The explanation is of the figure under the cursor, so the arrows go on to the next figure.
        (Overlay::Explain { .. }, Motion::Up | Motion::Down) => {
            state.overlay = Overlay::Explain { scroll: 0 };
            move_cursor(state, motion, scene);
        }
        (Overlay::Help { scroll } | Overlay::Detail { scroll, .. } | Overlay::Explain { scroll }, _) => {
            scroll_to(state, scene, moved(*scroll, motion, page, usize::MAX));
        }
    }
}

fn scroll_to(state: &mut State, scene: &Scene<'_>, wanted: usize) {
    let last = overlay::scroll_max(state, scene, area(state.size));
    match &mut state.overlay {
        Overlay::Help { scroll } | Overlay::Detail { scroll, .. } | Overlay::Explain { scroll } => {
            *scroll = wanted.min(last);
        }
        Overlay::None | Overlay::Typing => {}
    }
}

fn move_cursor(state: &mut State, motion: Motion, scene: &Scene<'_>) {
    let placed = arrange(state, scene);
    let parts = layout::parts(area(state.size), worst_rows(scene, state.size.width));
    let page = usize::from(parts.table.height).saturating_sub(2).max(1);
    let row = moved(state.cursor_row, motion, page, placed.len().saturating_sub(1));
    put_cursor(state, scene, &placed, row);
}

const fn area(size: Size) -> Rect {
    Rect { x: 0, y: 0, width: size.width, height: size.height }
}

fn moved(place: usize, motion: Motion, page: usize, last: usize) -> usize {
    let place = match motion {
        Motion::Up => place.saturating_sub(1),
        Motion::Down => place.saturating_add(1),
        Motion::PageUp => place.saturating_sub(page),
        Motion::PageDown => place.saturating_add(page),
        Motion::First => 0,
        Motion::Last => last,
    };
    place.min(last)
}

/// The cursor follows its cgroup; when that is no row any more it stays where it stood.
fn settle(state: &mut State, scene: &Scene<'_>) {
    let placed = arrange(state, scene);
    let id_of = |placed: &Placed| scene.snapshot.cgroup(placed.index).map(|cgroup| cgroup.id);
    let cursor = match state.cursor {
        Some(cursor) => Some(cursor),
        // At first it stands on the one that needs somebody.
        None => scene.worst.and_then(|worst| scene.snapshot.cgroup(worst)).map(|cgroup| cgroup.id),
    };
    let found = placed.iter().position(|placed| cursor.is_some() && id_of(placed) == cursor);
    let row = found.unwrap_or_else(|| state.cursor_row.min(placed.len().saturating_sub(1)));
    put_cursor(state, scene, &placed, row);
    if !layout::columns(scene, &placed).contains(&state.column) && !placed.is_empty() {
        state.column = view::columns::Column::Left;
    }
}

/// Once the filter has changed the cursor stands on something it found, not on a level above.
fn seek_match(state: &mut State, scene: &Scene<'_>) {
    settle(state, scene);
    let placed = arrange(state, scene);
    let is_chosen = |placed: &Placed| placed.role == Role::Chosen;
    if !placed.get(state.cursor_row).is_some_and(is_chosen)
        && let Some(row) = placed.iter().position(is_chosen)
    {
        put_cursor(state, scene, &placed, row);
    }
}

fn put_cursor(state: &mut State, scene: &Scene<'_>, placed: &[Placed], row: usize) {
    if let Some(cgroup) = placed.get(row).and_then(|placed| scene.snapshot.cgroup(placed.index)) {
        state.cursor = Some(cgroup.id);
        state.cursor_row = row;
    } else {
        state.cursor = None;
    }
}

#[cfg(test)]
mod tests;
