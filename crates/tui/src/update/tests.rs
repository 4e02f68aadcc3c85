//! What keys do, told on the made-up machine.

use super::{Input, Intent, update};
use crate::arrange::{Fold, arrange};
use crate::canvas::Look;
use crate::example::Example;
use crate::glyphs::Glyphs;
use crate::paint::Paint;
use crate::state::{Clock, Direction, Overlay, Shape, Size, State};
use kernel::bytes::Bytes;
use model::reading::Reading;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;
use view::columns::Column;
use view::names;

struct Session {
    example: Example,
    state: State,
}

impl Session {
    fn new() -> Self {
        let look = Look { glyphs: Glyphs::Unicode, paint: Paint::Monochrome };
        let state = State::new(look, Size { width: 80, height: 24 }, Duration::from_secs(2));
        let mut session = Self { example: Example::docker_host(), state };
        session.input(Input::Scanned);
        session
    }

    fn input(&mut self, input: Input) -> Intent {
        update(&mut self.state, input, &self.example.scene())
    }

    fn press(&mut self, code: KeyCode) -> Intent {
        self.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    fn rows(&self) -> Vec<String> {
        let scene = self.example.scene();
        let placed = arrange(&self.state, &scene);
        placed.iter().map(|placed| names::cgroup(scene.snapshot.cgroup(placed.index).unwrap())).collect()
    }

    fn under_cursor(&self) -> String {
        let scene = self.example.scene();
        let index = super::selected(&self.state, &scene).unwrap();
        names::cgroup(scene.snapshot.cgroup(index).unwrap())
    }
}

#[test]
fn the_cursor_starts_on_the_one_that_needs_somebody() {
    assert_eq!(Session::new().under_cursor(), "web");
}

#[test]
fn the_cursor_follows_its_cgroup_while_rows_move() {
    let mut session = Session::new();
    session.type_text("t");
    session.press(KeyCode::Home);
    let before = session.under_cursor();
    let index = session.example.index_of(&before);
    let headroom = &mut session.example.assessments[index.0].headroom;
    *headroom = headroom
        .clone()
        .map(|headroom| model::assessment::Headroom { with_swap: Bytes(1 << 40), ..headroom });
    session.input(Input::Scanned);
    assert_eq!(session.under_cursor(), before);
    assert_ne!(session.rows().first(), Some(&before));
}

#[test]
fn when_its_cgroup_goes_the_cursor_stays_on_its_row() {
    let mut session = Session::new();
    session.press(KeyCode::Down);
    let row = session.state.cursor_row;
    let gone = session.under_cursor();
    session.example.remove(&gone);
    session.input(Input::Scanned);
    assert_eq!(session.state.cursor_row, row);
    assert_ne!(session.under_cursor(), gone);
}

#[test]
fn a_list_has_containers_only_and_the_unknown_last() {
    let mut session = Session::new();
    session.type_text("t");
    let unknown = "odd\u{1b}[31mname".to_owned();
    assert_eq!(session.rows().len(), 5);
    assert_eq!(session.rows().last(), Some(&unknown));
    session.type_text("s");
    assert_eq!(session.state.sort.direction, Direction::Descending);
    assert_eq!(session.rows().last(), Some(&unknown));
}

#[test]
fn a_branch_stands_where_its_most_pressing_row_stands() {
    let mut session = Session::new();
    assert_eq!(session.rows()[..2], ["system.slice", "web"]);
    let api = session.example.index_of("api");
    session.example.assessments[api.0].headroom = Reading::Value(model::assessment::Headroom {
        with_swap: Bytes(0),
        memory: Bytes(0),
        binding: model::assessment::Binding::Host,
    });
    assert_eq!(session.rows()[0], "/kubepods.slice");
}

#[test]
fn a_folded_branch_hides_its_rows_until_a_filter_looks_for_them() {
    let mut session = Session::new();
    session.press(KeyCode::Home);
    session.type_text(" ");
    assert!(!session.rows().contains(&"web".to_owned()));
    let placed = arrange(&session.state, &session.example.scene());
    assert_eq!(placed[session.state.cursor_row].fold, Fold::Folded);
    session.type_text("/WEB");
    assert_eq!(session.under_cursor(), "web");
}

#[test]
fn a_filter_that_finds_nothing_has_no_cursor_and_gives_it_back() {
    let mut session = Session::new();
    session.type_text("/nothing is called this");
    assert_eq!(session.state.cursor, None);
    assert_eq!(session.press(KeyCode::Esc), Intent::Draw);
    assert_eq!(session.under_cursor(), "web");
    session.type_text("/registry.example/API");
    assert_eq!(session.under_cursor(), "api");
}

#[test]
fn escape_closes_then_clears_then_quits() {
    let mut session = Session::new();
    session.type_text("/web");
    session.press(KeyCode::Enter);
    session.type_text("?");
    assert_eq!(session.state.overlay, Overlay::Explain { scroll: 0 });
    assert_eq!(session.press(KeyCode::Esc), Intent::Draw);
    assert_eq!((session.state.overlay.clone(), session.state.filter.as_str()), (Overlay::None, "web"));
    assert_eq!(session.press(KeyCode::Esc), Intent::Draw);
    assert_eq!(session.state.filter, "");
    assert_eq!(session.press(KeyCode::Esc), Intent::Quit);
}

#[test]
fn the_first_column_is_the_name_and_sorts_from_a() {
    let mut session = Session::new();
    for _ in 0..20 {
        session.press(KeyCode::Left);
    }
    session.type_text("ts");
    assert_eq!((session.state.sort.column, session.state.shape), (Column::Name, Shape::Flat));
    assert_eq!(session.rows()[0], "api");
}

#[test]
fn a_pause_and_the_interval_are_the_doors_to_keep() {
    let mut session = Session::new();
    session.type_text("p+");
    assert_eq!((session.state.clock, session.state.interval), (Clock::Paused, Duration::from_secs(3)));
    session.type_text("---------");
    assert_eq!(session.state.interval, Duration::from_millis(250));
}

#[test]
fn a_machine_without_a_container_shows_every_cgroup() {
    let mut session = Session::new();
    for name in
        ["web", "postgres-primary-with-a-very-long-name-0", "데이터베이스-캐시", "odd\u{1b}[31mname", "api"]
    {
        session.example.remove(name);
    }
    session.input(Input::Scanned);
    assert!(session.rows().contains(&"user.slice".to_owned()), "{:?}", session.rows());
}

#[test]
fn a_terminal_that_is_gone_ends_the_program() {
    assert_eq!(Session::new().input(Input::HungUp), Intent::Quit);
}
