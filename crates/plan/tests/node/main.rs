//! Plans of whole machines: golden files, refusals, and that a plan that was run leaves nothing to plan and can be undone.
#![allow(missing_docs, reason = "a test")]

mod golden;
mod host;
mod property;
mod refusals;
mod words;
