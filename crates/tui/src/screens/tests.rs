//! The screens as a terminal shows them, without colour, at the sizes that matter.

use super::draw;
use crate::canvas::Look;
use crate::example::Example;
use crate::glyphs::Glyphs;
use crate::paint::Paint;
use crate::state::{Size, State};
use crate::update::{Input, Intent, update};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;
use view::text::Line;

/// A screen after some scans and keys.
struct Shown {
    example: Example,
    state: State,
}

impl Shown {
    fn new(width: u16, height: u16) -> Self {
        let look = Look { glyphs: Glyphs::Unicode, paint: Paint::Monochrome };
        let mut example = Example::docker_host();
        let mut state = State::new(look, Size { width, height }, Duration::from_secs(2));
        for second in 0..60 {
            example.go_on(second);
            update(&mut state, Input::Scanned, &example.scene());
        }
        Self { example, state }
    }

    fn press(&mut self, code: KeyCode) -> Intent {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        update(&mut self.state, Input::Key(key), &self.example.scene())
    }

    fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
        self
    }

    fn text(&self) -> String {
        let Size { width, height } = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &self.state, &self.example.scene())).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |y: u16| {
            let mut line = String::new();
            let mut x = 0;
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(Line::plain(symbol).width()).unwrap().max(1);
            }
            line.trim_end().to_owned()
        };
        (0..height).map(line).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn eighty_columns() {
    insta::assert_snapshot!(Shown::new(80, 24).text());
}

#[test]
fn a_wide_terminal_has_graphs_in_the_table() {
    insta::assert_snapshot!(Shown::new(120, 40).text());
}

#[test]
fn twenty_columns() {
    insta::assert_snapshot!(Shown::new(20, 10).text());
}

#[test]
fn five_rows() {
    insta::assert_snapshot!(Shown::new(40, 5).text());
}

#[test]
fn ascii_has_no_other_characters() {
    let mut shown = Shown::new(80, 24);
    shown.state.look.glyphs = Glyphs::Ascii;
    let text = shown.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn every_size_can_be_drawn() {
    for overlay in ["", "?", "h"] {
        let mut shown = Shown::new(80, 24);
        shown.type_text(overlay);
        for width in [0, 1, 2, 3, 7, 19, 20, 39, 71, 72, 100, 300] {
            for height in [0, 1, 2, 3, 4, 7, 9, 17, 18, 60] {
                let size = Size { width, height };
                update(&mut shown.state, Input::Resized(size), &shown.example.scene());
                shown.text();
            }
        }
    }
}

#[test]
fn a_list_of_everything_sorted_by_use() {
    let mut shown = Shown::new(100, 24);
    shown.type_text("ta");
    for _ in 0..2 {
        shown.press(KeyCode::Left);
    }
    shown.type_text("sp");
    insta::assert_snapshot!(shown.text());
}

#[test]
fn a_figure_is_explained_where_it_stands() {
    let mut shown = Shown::new(80, 24);
    shown.press(KeyCode::Down);
    shown.type_text("?");
    insta::assert_snapshot!(shown.text());
}

#[test]
fn the_help_names_every_key() {
    let mut shown = Shown::new(80, 24);
    shown.type_text("h");
    insta::assert_snapshot!(shown.text());
}

#[test]
fn a_filter_keeps_the_levels_above_what_it_finds() {
    let mut shown = Shown::new(80, 24);
    shown.type_text("/API");
    insta::assert_snapshot!(shown.text());
}

#[test]
fn details_scroll_and_say_when_their_container_is_gone() {
    let mut shown = Shown::new(60, 16);
    let Intent::Show(index) = shown.press(KeyCode::Enter) else { panic!("no details asked for") };
    let of = shown.example.snapshot.cgroup(index).unwrap().id;
    let lines = (1..=30).map(|number| Line::plain(format!("line {number}"))).collect();
    update(&mut shown.state, Input::Shown(of, lines), &shown.example.scene());
    shown.press(KeyCode::End);
    shown.press(KeyCode::Up);
    let name = view::names::cgroup(shown.example.snapshot.cgroup(index).unwrap());
    shown.example.remove(&name);
    update(&mut shown.state, Input::Scanned, &shown.example.scene());
    insta::assert_snapshot!(shown.text());
}
