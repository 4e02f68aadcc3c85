//! What replaying 108 recorded pods under every rule costs, from the packed files to the figures.
//!
//! `REFERENCE_REPLAY` may name a command that does the same and prints its seconds as the last word: then the ratio is told.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 15;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "gz"));
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
            command.args(["replay", "--unit", "MiB", "--format", "json", "--csv"]).args(&files);
            let start = Instant::now();
            let output = command.output().unwrap();
            let seconds = start.elapsed().as_secs_f64();
            assert!(output.status.success());
            seconds
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    let ours = times[ROUNDS / 2];
    println!("replay of 108 pods under 8 rules, process start included: {:.1} ms", ours * 1e3);
    let Ok(reference) = std::env::var("REFERENCE_REPLAY") else { return };
    let output = Command::new("sh").args(["-c", &reference]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs: f64 = text.split_whitespace().last().unwrap().parse().unwrap();
    println!(
        "replay of 108 pods under 8 rules: {:.1} ms against {:.0} ms of the reference: ratio {:.0}",
        ours * 1e3,
        theirs * 1e3,
        theirs / ours
    );
}
