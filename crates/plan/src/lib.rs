//! Orders changes of a machine, and writes them for other people's tools: values in, plans and texts out. No I/O, no clock.

pub mod agent;
pub mod check;
pub mod node;
pub mod render;
pub mod swap_size;
