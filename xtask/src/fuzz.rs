//! `cargo xtask fuzz`: feeds the parsers with what nobody would write; fuzz/README.md tells how.

use crate::subprocess::{Running, note_interrupts};
use crate::{packages, prepare, repository};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// The first build takes minutes on a slow machine.
const BUILD_SECONDS_MAX: u64 = 900;

/// The command line of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct FuzzArgs {
    /// Only these targets; their names are those of the files in fuzz/targets
    targets: Vec<String>,
    /// How long for each target
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Runs the targets one after the other; the exit code is that of the first that finds something.
pub fn run(args: &FuzzArgs) -> anyhow::Result<ExitCode> {
    note_interrupts()?;
    packages::ensure(&prepare::FUZZ)?;
    let root = repository::root()?;
    let mut command = Command::new(root.join("fuzz/run.sh"));
    command.arg(args.seconds.to_string()).args(&args.targets).stdin(Stdio::null());
    // Its own workspace has its own target folder.
    command.env_remove("CARGO_TARGET_DIR");
    let targets = u64::try_from(args.targets.len().max(100)).unwrap_or(u64::MAX);
    let at_most = BUILD_SECONDS_MAX.saturating_add(args.seconds.saturating_mul(targets).saturating_mul(2));
    let status = Running::start(&mut command)?.wait(Duration::from_secs(at_most))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
