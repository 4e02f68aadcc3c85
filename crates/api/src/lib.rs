//! Highwater's own promises: the JSON documents it prints.

pub mod containers;
pub mod free;
pub mod host;
pub mod incidents;
pub mod object;
pub mod oom_reports;
