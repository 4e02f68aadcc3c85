//! Tells others: a log file, Slack, webhooks, Alertmanager, a command, systemd, and whoever asks the agent.

pub mod alertmanager;
pub mod answerer;
pub mod command;
pub mod control_socket;
pub mod courier;
mod deadline;
pub mod delivery;
mod http;
pub mod log_file;
pub mod program;
pub mod receiver;
pub mod sd_notify;
mod secret;
mod shell;
pub mod slack;
mod tls;
mod url;
pub mod webhook;
