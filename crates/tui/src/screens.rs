//! The whole screen: parts from top to bottom, and what lies over them.

pub mod foot;
pub mod head;
pub mod overlay;
pub mod panel;
pub mod table;

use crate::arrange::arrange;
use crate::canvas::Canvas;
use crate::layout;
use crate::scene::Scene;
use crate::state::State;
use ratatui::Frame;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State, scene: &Scene<'_>) {
    let area = frame.area();
    let parts = layout::parts(area, foot::worst_rows(scene, area.width));
    let placed = arrange(state, scene);
    let mut canvas = Canvas::new(frame.buffer_mut(), area, state.look);
    head::host(&mut canvas.part(parts.host), scene);
    head::status(&mut canvas.part(parts.status), state, scene, &placed);
    table::draw(&mut canvas.part(parts.table), state, scene, &placed);
    panel::draw(&mut canvas.part(parts.panel), state, scene);
    overlay::draw(&mut canvas, state, scene);
    foot::worst(&mut canvas.part(parts.worst), scene);
    foot::next(&mut canvas.part(parts.next), scene);
    foot::hint(&mut canvas.part(parts.hint), state);
}

#[cfg(test)]
mod tests;
