//! `highwater node plan`: what would change, step by step.

use super::wanted::WantedFlags;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use clap::{Args, ValueEnum};

/// Flags of `node plan`.
#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    wanted: WantedFlags,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: PlanFormat,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// The wish alone, as a NodeSwap file.
    #[default]
    Yaml,
}

/// Plans.
///
/// # Errors
/// When it is not clear what is wanted.
pub fn run(_global: &Global, args: &PlanArgs) -> anyhow::Result<Outcome> {
    let wish = args.wanted.wanted()?;
    match args.format {
        PlanFormat::Yaml => output::text(&api::placed::to_yaml(&api::node_swap::written::file(&wish))?)?,
    }
    Ok(Outcome::Fine)
}
