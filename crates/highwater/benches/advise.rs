//! What advice for 10,000 workloads from files costs: hourly peaks of 14 days, alone and with what nodes they need. Prints ratios.
//!
//! The amounts are promised: 5 seconds and 200 MiB, reading the file and writing the JSON included.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const WORKLOADS: u64 = 10_000;
const HOURS: u64 = 14 * 24;
const ROUNDS: usize = 3;
const SECONDS_PROMISED: f64 = 5.0;
const MIB_PROMISED: f64 = 200.0;

fn main() {
    let folder = std::env::temp_dir().join(format!("highwater-bench-{}-advise", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("peaks.csv");
    std::fs::write(&file, histories()).unwrap();
    let nodes = ["--node-memory", "64Gi", "--node-swap", "32Gi"];
    for (what, more) in [("", &[][..]), (" and the nodes they need", &nodes[..])] {
        let (seconds, mib) = least((0..ROUNDS).map(|_| advise(&file, more)));
        let what = format!("advice for {WORKLOADS} workloads × 14 days of hourly peaks from a file{what}");
        let (time, memory) = (seconds / SECONDS_PROMISED, mib / MIB_PROMISED);
        println!("{what}: {seconds:.2} s against {SECONDS_PROMISED} s promised: ratio {time:.2}");
        println!("{what}, resident: {mib:.0} MiB against {MIB_PROMISED} MiB promised: ratio {memory:.2}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The least of each: everything else on the machine only adds.
fn least(rounds: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    rounds.fold((f64::MAX, f64::MAX), |(time, memory), round| (time.min(round.0), memory.min(round.1)))
}

/// A workload in each column: flat ones and ones with peaks, from some MiB to some GiB, by day and night.
fn histories() -> String {
    let mut text = "seconds".to_owned();
    for workload in 0..WORKLOADS {
        write!(text, ",team-{}-app-{workload}x", workload % 50).unwrap();
    }
    text.push('\n');
    for hour in 0..HOURS {
        write!(text, "{}", hour * 3600).unwrap();
        for workload in 0..WORKLOADS {
            let noise = (workload * 7919 + hour * 104_729) % 97;
            let base = (16 + workload % 4000) << 20;
            let by_day = if hour % 24 > 8 { base / 8 } else { 0 };
            let peak = if noise < workload % 5 { base / 2 } else { 0 };
            write!(text, ",{}", base + by_day + peak + noise * 65_536).unwrap();
        }
        text.push('\n');
    }
    text
}

/// Seconds and MiB of one run, from its start to the last byte that it writes.
fn advise(file: &Path, more: &[&str]) -> (f64, f64) {
    let program = std::env::var_os("HIGHWATER").unwrap_or_else(|| env!("CARGO_BIN_EXE_highwater").into());
    let mut command = Command::new(program);
    command.args(["advise", "--as", "json", "--csv"]).arg(file).args(more);
    let start = Instant::now();
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = running.stdout.take().unwrap();
    let (mut piece, mut length, mut peak) = (vec![0; 1 << 16], 0, 0);
    loop {
        let read = stdout.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        length += read as u64;
        // After its last byte it may be gone; by then it has held all that it ever holds.
        peak = peak_kib(running.id()).unwrap_or(0).max(peak);
    }
    assert!(running.wait().unwrap().success());
    let seconds = start.elapsed().as_secs_f64();
    assert!(length > 500 * WORKLOADS && peak > 0, "{length} bytes of JSON");
    (seconds, peak as f64 / 1024.0)
}

fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
