//! Leaks are found and what only looks like one is not.

mod families;
mod restarts;
