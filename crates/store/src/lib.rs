//! Remembers below one folder of its own: the history of workloads, incidents, and how far the kernel's log was read.

pub mod alert_book;
mod checksum;
mod files;
pub mod history;
pub mod outbox;
pub mod record;
pub mod silences;
pub mod store;
