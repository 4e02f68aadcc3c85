//! The live screen: keys and drawing for `highwater top`.

pub mod arrange;
pub mod canvas;
pub mod glyphs;
pub mod graph;
pub mod history;
pub mod keys;
pub mod layout;
pub mod paint;
pub mod scene;
pub mod screens;
pub mod state;
pub mod terminal;
pub mod update;

#[cfg(test)]
mod example;
