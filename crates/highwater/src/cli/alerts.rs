//! `highwater alerts`: what stands, whether messages arrive, and silences.

pub mod compose;
mod ls;
mod silence;
pub mod telling;
mod test;

use crate::agent::settings::configuration;
use crate::cli::Global;
use crate::cli::agent::{CONFIG, STATE};
use crate::exit_code::Outcome;
use api::agent_config::convert::AgentConfig;
use clap::{Args, Subcommand};
use model::alert::Moment;
use model::alert::silence::StandingSilence;
use sources::host_root::HostRoot;
use std::path::{Path, PathBuf};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater alerts ls                                  what stands, what is silenced, what waits for a receiver
  highwater alerts test                                sends a test to every receiver and says what it answered
  highwater alerts test team                           to one of them
  highwater alerts silence web --for 2h --reason deploy  nobody is told of web for two hours
  highwater alerts silence 'batch-*' --rule pressure --for 1d
  highwater alerts silence --list                      the silences, with their names
  highwater alerts silence --remove s1                 the end of one

Whom alerts are told to is written in the agent's configuration, a file of kind AgentConfig (highwater.dev/v1alpha1): `sinks`.";

/// The subcommands of `alerts`.
#[derive(Args)]
pub struct AlertsArgs {
    #[command(subcommand)]
    command: AlertsCommand,
}

#[derive(Subcommand)]
enum AlertsCommand {
    /// List what stands, what is silenced and what waits for a receiver
    #[command(visible_alias = "list", after_help = EXAMPLES)]
    Ls(ls::LsArgs),
    /// Send a test to the receivers and tell what they answer
    #[command(after_help = EXAMPLES)]
    Test(test::TestArgs),
    /// Tell nobody of some alerts for a while
    #[command(after_help = EXAMPLES)]
    Silence(silence::SilenceArgs),
}

/// Where the agent's files are.
#[derive(Args)]
struct Places {
    /// The agent's state folder
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// The agent's configuration [default: /etc/highwater/agent.yaml where there is one: else every rule, and nobody to tell]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Places {
    /// The configuration, or what holds without one.
    fn configuration(&self) -> anyhow::Result<AgentConfig> {
        match &self.config {
            Some(file) => configuration(file),
            None if Path::new(CONFIG).exists() => configuration(Path::new(CONFIG)),
            None => Ok(AgentConfig::default()),
        }
    }

    /// The flag for the next command, behind a blank, where it is not the usual folder.
    fn state_flag(&self) -> String {
        if self.state == Path::new(STATE) {
            String::new()
        } else {
            format!(" --state {}", view::remedy::quoted(&self.state.display().to_string()))
        }
    }

    fn config_path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(CONFIG))
    }
}

/// Runs one of them.
///
/// # Errors
/// As the subcommand.
pub fn run(global: &Global, args: &AlertsArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        AlertsCommand::Ls(args) => ls::run(global, args),
        AlertsCommand::Test(args) => test::run(global, args),
        AlertsCommand::Silence(args) => silence::run(global, args),
    }
}

/// This moment on the three clocks.
#[must_use]
pub fn now(root: &HostRoot) -> Moment {
    Moment {
        wall: sources::proc::wall_clock(),
        uptime: sources::proc::uptime(root),
        boot: sources::kmsg::boot_id(root),
    }
}

/// Those that still hold.
fn standing<'a>(silences: &'a [model::alert::silence::Silence], now: &Moment) -> Vec<StandingSilence<'a>> {
    let standing =
        silences.iter().filter_map(|silence| silence.left(now).map(|left| StandingSilence { silence, left }));
    standing.collect()
}
