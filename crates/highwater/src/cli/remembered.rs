//! `highwater history`: what the agent remembers of every workload.

use crate::cli::agent::STATE;
use crate::cli::output;
use crate::cli::{Global, oom::gather};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use model::recorded::{StepLength, TimeSpan, WorkloadName};
use std::path::PathBuf;
use std::time::Duration;
use store::history::reader::HistoryReader;
use view::graph::{Glyphs, Size};
use view::history;
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater history                              every workload that is remembered
  highwater history shop/web --since 1d          a day of one as a picture
  highwater history web --format json | jq '.steps[] | select(.oom_kills > 0)'
  highwater history --since 2w --format csv > all.csv
                                                 all of them, as `highwater replay --csv all.csv` reads it";

/// Flags of `history`.
#[derive(Args)]
pub struct RememberedArgs {
    /// A workload as the list names it, or a part of its name that no other has
    name: Option<String>,
    /// Only the last 30m, 2h, 1d, 2w, back from the last that is recorded
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = gather::age)]
    since: Duration,
    /// The folder in which the agent remembers
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// How long a step is [default: the shortest that is kept for that long]
    #[arg(long, value_name = "STEP", value_enum)]
    step: Option<StepArg>,
    /// How to print [default: table for all, graph for one]
    #[arg(long, short, value_enum)]
    format: Option<HistoryFormat>,
    /// Draw with letters and signs alone, as with NO_COLOR
    #[arg(long)]
    ascii: bool,
}

/// How a history is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HistoryFormat {
    /// A line for each workload or step.
    Table,
    /// A picture of one workload.
    Graph,
    /// For scripts.
    Json,
    /// For spreadsheets and `highwater replay`.
    Csv,
}

/// The steps that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StepArg {
    /// Kept for an hour.
    #[value(name = "1s")]
    Second,
    /// Kept for a day.
    #[value(name = "10s")]
    TenSeconds,
    /// Kept for two weeks.
    #[value(name = "1m")]
    Minute,
}

/// As high as a picture is.
const ROWS: usize = 12;

/// Shows what is remembered.
///
/// # Errors
/// When the history cannot be read, the name is none or more than one, or standard output cannot be written.
pub fn run(_: &Global, args: &RememberedArgs) -> anyhow::Result<Outcome> {
    if args.since.is_zero() {
        bail!("--since: expected a time such as 30m, 2h or 1d, found none at all");
    }
    let reader = HistoryReader::new(&args.state.join("history"));
    let extent = reader.extent()?;
    let within = extent.span.map(|span| TimeSpan {
        from_seconds: span.to_seconds.saturating_sub_unsigned(args.since.as_secs()).max(span.from_seconds),
        ..span
    });
    match (&args.name, within) {
        (None, None) => nothing(args),
        (Some(name), None) => {
            bail!(
                "expected a workload that is remembered, found `{name}`: nothing is recorded below {}",
                args.state.display()
            )
        }
        (None, Some(within)) => all(&reader, within, args),
        (Some(name), Some(within)) => one(&reader, within, args, name),
    }
}

fn nothing(args: &RememberedArgs) -> anyhow::Result<Outcome> {
    match args.format {
        Some(HistoryFormat::Json) => output::json(&api::history::all(&[], None))?,
        Some(HistoryFormat::Csv) => output::text(&history::csv_of_all(&[]))?,
        Some(HistoryFormat::Table | HistoryFormat::Graph) | None => {
            let line = format!("Nothing is recorded below {}.", args.state.display());
            output::lines(&[Line::plain(line)])?;
        }
    }
    Ok(Outcome::Fine)
}

fn all(reader: &HistoryReader, within: TimeSpan, args: &RememberedArgs) -> anyhow::Result<Outcome> {
    let recalled = reader.read_all(within, length(args, within))?;
    let series = &recalled.found;
    match args.format {
        None | Some(HistoryFormat::Table) => {
            let mut lines = history::list(series, within, output::width());
            if let Some(first) = series.first() {
                let name = view::remedy::quoted(first.workload.as_str());
                lines.push(Line::plain(format!("Next: highwater history {name}{}", state_flag(args))));
            }
            output::lines(&lines)?;
        }
        Some(HistoryFormat::Graph) => bail!("expected a workload's name before --format graph, found none"),
        Some(HistoryFormat::Json) => output::json(&api::history::all(series, Some(within)))?,
        Some(HistoryFormat::Csv) => output::text(&history::csv_of_all(series))?,
    }
    tell_damage(recalled.damaged);
    Ok(Outcome::Fine)
}

fn one(
    reader: &HistoryReader,
    within: TimeSpan,
    args: &RememberedArgs,
    name: &str,
) -> anyhow::Result<Outcome> {
    let workload = find(&reader.workloads()?.found, name, args)?;
    let recalled = reader.read(&workload, within, length(args, within))?;
    let series = &recalled.found;
    let width = output::width();
    match args.format {
        None | Some(HistoryFormat::Graph) => {
            let is_ascii = args.ascii || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let glyphs = if is_ascii { Glyphs::Ascii } else { Glyphs::Blocks };
            output::lines(&history::picture(series, within, Size { width, height: ROWS }, glyphs))?;
        }
        Some(HistoryFormat::Table) => output::lines(&history::table(series, width))?,
        Some(HistoryFormat::Json) => {
            output::json(&api::history::one(series, within, &history::sentences(series)))?;
        }
        Some(HistoryFormat::Csv) => output::text(&history::csv(series))?,
    }
    tell_damage(recalled.damaged);
    Ok(Outcome::Fine)
}

fn length(args: &RememberedArgs, within: TimeSpan) -> StepLength {
    match args.step {
        Some(StepArg::Second) => StepLength::Second,
        Some(StepArg::TenSeconds) => StepLength::TenSeconds,
        Some(StepArg::Minute) => StepLength::Minute,
        None => StepLength::for_span(within),
    }
}

/// The workload that is meant: its name, or the only one of which it is a part.
fn find(all: &[WorkloadName], name: &str, args: &RememberedArgs) -> anyhow::Result<WorkloadName> {
    if let Some(exact) = all.iter().find(|workload| workload.as_str() == name) {
        return Ok(exact.clone());
    }
    let parts: Vec<&WorkloadName> = all.iter().filter(|workload| workload.as_str().contains(name)).collect();
    match parts.as_slice() {
        [only] => Ok((*only).clone()),
        [] => None.with_context(|| {
            format!(
                "expected a workload that is remembered, found `{name}`; `highwater history{}` lists them",
                state_flag(args)
            )
        }),
        [..] => {
            let names: Vec<&str> = parts.iter().map(|workload| workload.as_str()).take(5).collect();
            bail!("`{name}` is a part of {} names: {}; give one whole", parts.len(), names.join(", "))
        }
    }
}

fn state_flag(args: &RememberedArgs) -> String {
    let is_usual = args.state.as_os_str() == STATE;
    let folder = view::remedy::quoted(&args.state.display().to_string());
    if is_usual { String::new() } else { format!(" --state {folder}") }
}

fn tell_damage(damaged: u64) {
    if damaged > 0 {
        let count = view::units::count(damaged, "part");
        let line =
            format!("highwater: {count} of the history are damaged and left out; the others are whole\n");
        let line = Line::of(Tone::Warning, line.trim_end());
        // What cannot be told there cannot be told anywhere.
        let _ =
            std::io::Write::write_all(&mut anstream::stderr(), format!("{}\n", line.to_plain()).as_bytes());
    }
}
