//! Plans of whole machines: golden files, refusals, and that a plan that was run leaves nothing to plan and can be undone.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test: what is not as it was set up must stop it")]

mod golden;
mod host;
mod partition_in_fstab;
mod property;
mod refusals;
mod words;
