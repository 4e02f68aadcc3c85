//! What each key means, for the screen and for its help.

use crate::state::Overlay;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// End the program.
    Quit,
    /// Close what is open; else forget the filter; else end.
    Back,
    /// Move the cursor, or scroll what lies over the table.
    Move(Motion),
    /// The column to the left.
    ColumnLeft,
    /// The column to the right.
    ColumnRight,
    /// Sort by the column under the cursor; again, the other way round.
    Sort,
    /// Begin to type a filter.
    Filter,
    /// A character of the filter.
    Type(char),
    /// Take back a character of the filter.
    Erase,
    /// Everything about the row, or the filter is complete.
    Enter,
    /// Tree or list.
    Shape,
    /// Containers or every cgroup.
    Range,
    /// Fold or unfold the branch.
    Fold,
    /// Stand still or go on.
    Pause,
    /// A longer interval.
    Slower,
    /// A shorter interval.
    Faster,
    /// What is the figure under the cursor?
    Explain,
    /// The keys.
    Help,
    /// Back to the shell for a while.
    Suspend,
    /// Draw everything again.
    Redraw,
}

/// A way to move up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// As many rows up as there are on the screen.
    PageUp,
    /// As many rows down as there are on the screen.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
}

/// Every key and what it does, for the help.
pub const KEYS: [(&str, &str); 16] = [
    ("up down, j k", "move the cursor"),
    ("PgUp PgDn, Home End", "move it by a page, to the first, to the last row"),
    ("left right", "choose a column; on a narrow screen this brings the others"),
    ("?", "explain the figure under the cursor: formula, file, bytes"),
    ("Enter", "everything about the row"),
    ("s", "sort by the chosen column; again: the other way round"),
    ("/", "filter by name, id, image; Enter keeps it, Esc clears it"),
    ("t", "tree or list"),
    ("a", "all cgroups, or containers only"),
    ("space", "fold or unfold a branch of the tree"),
    ("p", "pause, and go on"),
    ("+ -", "a longer, a shorter interval"),
    ("h, F1", "this help"),
    ("Ctrl-L", "draw everything again"),
    ("Ctrl-Z", "back to the shell; `fg` returns"),
    ("q, Esc, Ctrl-C", "close what is open, else quit"),
];

/// What a key means while this lies over the table; `None` when nothing.
#[must_use]
pub fn command(key: KeyEvent, overlay: &Overlay) -> Option<Command> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return control(key.code);
    }
    match overlay {
        Overlay::Typing => typing(key.code),
        Overlay::None | Overlay::Help { .. } | Overlay::Explain { .. } | Overlay::Detail { .. } => {
            plain(key.code)
        }
    }
}

const fn control(code: KeyCode) -> Option<Command> {
    match code {
        KeyCode::Char('c') => Some(Command::Quit),
        KeyCode::Char('z') => Some(Command::Suspend),
        KeyCode::Char('l') => Some(Command::Redraw),
        // Ctrl-H is what some terminals send for Backspace.
        KeyCode::Char('h') => Some(Command::Erase),
        _ => None,
    }
}

fn typing(code: KeyCode) -> Option<Command> {
    match code {
        KeyCode::Char(character) if !character.is_control() => Some(Command::Type(character)),
        KeyCode::Backspace => Some(Command::Erase),
        KeyCode::Enter => Some(Command::Enter),
        KeyCode::Esc => Some(Command::Back),
        _ => motion(code).map(Command::Move),
    }
}

fn plain(code: KeyCode) -> Option<Command> {
    let command = match code {
        KeyCode::Char('q') | KeyCode::Esc => Command::Back,
        KeyCode::Char('k') => Command::Move(Motion::Up),
        KeyCode::Char('j') => Command::Move(Motion::Down),
        KeyCode::Left => Command::ColumnLeft,
        KeyCode::Right => Command::ColumnRight,
        KeyCode::Char('s') => Command::Sort,
        KeyCode::Char('/') => Command::Filter,
        KeyCode::Enter => Command::Enter,
        KeyCode::Char('t') => Command::Shape,
        KeyCode::Char('a') => Command::Range,
        KeyCode::Char(' ') => Command::Fold,
        KeyCode::Char('p') => Command::Pause,
        KeyCode::Char('+' | '=') => Command::Slower,
        KeyCode::Char('-') => Command::Faster,
        KeyCode::Char('?') => Command::Explain,
        KeyCode::Char('h') | KeyCode::F(1) => Command::Help,
        _ => return motion(code).map(Command::Move),
    };
    Some(command)
}

const fn motion(code: KeyCode) -> Option<Motion> {
    match code {
        KeyCode::Up => Some(Motion::Up),
        KeyCode::Down => Some(Motion::Down),
        KeyCode::PageUp => Some(Motion::PageUp),
        KeyCode::PageDown => Some(Motion::PageDown),
        KeyCode::Home => Some(Motion::First),
        KeyCode::End => Some(Motion::Last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, KeyCode, KeyEvent, KeyModifiers, Overlay, command};

    fn plain(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn a_letter_is_a_letter_while_a_filter_is_typed() {
        assert_eq!(command(plain(KeyCode::Char('q')), &Overlay::Typing), Some(Command::Type('q')));
        assert_eq!(command(plain(KeyCode::Char('q')), &Overlay::None), Some(Command::Back));
    }

    #[test]
    fn ctrl_c_quits_everywhere() {
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for overlay in
            [Overlay::None, Overlay::Typing, Overlay::Explain { scroll: 0 }, Overlay::Help { scroll: 0 }]
        {
            assert_eq!(command(key, &overlay), Some(Command::Quit));
        }
    }
}
