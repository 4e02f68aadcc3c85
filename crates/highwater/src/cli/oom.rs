//! `highwater oom`: every OOM kill, found and explained.

pub mod ended;
pub mod gather;
pub mod ls;
pub mod minutes;
pub mod parse;
pub mod show;
pub mod watch;

use crate::cli::Global;
use crate::exit_code::Outcome;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom ls                               every kill the kernel still tells of
  highwater oom show web                         the whole story of the last one in web
  highwater oom watch --exec ./heap-dump.sh      live; the incident on the command's standard input
  journalctl -k | highwater oom ls --from -      explain a log from elsewhere
  highwater oom ls --from kern.log.1 --from kern.log
                                                 several logs as one list, sorted by time
  highwater oom parse /var/log/kern.log          only the facts, as the kernel printed them";

/// The subcommands of `oom`.
#[derive(Args)]
pub struct OomArgs {
    #[command(subcommand)]
    command: OomCommand,
}

#[derive(Subcommand)]
enum OomCommand {
    /// List OOM kills: the kernel's ring, the journal of earlier boots, or a log
    #[command(visible_alias = "list", after_help = ls::EXAMPLES)]
    Ls(ls::LsArgs),
    /// Tell the whole story of one kill
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowArgs),
    /// Wait for kills and tell each as it happens
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::WatchArgs),
    /// Print the OOM reports in a log of any kind, of any kernel
    #[command(after_help = parse::EXAMPLES)]
    Parse(parse::ParseArgs),
}

/// Where kills are looked for.
#[derive(Args, Clone)]
pub struct Origin {
    /// A log instead of this machine, or several as one list; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Also the incidents that `oom watch --state DIR` kept
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    state: Option<PathBuf>,
    /// Only kills of the last 30m, 2h, 1d, 1w
    #[arg(long, value_name = "TIME", value_parser = gather::age)]
    since: Option<std::time::Duration>,
}

impl Origin {
    /// The flags that name the same place again, each behind a blank.
    fn flags(&self) -> String {
        let from = self.from.iter().map(|file| ("--from", file));
        let state = self.state.iter().map(|folder| ("--state", folder));
        from.chain(state)
            .map(|(flag, path)| format!(" {flag} {}", view::remedy::quoted(&path.display().to_string())))
            .collect()
    }
}

/// Runs one of them.
///
/// # Errors
/// As the subcommand.
pub fn run(global: &Global, args: &OomArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        OomCommand::Ls(args) => ls::run(global, args),
        OomCommand::Show(args) => show::run(global, args),
        OomCommand::Watch(args) => watch::run(global, args),
        OomCommand::Parse(args) => parse::run(args),
    }
}
