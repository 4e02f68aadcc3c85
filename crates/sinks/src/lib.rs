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
