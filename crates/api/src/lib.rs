//! Highwater's own promises: the JSON documents it prints.

pub mod containers;
pub mod free;
pub mod host;
pub mod object;
