//! Scenarios of the agent on a real kernel: what it remembers, tells and counts beside real containers, and what it survives.

pub mod containers;
pub mod crashes;
pub mod many;
pub mod running;
pub mod scraped;
pub mod trouble;
pub mod unit;
pub mod unit_inside;
mod workloads;
