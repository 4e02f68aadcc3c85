//! Scenarios: a plan of swap done and taken back on a real kernel, and everything that must be refused.
//!
//! `node` runs on this machine with folders, mounts and swap of its own. `node-machine` drives Debian machines that keep their disk
//! from boot to boot, and cuts their power; in them runs `node-inside`, one stage per boot.

pub mod here;
mod here_kept;
mod here_kills;
pub mod inside;
mod job;
mod looks;
pub mod outside;
mod variants;

use crate::subprocess::{Outcome, output};
use anyhow::ensure;
use std::process::Command;
use std::time::Duration;

/// A machine without KVM takes its time.
const SECONDS_MAX: Duration = Duration::from_secs(150);

/// Runs a script.
fn tried(script: &str) -> anyhow::Result<Outcome> {
    output(Command::new("/bin/sh").args(["-c", script]), SECONDS_MAX)
}

/// Runs a script that must succeed, and returns what it prints.
fn printed(script: &str) -> anyhow::Result<String> {
    let outcome = tried(script)?;
    ensure!(outcome.code == Some(0), "{script}: {}{}", outcome.stdout, outcome.stderr);
    Ok(outcome.stdout.trim_end().to_owned())
}
