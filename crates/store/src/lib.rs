//! Remembers below one folder of its own: incidents, and how far the kernel's log was read.

mod checksum;
mod files;
pub mod record;
pub mod store;
