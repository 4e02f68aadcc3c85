//! `highwater oom parse`: the OOM reports in a log.

use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::Args;
use kernel::oom_report::OomLog;
use kernel::oom_report::reader::{OomEvent, OomReader};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  dmesg | highwater oom parse -
  journalctl -k -b -1 -o json | highwater oom parse -
  highwater oom parse /var/log/syslog --format json | jq '.reports[].victims'

Any form of log will do: dmesg, syslog, journal, kmsg, pasted or filtered by grep. What is not in the text is said.";

/// As much is read at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// Flags of `oom parse`.
#[derive(Args)]
pub struct ParseArgs {
    /// The log; `-` is standard input
    file: PathBuf,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Prints.
///
/// # Errors
/// When the log cannot be read or standard output cannot be written. What the log holds is never an error.
pub fn run(args: &ParseArgs) -> anyhow::Result<Outcome> {
    let log = read(&args.file).context("oom parse")?;
    match args.format {
        Format::Json => output::json(&api::oom_reports::oom_reports(&log))?,
        Format::Text => output::lines(&view::oom_report::oom_log(&log))?,
    }
    Ok(Outcome::Fine)
}

/// Reads a log of any length block by block.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> anyhow::Result<OomLog> {
    if path == Path::new("-") {
        return read_from(&mut io::stdin().lock()).context("standard input");
    }
    let read = File::open(path).and_then(|mut file| read_from(&mut file));
    read.with_context(|| path.display().to_string())
}

fn read_from(source: &mut impl Read) -> io::Result<OomLog> {
    let mut log = OomLog::default();
    let mut collect = |event| match event {
        OomEvent::Report(report) => log.reports.push(*report),
        OomEvent::Suppressed(count) => log.suppressed_reports = log.suppressed_reports.saturating_add(count),
        OomEvent::Reaped(process) => log.reaped_alone.push(process),
        OomEvent::Other(kill) => log.other_kills.push(kill),
    };
    let mut reader = OomReader::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match source.read(&mut block) {
            Ok(0) => break,
            Ok(length) => reader.push(block.get(..length).unwrap_or_default(), &mut collect),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    reader.finish(&mut collect);
    log.reports.sort_by_key(|report| report.first.line);
    Ok(log)
}
