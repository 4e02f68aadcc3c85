//! Tells others: starts the one command the user named, answers who asks the agent, tells systemd how it is.

pub mod answerer;
pub mod command;
pub mod control_socket;
pub mod sd_notify;
