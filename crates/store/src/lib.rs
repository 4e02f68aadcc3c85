//! Remembers below one folder of its own: the history of workloads, incidents, and how far the kernel's log was read.

mod checksum;
mod files;
pub mod history;
pub mod record;
pub mod store;
