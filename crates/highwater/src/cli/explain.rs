//! `highwater explain`: what a manifest, a command line or a tree of cgroups will do, before it runs.

pub mod containers;
pub mod node_flags;
pub mod protection;
pub mod rule;
pub mod run_line;

use crate::cli::explain::containers::ContainersArgs;
use crate::cli::explain::protection::ProtectionArgs;
use crate::cli::explain::rule::RuleArgs;
use crate::cli::explain::run_line::RunLineArgs;
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::Path;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater explain pod.yaml --node-memory 16Gi --node-swap 30Gi   what each container gets, and why
  highwater explain pod.yaml kubelet.yaml --node-swap 8Gi          under your kubelet configuration
  kubectl get pods -A -o json | highwater explain -                also what a last end proves
  highwater explain docker run -m 512m --memory-swap 1g nginx      the files of cgroup v1 and v2
  highwater explain protection tree.yaml                           what of memory.low holds";

/// Flags of `explain`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ExplainArgs {
    #[command(subcommand)]
    command: Option<ExplainCommand>,
    #[command(flatten)]
    containers: ContainersArgs,
}

#[derive(Subcommand)]
enum ExplainCommand {
    /// Tell what a `docker run` line becomes: files, warnings, refusals
    #[command(after_help = run_line::EXAMPLES)]
    Docker(RunLineArgs),
    /// Tell what a `podman run` line becomes: files, warnings, refusals
    #[command(after_help = run_line::PODMAN_EXAMPLES)]
    Podman(RunLineArgs),
    /// Compute how much of memory.min and memory.low holds in a tree of cgroups
    #[command(after_help = protection::help())]
    Protection(ProtectionArgs),
    /// Show the page of a rule that `highwater lint` names
    #[command(after_help = rule::EXAMPLES)]
    Rule(RuleArgs),
}

/// Explains.
///
/// # Errors
/// When the input cannot be read or is nothing that can be explained, or standard output cannot be written.
pub fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        None => containers::run(&args.containers),
        Some(ExplainCommand::Docker(line)) => run_line::run("docker", line),
        Some(ExplainCommand::Podman(line)) => run_line::run("podman", line),
        Some(ExplainCommand::Protection(args)) => protection::run(args),
        Some(ExplainCommand::Rule(args)) => rule::run(args),
    }
}

/// The bytes of a file; `-` is standard input.
fn read(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("explain: standard input")?;
        return Ok(("standard input".to_owned(), bytes));
    }
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("explain {name}"))?;
    Ok((name, bytes))
}
