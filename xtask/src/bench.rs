//! `cargo xtask bench`: what Highwater costs, as ratios of one run; prints the README's table and can put it there.

mod lint;
mod oom;
mod prometheus;

use crate::real::docker_daemon::{Daemon, Docker};
use crate::real::own_cgroup::Tree;
use crate::repository;
use crate::subprocess::{Running, note_interrupts, output};
use anyhow::Context;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const BUILD_SECONDS_MAX: Duration = Duration::from_secs(900);
const CONTAINERS: usize = 20;
const CGROUPS: usize = 1_000;
const ROUNDS: usize = 5;
const IMAGE: &str = "highwater-busybox";

/// Where the table stands in the README.
const MARKS: [&str; 2] = ["<!-- bench -->", "<!-- /bench -->"];

/// The command line of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct BenchArgs {
    /// Put the table into README.md
    #[arg(long)]
    write: bool,
    /// Measure only how soon a kill is told
    #[arg(long, conflicts_with = "write")]
    only_oom: bool,
    /// Measure only how soon there is advice from a Prometheus
    #[arg(long, conflicts_with_all = ["write", "only_oom"])]
    only_prometheus: bool,
}

/// A line of the table.
struct Row {
    what: String,
    ours: String,
    theirs: String,
    ratio: String,
}

/// Measures everything and prints the table.
pub fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    note_interrupts()?;
    let root = repository::root()?;
    let build = Command::new("cargo").args(["build", "--release", "--quiet"]).current_dir(&root).status()?;
    anyhow::ensure!(build.success(), "cargo build --release: {build}");
    let highwater = repository::target(&root).join("release/highwater");
    if args.only_prometheus {
        print!("{}", table(&prometheus::advice(&highwater)?));
        return Ok(ExitCode::SUCCESS);
    }
    if args.only_oom {
        print!("{}", table(&[oom::delay(&highwater)?]));
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = scans(&root, &highwater)?;
    rows.extend(lint::rows(&root, &highwater)?);
    rows.push(list_against_docker_stats(&highwater)?);
    rows.push(memory_of_top(&highwater)?);
    rows.push(oom::delay(&highwater)?);
    rows.extend(prometheus::advice(&highwater)?);
    rows.extend(ratios(&root, "highwater", "agent", &highwater)?);
    rows.extend(ratios(&root, "highwater-kernel", "oom_report", &highwater)?);
    rows.extend(ratios(&root, "highwater", "history", &highwater)?);
    rows.extend(ratios(&root, "highwater", "advise", &highwater)?);
    let table = table(&rows);
    print!("{table}");
    if args.write {
        write_into(&root.join("README.md"), &table)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The repeated reader against open/read/close.
fn scans(root: &Path, highwater: &Path) -> anyhow::Result<Vec<Row>> {
    let of_scan = |row: Row| Row {
        what: format!("one scan of {CGROUPS} cgroups, {}, CPU per cgroup", row.what),
        ..row
    };
    Ok(ratios(root, "highwater-sources", "scan", highwater)?.into_iter().map(of_scan).collect())
}

/// The lines `WHAT: OURS against THEIRS: ratio R` that a benchmark of a room prints.
fn ratios(root: &Path, package: &str, bench: &str, highwater: &Path) -> anyhow::Result<Vec<Row>> {
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "--package", package, "--bench", bench]).current_dir(root);
    command.env("HIGHWATER", highwater);
    let outcome = output(&mut command, BUILD_SECONDS_MAX)?;
    anyhow::ensure!(outcome.code == Some(0), "the benchmark {bench}: {}", outcome.stderr);
    eprint!("{}", outcome.stdout);
    let rows: Vec<Row> = outcome.stdout.lines().filter_map(ratio_row).collect();
    anyhow::ensure!(!rows.is_empty(), "the benchmark {bench} printed no ratio: {}", outcome.stdout);
    Ok(rows)
}

fn ratio_row(line: &str) -> Option<Row> {
    let (what, rest) = line.split_once(": ")?;
    let (ours, rest) = rest.split_once(" against ")?;
    let (theirs, ratio) = rest.split_once(": ratio ")?;
    Some(Row {
        what: what.to_owned(),
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
        ratio: ratio.to_owned(),
    })
}

