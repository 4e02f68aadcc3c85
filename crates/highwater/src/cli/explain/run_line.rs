//! `highwater explain docker run …`: what a command line becomes on cgroup v1 and v2.

use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::bail;
use api::explain::ToldRun;
use clap::Args;
use judge::{docker_limits, docker_options};
use kernel::hierarchy::CgroupVersion;
use view::outcome::run as words;

/// What stands below the help of `explain docker`.
pub const EXAMPLES: &str = "Examples:
  highwater explain docker run -m 512m nginx
  highwater explain docker run -m 512m --memory-swap 512m --memory-swappiness 0 nginx
  highwater explain docker --format json run -m 1g postgres";

/// What stands below the help of `explain podman`.
pub const PODMAN_EXAMPLES: &str = "Examples:
  highwater explain podman run -m 512m nginx
  highwater explain podman run --memory-swap 1g nginx";

/// A command line.
#[derive(Args)]
pub struct RunLineArgs {
    /// How to print; before `run`
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// The line as it would be typed: `run`, options, image, command
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORD")]
    line: Vec<String>,
}

/// Explains.
///
/// # Errors
/// When the line runs no container, or standard output cannot be written. A line that the engine refuses is explained, too.
pub fn run(program: &str, args: &RunLineArgs) -> anyhow::Result<Outcome> {
    let words: Vec<&str> = std::iter::once(program).chain(args.line.iter().map(String::as_str)).collect();
    let command = match docker_options::read(&words) {
        Ok(command) => command,
        Err(other) => bail!(
            "explain: expected `{program} run` or `{program} create` with its options, found `{}`",
            other.found
        ),
    };
    let outcomes = [CgroupVersion::V2, CgroupVersion::V1]
        .map(|cgroup| (cgroup, docker_limits::outcome(&command, cgroup)));
    match args.format {
        Format::Json => {
            let told: Vec<ToldRun<'_>> = outcomes
                .iter()
                .map(|(cgroup, outcome)| ToldRun {
                    cgroup: *cgroup,
                    outcome,
                    sentence: words::sentence(&command, outcome),
                })
                .collect();
            output::json(&api::explain::run(&command, &told, &words::notes(&command, &outcomes)))?;
        }
        Format::Text => output::lines(&words::screen(&command, &outcomes, output::width()))?,
    }
    Ok(Outcome::Fine)
}
