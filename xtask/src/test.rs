//! `cargo xtask test`: every suite in order, a short report, and one last line with the counts.

mod counts;
mod suite;

use crate::subprocess::{interrupted, logged, note_interrupts};
use crate::{packages, repository};
use anyhow::Context;
use counts::{Counts, Ending, count};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use suite::{Suite, SuiteNeed};

const TAIL_LINES: usize = 40;
const PREPARE_SECONDS_MAX: u64 = 1200;

/// The command line of `cargo xtask test`.
#[derive(clap::Args)]
pub struct TestArgs {
    /// Only what needs no root, no machines and no fuzzing
    #[arg(long, conflicts_with = "all")]
    fast: bool,
    /// Also the long matrices
    #[arg(long)]
    all: bool,
    /// Only the suites with this in their name
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
}

/// How one suite went.
enum Verdict {
    Ran(Counts),
    Skipped(String),
}

struct Row {
    name: &'static str,
    seconds: f64,
    verdict: Verdict,
}

/// Where things lie.
struct Folders {
    root: PathBuf,
    /// `target/debug`.
    binaries: PathBuf,
    logs: PathBuf,
}

impl Folders {
    fn find() -> anyhow::Result<Self> {
        let root = repository::root()?;
        let target = repository::target(&root);
        Ok(Self { root, binaries: target.join("debug"), logs: target.join("xtask") })
    }

    fn xtask(&self) -> PathBuf {
        self.binaries.join("xtask")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.replace(' ', "-")))
    }
}

/// Runs the suites that the arguments select.
pub fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let folders = Folders::find()?;
    let xtask = folders.xtask();
    let mut suites = suite::of_source(&xtask);
    suites.extend(suite::of_code());
    if !args.fast {
        suites.extend(suite::of_fuzz(&xtask));
        suites.extend(suite::of_machines(&xtask, &folders.binaries));
    }
    if args.all {
        suites.extend(suite::of_matrices(&xtask, &folders.binaries));
    }
    if let Some(word) = &args.only {
        suites.retain(|suite| suite.name.contains(word.as_str()));
        anyhow::ensure!(!suites.is_empty(), "no suite has `{word}` in its name");
    }
    run_suites(&suites, &folders)
}

/// `cargo xtask check`: the suites that look at the source without running it.
pub fn run_check() -> anyhow::Result<ExitCode> {
    let folders = Folders::find()?;
    run_suites(&suite::of_source(&folders.xtask()), &folders)
}

fn run_suites(suites: &[Suite], folders: &Folders) -> anyhow::Result<ExitCode> {
    note_interrupts()?;
    check_components()?;
    let needs_preparation = suites.iter().any(|suite| suite.need != SuiteNeed::Nothing);
    let mut preparation = needs_preparation.then(|| Preparation::start(folders));
    let mut rows = Vec::new();
    for suite in suites {
        if let Some(preparation) = preparation.take_if(|_| suite.need != SuiteNeed::Nothing) {
            preparation.wait();
        }
        println!("running {}", suite.name);
        let start = Instant::now();
        let verdict = run_suite(suite, folders);
        rows.push(Row { name: suite.name, seconds: start.elapsed().as_secs_f64(), verdict });
        if interrupted() {
            if let Some(preparation) = preparation.take() {
                preparation.wait();
            }
            anyhow::bail!("interrupted");
        }
    }
    Ok(report(&rows))
}

/// What the later suites need is downloaded and built while the first ones compile.
struct Preparation(JoinHandle<anyhow::Result<()>>, PathBuf);

impl Preparation {
    fn start(folders: &Folders) -> Self {
        let log = folders.log("prepare");
        let (xtask, log_of_thread) = (folders.xtask(), log.clone());
        let work = move || {
            // Without root nothing can be installed; what is missing is told by suite.
            if !packages::is_root() {
                return Ok(());
            }
            let at_most = Duration::from_secs(PREPARE_SECONDS_MAX);
            let status = logged(Command::new(xtask).arg("prepare"), &log_of_thread, at_most)?;
            anyhow::ensure!(status.success(), "prepare: {status}");
            Ok(())
        };
        Self(std::thread::spawn(work), log)
    }

    fn wait(self) {
        let Self(thread, log) = self;
        let Ok(Err(error)) = thread.join() else { return };
        println!("{error:#}; the suites that need it will fail");
        print_tail(&log);
    }
}

fn run_suite(suite: &Suite, folders: &Folders) -> Verdict {
    if let Some(obstacle) = suite.need.obstacle() {
        return Verdict::Skipped(obstacle);
    }
    let log = folders.log(suite.name);
    let start = Instant::now();
    let mut whole = String::new();
    let mut ending = Ending::Success;
    for words in &suite.commands {
        let left = Duration::from_secs(suite.seconds_max).saturating_sub(start.elapsed());
        let end = run_command(words, folders, &log, left);
        whole.push_str(&fs::read_to_string(&log).unwrap_or_default());
        if let Err(error) = end {
            whole.push_str(&format!("\n{error:#}\n"));
            ending = Ending::Failure;
            break;
        }
    }
    // The log holds all commands of the suite, and why it ended.
    let _ = fs::write(&log, &whole);
    let counts = count(suite.counting, &whole, ending);
    if counts.failed > 0 && !interrupted() {
        print_tail(&log);
    }
    Verdict::Ran(counts)
}

fn run_command(words: &[String], folders: &Folders, log: &Path, at_most: Duration) -> anyhow::Result<()> {
    let (program, arguments) = words.split_first().context("a suite without a command")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&folders.root).env("CARGO_TERM_COLOR", "never");
    let status = logged(&mut command, log, at_most)?;
    anyhow::ensure!(status.success(), "{}: {status}", words.join(" "));
    Ok(())
}

fn print_tail(log: &Path) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    println!("--- the end of {}", log.display());
    for line in lines.iter().skip(lines.len().saturating_sub(TAIL_LINES)) {
        println!("    {line}");
    }
}

/// rustfmt and clippy are parts of the toolchain that may be left out.
fn check_components() -> anyhow::Result<()> {
    for (program, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let output = Command::new("cargo").args([program, "--version"]).output().context("starting cargo")?;
        anyhow::ensure!(output.status.success(), "{component} is missing: rustup component add {component}");
    }
    Ok(())
}

fn report(rows: &[Row]) -> ExitCode {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    println!("\n{:<26} {:>8}  result", "suite", "time");
    for row in rows {
        let result = match &row.verdict {
            Verdict::Ran(Counts { passed: some, failed: 0 }) => {
                passed += some;
                format!("{some} passed")
            }
            Verdict::Ran(counts) => {
                passed += counts.passed;
                failed += counts.failed;
                format!("{} passed, {} failed", counts.passed, counts.failed)
            }
            Verdict::Skipped(why) if in_ci => {
                failed += 1;
                format!("failed: {why}")
            }
            Verdict::Skipped(why) => {
                skipped += 1;
                format!("skipped: {why}")
            }
        };
        println!("{:<26} {:>6.1} s  {result}", row.name, row.seconds);
    }
    let skips = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
    println!("\n{passed} passed, {failed} failed{skips}");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
