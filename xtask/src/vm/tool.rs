//! Programs of the machine outside: run one, and say in its own words what went wrong.

use anyhow::{Context, bail};
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a program and returns what it wrote to its standard output.
pub fn output_of(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {name}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    bail!("{name}: {}: {}", output.status, last_lines(&output.stderr))
}

/// Runs a program with the given standard input and returns what it wrote.
pub fn filter(command: &mut Command, input: &[u8]) -> anyhow::Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let output = std::thread::scope(|scope| {
        // A program that ends before it has read everything tells why by its status.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    bail!("{name}: {}: {}", output.status, last_lines(&output.stderr))
}

fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("; ")
}
