//! Tells others: starts the one command the user named.

pub mod command;
