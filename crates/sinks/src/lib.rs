//! Tells others: a log file, Slack, webhooks, Alertmanager, a command; each at its own pace, none in anybody's way.

pub mod alertmanager;
pub mod command;
pub mod courier;
pub mod delivery;
mod http;
pub mod log_file;
pub mod receiver;
mod secret;
mod shell;
pub mod slack;
mod tls;
mod url;
pub mod webhook;
//! Tells others: starts the one command the user named, answers who asks the agent, tells systemd how it is.

pub mod answerer;
pub mod command;
pub mod control_socket;
pub mod sd_notify;
