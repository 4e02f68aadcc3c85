//! The command line: every command, flag and example, defined once for parser, help, man pages and completions.

pub mod advise;
pub mod agent;
pub mod alerts;
pub mod explain;
pub mod free;
pub mod generate;
pub mod history;
pub mod leaks;
pub mod lint;
pub mod ls;
pub mod node;
pub mod observe;
pub mod oom;
pub mod output;
pub mod parallel;
pub mod policy;
pub mod progress;
mod prometheus_flags;
pub mod remembered;
pub mod replay;
pub mod show;
pub mod top;

use crate::exit_code::Outcome;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Keeps containers inside their memory.
///
/// Without a command: `top` in a terminal, else `ls`.
#[derive(Parser)]
#[command(
    name = "highwater",
    version,
    max_term_width = 100,
    after_help = "Examples:
  highwater                     the live screen
  highwater ls                  every container: used, limit, what is left
  highwater show web            everything about one container
  highwater free                inside a container: what this process may really use
  highwater explain pod.yaml    before it runs: what its limits will do
  highwater lint k8s/           what manifests will really do, before they run"
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags of every command.
#[derive(Args, Clone)]
pub struct Global {
    /// Where the machine's files are: `/host` in a DaemonSet, or a recorded machine
    #[arg(long, global = true, value_name = "DIR", default_value = "/", help_heading = "Global options")]
    pub root: PathBuf,
    /// The container engine's socket: a path or unix:///PATH. Found by itself when not given
    #[arg(
        long,
        global = true,
        value_name = "SOCKET",
        env = "DOCKER_HOST",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    pub docker_host: Option<String>,
    /// When to use colour; NO_COLOR is heeded too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub color: Colour,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// In a terminal that has it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// List every container: used, limit, what is left, swap, kills
    #[command(visible_alias = "list", after_help = ls::EXAMPLES)]
    Ls(ls::LsArgs),
    /// Show everything about one container, unit, process or cgroup
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowArgs),
    /// Watch every container live
    #[command(after_help = top::EXAMPLES)]
    Top(top::TopArgs),
    /// Tell what this process may really use, next to what `free` claims
    #[command(after_help = free::EXAMPLES)]
    Free(free::FreeArgs),
    /// Tell what a manifest or a command line will do with memory and swap, before it runs
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::ExplainArgs),
    /// Find and explain OOM kills
    #[command(after_help = oom::EXAMPLES)]
    Oom(oom::OomArgs),
    /// Show what the agent remembers: memory, limits, swap and kills over two weeks
    #[command(after_help = remembered::EXAMPLES)]
    History(remembered::RememberedArgs),
    /// Watch this machine always: remember every workload, explain every kill, give metrics
    #[command(after_help = agent::EXAMPLES)]
    Agent(agent::AgentArgs),
    /// Check manifests, node configuration and scripts before they run
    #[command(after_help = lint::EXAMPLES)]
    Lint(lint::LintArgs),
    /// Make a machine ready for swap
    #[command(after_help = node::EXAMPLES)]
    Node(node::NodeArgs),
    /// Show, check and explain the memory policy: who gets how much swap, and why
    #[command(after_help = policy::EXAMPLES)]
    Policy(policy::PolicyArgs),
    /// Judge rules for memory limits on recorded histories: kills, memory, swap
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::ReplayArgs),
    /// Advise memory limits and swap from recorded histories, with reasons, commands and their undo
    #[command(after_help = advise::EXAMPLES)]
    Advise(advise::AdviseArgs),
    /// Find memory that grows and is not given back
    #[command(after_help = leaks::EXAMPLES)]
    Leaks(leaks::LeaksArgs),
    /// Show alerts, test whether they arrive, silence them
    #[command(after_help = alerts::EXAMPLES)]
    Alerts(alerts::AlertsArgs),
    /// Print shell completions
    #[command(after_help = "Example:\n  highwater completions bash > /etc/bash_completion.d/highwater")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages, completions and the command reference
    #[command(hide = true)]
    Generate {
        /// Where to
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

/// Parses the command line and runs the command.
///
/// # Errors
/// When the command could not do what it was asked.
pub fn run() -> anyhow::Result<Outcome> {
    let Cli { global, command } = Cli::parse();
    output::choose_colour(global.color);
    match command {
        Some(Command::Ls(args)) => ls::run(&global, &args),
        Some(Command::Show(args)) => show::run(&global, &args),
        Some(Command::Top(args)) => top::run(&global, &args),
        Some(Command::Free(args)) => free::run(&global, &args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Oom(args)) => oom::run(&global, &args),
        Some(Command::History(args)) => remembered::run(&global, &args),
        Some(Command::Agent(args)) => agent::run(&global, &args),
        Some(Command::Lint(args)) => lint::run(&args),
        Some(Command::Node(args)) => node::run(&global, &args),
        Some(Command::Policy(args)) => policy::run(&global, &args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Advise(args)) => advise::run(&args),
        Some(Command::Leaks(args)) => leaks::run(&args),
        Some(Command::Alerts(args)) => alerts::run(&global, &args),
        Some(Command::Completions { shell }) => generate::completions(shell),
        Some(Command::Generate { dir }) => generate::everything(&dir),
        None if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() => {
            top::run(&global, &top::TopArgs::default())
        }
        None => ls::run(&global, &ls::LsArgs::default()),
    }
}
