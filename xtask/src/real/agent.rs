//! Scenarios of the agent on a real kernel: what it remembers, tells and counts beside real containers, and what it survives.

pub mod containers;
pub mod crashes;
mod running;
mod workloads;
