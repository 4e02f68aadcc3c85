//! `highwater node plan`: what would change, step by step.

use super::planned;
use super::wanted::WantedFlags;
use crate::cli::explain::node_flags;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use clap::{Args, ValueEnum};
use model::lint::KubernetesVersion;
use view::remedy::quoted;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node plan --swap 8Gi                 a swap file, with its unit
  highwater node plan --swap 8Gi --swap-behavior LimitedSwap --reclaim above-eviction --protect-system
                                                 the same on a Kubernetes node
  highwater node plan --zram 50%:zstd --priority 100 --swap 8Gi --priority 10
                                                 compressed memory first, then a file
  highwater node plan --swap 30Gi --instance-store
                                                 on the machine's own disks, or in /swapfile without them
  highwater node plan --swap 8Gi --format yaml > workers.yaml
                                                 the wish as a file, for `highwater node plan workers.yaml`

Nothing is changed. Exit code 0 with a plan, also with an empty one; 3 when there can be none, with the reasons.";

/// Flags of `node plan`.
#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    wanted: WantedFlags,
    /// The kubelet's version, where the machine does not tell it
    #[arg(long, value_name = "VERSION", value_parser = node_flags::version, help_heading = "Options")]
    kubernetes_version: Option<KubernetesVersion>,
    /// How to print
    #[arg(long, value_enum, default_value_t, help_heading = "Options")]
    format: PlanFormat,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For scripts, and for `highwater node apply --plan`
    Json,
    /// What is wanted alone, as a NodeSwap file
    Yaml,
}

/// Plans.
///
/// # Errors
/// When it is not clear what is wanted, or the machine cannot be read.
pub fn run(global: &Global, args: &PlanArgs) -> anyhow::Result<Outcome> {
    let wanted = args.wanted.wanted()?;
    if args.format == PlanFormat::Yaml {
        output::text(&api::placed::to_yaml(&api::node_swap::written::file(&wanted))?)?;
        return Ok(Outcome::Fine);
    }
    let plan = planned::plan_for(global, &wanted, args.kubernetes_version)?;
    match args.format {
        PlanFormat::Json => output::json(&api::node_plan::document(&plan)?)?,
        PlanFormat::Text | PlanFormat::Yaml => {
            output::lines(&view::node_plan::screen(&plan, &next(), output::width()))?;
        }
    }
    Ok(if plan.refusals.is_empty() { Outcome::Fine } else { Outcome::NotDone })
}

/// The command that runs the plan: the same words to `apply`.
fn next() -> String {
    let mut words: Vec<String> = std::env::args().skip(1).map(|word| quoted(&word)).collect();
    if let Some(word) = words.iter_mut().find(|word| *word == "plan") {
        "apply".clone_into(word);
    }
    if let Some(at) = words.iter().position(|word| word == "--format") {
        words.drain(at..(at + 2).min(words.len()));
    }
    words.retain(|word| !word.starts_with("--format="));
    format!("highwater {}", words.join(" "))
}
