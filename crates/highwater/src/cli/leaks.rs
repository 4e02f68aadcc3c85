//! `highwater leaks`: which histories grow and do not give back.

use crate::cli::history::{self, HistoryArgs};
use crate::cli::output::{self, Format};
use crate::cli::parallel;
use crate::cli::progress::Progress;
use crate::exit_code::Outcome;
use clap::Args;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater leaks --csv memory.csv --unit MiB    what leaks, how fast, and when it is at its limit
  highwater leaks --csv a.csv.gz b.csv.gz --join one history from two files

Suspected after a day of growth that does not slow down; confirmed by three days, by two restarts or by replicas.
Record what the kernel charges without the file cache: a working set counts cache and grows without a leak.
Exit code: 0 no leak, 1 leaks, 2 a file or a part of it could not be read.";

/// Flags of `leaks`.
#[derive(Args)]
pub struct LeaksArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Looks for leaks.
///
/// # Errors
/// When a file cannot be worked with, or standard output cannot be written.
pub fn run(args: &LeaksArgs) -> anyhow::Result<Outcome> {
    let read = args.history.read()?;
    let workloads = &read.histories.workloads;
    let progress = Progress::new(workloads.len(), "series looked at", true);
    let verdicts =
        parallel::each(workloads, &progress, |workload| judge::leak::judge(workload, read.interval_seconds))?;
    let report = judge::leak::report(workloads, verdicts);
    match args.format {
        Format::Json => output::json(&api::leaks::leaks(&report, &read.histories.remarks))?,
        Format::Text => output::lines(&view::leaks::leaks(&report, output::width()))?,
    }
    Ok(if history::is_part_refused(&read.histories.remarks) {
        Outcome::Unreadable
    } else if report.leaks.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Findings
    })
}
