//! `highwater policy`: which container is treated how, and why.

pub mod explain;

use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use api::placed::Place;
use api::policy::{built_in, convert, written};
use clap::{Args, Subcommand, ValueEnum};
use model::policy::MemoryPolicy;
use std::path::{Path, PathBuf};
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater policy show > policy.yaml            the policy that holds, to be changed
  highwater policy check policy.yaml             what is wrong with a policy, with places
  highwater policy explain web                   class, environment and treatment of what runs
  highwater policy explain web --file k8s.yaml   the same of a workload in a manifest

A policy is a file of kind MemoryPolicy (highwater.dev/v1alpha1). What it leaves out is as built in.";

/// The subcommands of `policy`.
#[derive(Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Print the whole policy: the built-in one, or a file with what it leaves out
    #[command(after_help = EXAMPLES)]
    Show(ShowArgs),
    /// Check a policy file: unknown fields, values out of range, rules that nothing can reach
    #[command(after_help = EXAMPLES)]
    Check(CheckArgs),
    /// Tell which rule gives a container its class and environment, what that wants, and what holds now
    #[command(after_help = EXAMPLES)]
    Explain(explain::ExplainArgs),
}

/// Flags of `policy show`.
#[derive(Args)]
struct ShowArgs {
    /// A policy file instead of the built-in policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: PolicyFormat,
}

/// How a policy is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PolicyFormat {
    /// As the file is written.
    #[default]
    Yaml,
    /// For scripts.
    Json,
}

/// Flags of `policy check`.
#[derive(Args)]
struct CheckArgs {
    /// The policy file; `-` is standard input
    file: PathBuf,
}

/// Runs one of them.
///
/// # Errors
/// As the subcommand.
pub fn run(global: &Global, args: &PolicyArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        PolicyCommand::Show(args) => show(args),
        PolicyCommand::Check(args) => check(args),
        PolicyCommand::Explain(args) => explain::run(global, args),
    }
}

fn show(args: &ShowArgs) -> anyhow::Result<Outcome> {
    let file = written::file(&policy(args.policy.as_deref())?);
    match args.format {
        PolicyFormat::Yaml => output::text(&api::placed::to_yaml(&file)?)?,
        PolicyFormat::Json => output::json(&serde_json::to_value(&file)?)?,
    }
    Ok(Outcome::Fine)
}

fn check(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let text = text(&args.file)?;
    let name = args.file.display();
    let read = match convert::read(&text) {
        Ok(read) => read,
        Err(faults) => {
            let lines = faults.iter().map(|fault| Line::of(Tone::Critical, format!("{name}:{fault}")));
            output::lines(&lines.collect::<Vec<_>>())?;
            return Ok(Outcome::Findings);
        }
    };
    let unreachable = judge::policy::unreachable(&read.policy);
    // The built-in rules are not the file's.
    let place = |rule: usize| read.rule_places.get(rule).copied().unwrap_or_default();
    let found = unreachable.iter().map(|found| {
        let Place { line, column } = place(found.rule);
        let (rule, behind) = (found.rule + 1, found.behind + 1);
        let words = format!(
            "rule {rule} is never reached: rule {behind} (line {}) is about everybody whom it is about",
            place(found.behind).line
        );
        Line::of(Tone::Warning, format!("{name}:{line}:{column}: {words}"))
    });
    let mut lines: Vec<Line> = found.collect();
    if lines.is_empty() {
        let rules = view::units::count(read.policy.rules.len() as u64, "rule");
        lines.push(Line::of(Tone::Good, format!("{name}: fine: policy {}, {rules}", read.policy.name)));
    }
    output::lines(&lines)?;
    Ok(if unreachable.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// The policy of a file, or the built-in one.
///
/// # Errors
/// When the file cannot be read or is wrong.
pub fn policy(file: Option<&Path>) -> anyhow::Result<MemoryPolicy> {
    let Some(file) = file else { return Ok(built_in::policy()) };
    match convert::read(&text(file)?) {
        Ok(read) => Ok(read.policy),
        Err(faults) => match faults.as_slice() {
            [fault, rest @ ..] => {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!("; {more} more: highwater policy check {}", file.display()),
                };
                bail!("{}:{fault}{more}", file.display())
            }
            [] => bail!("{}: no policy", file.display()),
        },
    }
}

fn text(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        return std::io::read_to_string(std::io::stdin().lock()).context("standard input");
    }
    std::fs::read_to_string(file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_built_in_rule_is_out_of_reach() {
        assert_eq!(judge::policy::unreachable(&api::policy::built_in::policy()), []);
    }
}