fn list_against_docker_stats(highwater: &Path) -> anyhow::Result<Row> {
    let mut docker = Docker::start(Daemon::Own)?;
    docker.import_busybox(IMAGE)?;
    for number in 0..CONTAINERS {
        let name = format!("bench-{number}");
        docker.run_container(&name, &["-m", "32m"], &[IMAGE, "/bin/busybox", "sleep", "3600"])?;
    }
    let mut ours = Command::new(highwater);
    ours.args(["ls", "--docker-host", docker.host()]);
    let ours = median_wall(&mut ours)?;
    let mut theirs = Command::new("docker");
    theirs.args(["--host", docker.host(), "stats", "--no-stream"]);
    let theirs = median_wall(&mut theirs)?;
    Ok(Row {
        what: format!(
            "`highwater ls` against `docker stats --no-stream`, {CONTAINERS} containers, wall time"
        ),
        ours: format!("{:.0} ms", ours.as_secs_f64() * 1e3),
        theirs: format!("{:.0} ms", theirs.as_secs_f64() * 1e3),
        ratio: format!("1/{:.0}", theirs.as_secs_f64() / ours.as_secs_f64()),
    })
}

fn median_wall(command: &mut Command) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let outcome = output(command, Duration::from_secs(60))?;
        anyhow::ensure!(outcome.code == Some(0), "{command:?}: {}", outcome.stderr);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().context("no round was measured")
}

/// Peak resident memory of the live screen, in a terminal that script(1) makes.
fn memory_of_top(highwater: &Path) -> anyhow::Result<Row> {
    let tree = Tree::plant()?;
    for number in 0..CGROUPS {
        tree.group(&format!("c{number}"))?;
    }
    let shell = format!("stty rows 40 cols 120; exec {} top --interval 0.5", highwater.display());
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &shell, "/dev/null"]).env("TERM", "xterm-256color");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut running = Running::start(&mut command)?;
    let stdin = running.take_stdin();
    sleep(Duration::from_secs(6));
    let peak = peak_kib(highwater).context("`highwater top` does not run")?;
    if let Some(mut stdin) = stdin {
        std::io::Write::write_all(&mut stdin, b"q")?;
    }
    running.wait(Duration::from_secs(10))?;
    let mib = peak as f64 / 1024.0;
    Ok(Row {
        what: format!("resident memory of `highwater top`, {CGROUPS} cgroups"),
        ours: format!("{mib:.1} MiB"),
        theirs: "20 MiB promised".to_owned(),
        ratio: format!("{:.2}", mib / 20.0),
    })
}

/// The largest `VmHWM` of a process of this binary that shows the live screen.
fn peak_kib(binary: &Path) -> Option<u64> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let peaks = processes.filter_map(|process| {
        let folder = process.path();
        let is_ours = fs::read_link(folder.join("exe")).ok()? == binary;
        let status = is_ours.then(|| fs::read_to_string(folder.join("status")).ok())??;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    });
    peaks.max()
}

fn table(rows: &[Row]) -> String {
    let mut table = "| What | Highwater | Against | Ratio |\n|---|---|---|---|\n".to_owned();
    for Row { what, ours, theirs, ratio } in rows {
        table.push_str(&format!("| {what} | {ours} | {theirs} | {ratio} |\n"));
    }
    table
}

fn write_into(readme: &Path, table: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(readme).with_context(|| readme.display().to_string())?;
    let text = between_marks(&text, table).with_context(|| format!("{}: no {MARKS:?}", readme.display()))?;
    fs::write(readme, text).with_context(|| readme.display().to_string())
}

fn between_marks(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}\n{table}{}{after}", MARKS[0], MARKS[1]))
}

#[cfg(test)]
mod tests {
    use super::{between_marks, ratio_row};

    #[test]
    fn a_ratio_line_becomes_a_row_and_others_do_not() {
        let row =
            ratio_row("no cgroup moved: 1.52 µs against 20.92 µs of open/read/close: ratio 0.072").unwrap();
        assert_eq!(
            (row.what.as_str(), row.ours.as_str(), row.ratio.as_str()),
            ("no cgroup moved", "1.52 µs", "0.072")
        );
        assert!(ratio_row("descriptors kept: 3.00 a cgroup").is_none());
    }

    #[test]
    fn the_table_goes_between_its_marks() {
        let text = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n";
        assert_eq!(between_marks(text, "new\n").unwrap(), "a\n<!-- bench -->\nnew\n<!-- /bench -->\nb\n");
        assert!(between_marks("no marks", "new").is_none());
    }
}
