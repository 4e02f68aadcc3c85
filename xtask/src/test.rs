//! `cargo xtask test`: every suite in order, a short report, and one last line with the counts.

mod counts;
mod suite;

use crate::subprocess::{interrupted, logged, note_interrupts};
use crate::{packages, repository, vm};
use anyhow::Context;
use counts::{Counts, Ending, count};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
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
        suites.extend(suite::of_agent(&xtask, &folders.binaries));
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
        let mut run = || {
            let left = Duration::from_secs(suite.seconds_max).saturating_sub(start.elapsed());
            let end = run_command(words, folders, &log, left);
            whole.push_str(&fs::read_to_string(&log).unwrap_or_default());
            end
        };
        let mut end = run();
        // An emulated machine stands still once in a hundred runs. What the tests found wrong is not tried again.
        if end.as_ref().is_err_and(|error| error.is::<MachineFailed>()) && !interrupted() {
            println!("running {} again: the machine failed", suite.name);
            end = run();
        }
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
    match status.code() {
        Some(0) => Ok(()),
        Some(code) if vm::is_machine_failure(code) => Err(MachineFailed(words.join(" "), status).into()),
        _ => anyhow::bail!("{}: {status}", words.join(" ")),
    }
}

/// A virtual machine that did not come up, or came to no end.
#[derive(Debug, thiserror::Error)]
#[error("{0}: {1}")]
struct MachineFailed(String, ExitStatus);

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

#[cfg(test)]
mod tests {
    use super::{Folders, Verdict, run_suite};
    use crate::test::counts::{Counting, Counts};
    use crate::test::suite::{Suite, SuiteNeed};
    use std::fs;

    /// Runs a suite of one script, and says how often the script ran.
    fn counted(script: &str) -> (Counts, usize) {
        let root =
            std::env::temp_dir().join(format!("highwater-suite-{}-{}", std::process::id(), script.len()));
        fs::create_dir_all(&root).expect("a folder");
        let folders = Folders { root: root.clone(), binaries: root.clone(), logs: root.join("logs") };
        let script = format!("echo x >>runs; {script}");
        let suite = Suite {
            name: "a machine",
            commands: vec![vec!["sh".to_owned(), "-c".to_owned(), script]],
            counting: Counting::OneCheck,
            seconds_max: 60,
            need: SuiteNeed::Nothing,
        };
        let verdict = run_suite(&suite, &folders);
        let runs = fs::read_to_string(root.join("runs")).expect("the script ran").lines().count();
        fs::remove_dir_all(root).expect("removed");
        let Verdict::Ran(counts) = verdict else { panic!("nothing is missing") };
        (counts, runs)
    }

    #[test]
    fn a_machine_that_fails_gets_one_more_try() {
        let second_time = "[ $(wc -l <runs) = 2 ] || exit 124";
        assert_eq!(counted(second_time), (Counts { passed: 1, failed: 0 }, 2));
        assert_eq!(counted("exit 125"), (Counts { passed: 0, failed: 1 }, 2));
    }

    #[test]
    fn a_test_that_fails_is_not_tried_again() {
        assert_eq!(counted("exit 1"), (Counts { passed: 0, failed: 1 }, 1));
    }
}
