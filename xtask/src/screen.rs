//! `cargo xtask screen`: the README's picture, made from what a terminal would show.

mod palette;
mod svg;
mod terminal;

use crate::repository;
use crate::subprocess::{Running, interrupted, note_interrupts};
use anyhow::Context;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use terminal::{Size, Terminal};

const END_SECONDS_MAX: Duration = Duration::from_secs(30);

/// The command line of `cargo xtask screen`.
#[derive(clap::Args)]
pub struct ScreenArgs {
    /// A recording: text with the terminal's control sequences
    #[arg(value_name = "FILE", required_unless_present = "command")]
    recording: Option<PathBuf>,
    /// Record this shell command instead, in a terminal of its own
    #[arg(long, conflicts_with = "recording")]
    command: Option<String>,
    /// Type this while it runs, such as `q`
    #[arg(long, default_value = "", requires = "command")]
    keys: String,
    /// Type after this time
    #[arg(long, default_value_t = 2.0, requires = "command")]
    after_seconds: f64,
    /// Keep the recording here
    #[arg(long, value_name = "FILE", requires = "command")]
    save: Option<PathBuf>,
    /// Columns of the terminal
    #[arg(long, default_value_t = 100)]
    columns: usize,
    /// Rows of the terminal; empty ones at the end are not drawn
    #[arg(long, default_value_t = 30)]
    rows: usize,
    /// The words in the window's bar
    #[arg(long, default_value = "highwater")]
    title: String,
    /// Where the picture goes
    #[arg(long, value_name = "FILE", default_value = "docs/screen.svg")]
    out: PathBuf,
}

/// Makes the picture.
pub fn run(args: &ScreenArgs) -> anyhow::Result<ExitCode> {
    let root = repository::root()?;
    let recording = match (&args.recording, &args.command) {
        (Some(path), _) => fs::read(path).with_context(|| path.display().to_string())?,
        (None, Some(command)) => record(command, args, &repository::target(&root))?,
        (None, None) => anyhow::bail!("neither a recording nor a command"),
    };
    if let Some(path) = &args.save {
        fs::write(path, &recording).with_context(|| path.display().to_string())?;
    }
    let mut terminal = Terminal::new(Size { columns: args.columns, rows: args.rows });
    terminal.feed(&String::from_utf8_lossy(&recording));
    let out = root.join(&args.out);
    fs::write(&out, svg::draw(&terminal.screen(), &args.title)).with_context(|| out.display().to_string())?;
    println!("screen: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Runs a command in a pseudo-terminal, which script(1) makes, and returns everything it drew.
fn record(shell: &str, args: &ScreenArgs, target: &Path) -> anyhow::Result<Vec<u8>> {
    note_interrupts()?;
    let folder = target.join("xtask");
    fs::create_dir_all(&folder)?;
    let path = folder.join("screen.typescript");
    let sized = format!("stty rows {} cols {}; {shell}", args.rows, args.columns);
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--command", &sized, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor")
        .env("COLUMNS", args.columns.to_string())
        .env("LINES", args.rows.to_string())
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(File::create(&path)?);
    let mut running = Running::start(&mut command)?;
    let mut stdin = running.take_stdin().context("script has no standard input")?;
    let start = Instant::now();
    let after = Duration::try_from_secs_f64(args.after_seconds).context("--after-seconds")?;
    while running.ended()?.is_none() && start.elapsed() < after && !interrupted() {
        sleep(Duration::from_millis(20));
    }
    // A command that has ended already needs no keys.
    let _ = stdin.write_all(args.keys.as_bytes());
    running.wait(END_SECONDS_MAX)?;
    drop(stdin);
    fs::read(&path).with_context(|| path.display().to_string())
}
