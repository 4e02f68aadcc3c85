//! `highwater node`: a machine made ready for swap.

mod check;

use crate::cli::Global;
use crate::exit_code::Outcome;
use clap::{Args, Subcommand};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node check                           what of this machine keeps swap from working
  highwater node check --format json             the same for scripts; exit code 1 when something must be mended
  highwater node check --root /host              from a container that has the machine's files there";

/// The subcommands of `node`.
#[derive(Args)]
pub struct NodeArgs {
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Check this machine: swap, kernel, kubelet, runtimes, and what keeps swap from working
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArgs),
}

/// Runs one of them.
///
/// # Errors
/// As the subcommand.
pub fn run(global: &Global, args: &NodeArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        NodeCommand::Check(args) => check::run(global, args),
    }
}
