//! `highwater node`: a machine made ready for swap.

pub mod apply;
pub mod check;
mod plan;
mod planned;
mod render;
mod size;
pub mod stage;
pub mod undo;
mod verify;
mod wanted;

use crate::cli::Global;
use crate::exit_code::Outcome;
use clap::{Args, Subcommand};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node check                           what of this machine keeps swap from working
  highwater node plan --swap 8Gi                 a swap file: every step, what is now and what would be
  highwater node plan --swap 8Gi --swap-behavior LimitedSwap --reclaim above-eviction
                                                 the same on a Kubernetes node
  highwater node render --for karpenter --swap 30Gi
                                                 the same for somebody else's tool";

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
    /// Show what would change to give this machine the swap that is wanted; nothing is changed
    #[command(after_help = plan::EXAMPLES)]
    Plan(plan::PlanArgs),
    /// Do what `plan` shows, step by step, with a journal: a crash at any point can be continued or undone
    #[command(after_help = apply::EXAMPLES)]
    Apply(apply::ApplyArgs),
    /// Judge the machine again: is it as `apply` left it, and as it is wanted?
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// Take back what `apply` did, and only that
    #[command(after_help = undo::EXAMPLES)]
    Undo(undo::UndoArgs),
    /// Write the swap that is wanted for somebody else's tool: Karpenter, kubeadm, cloud-init, a script
    #[command(after_help = render::EXAMPLES)]
    Render(render::RenderArgs),
    /// Tell how much swap workloads would be given, how much stays unused and why, and what to change
    #[command(after_help = size::EXAMPLES)]
    Size(size::SizeArgs),
}

/// Runs one of them.
///
/// # Errors
/// As the subcommand.
pub fn run(global: &Global, args: &NodeArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        NodeCommand::Check(args) => check::run(global, args),
        NodeCommand::Plan(args) => plan::run(global, args),
        NodeCommand::Apply(args) => apply::run(global, args),
        NodeCommand::Verify(args) => verify::run(global, args),
        NodeCommand::Undo(args) => undo::run(global, args),
        NodeCommand::Render(args) => render::run(args),
        NodeCommand::Size(args) => size::run(args),
    }
}
