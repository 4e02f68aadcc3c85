//! What `highwater lint` costs against a bare YAML parse, and how soon the program starts against `/bin/true`.

use super::{Row, ratios};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A start takes a millisecond, in which a busy machine sees much: the median of many.
const STARTS: usize = 201;

/// A file that is plainly correct, so that the exit code is 0.
const SMALL: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: small}\nspec:\n  containers:\n    - name: main\n      \
                     image: registry.example.com/main:v1\n      resources:\n        requests: {memory: 64Mi}\n        \
                     limits: {memory: 128Mi}\n";

/// The rows of the table.
pub fn rows(root: &Path, highwater: &Path) -> anyhow::Result<Vec<Row>> {
    let mut rows = ratios(root, "highwater", "lint", highwater)?;
    let small = std::env::temp_dir().join(format!("highwater-bench-{}.yaml", std::process::id()));
    fs::write(&small, SMALL)?;
    let version = start(Command::new(highwater).arg("--version"), "`highwater --version`");
    let checked =
        start(Command::new(highwater).arg("lint").arg(&small), "`highwater lint` of one small file");
    fs::remove_file(&small)?;
    rows.extend([version?, checked?]);
    Ok(rows)
}

/// Start to end, each run beside one of `/bin/true`.
fn start(ours: &mut Command, what: &str) -> anyhow::Result<Row> {
    let mut theirs = Command::new("/bin/true");
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        times.0.push(wall(ours)?);
        times.1.push(wall(&mut theirs)?);
    }
    times.0.sort_unstable();
    times.1.sort_unstable();
    let median = |times: &[Duration]| times.get(STARTS / 2).copied().unwrap_or_default().as_secs_f64();
    let (ours, theirs) = (median(&times.0), median(&times.1));
    Ok(Row {
        what: format!("{what}, wall time"),
        ours: format!("{:.2} ms", ours * 1e3),
        theirs: format!("{:.2} ms of `/bin/true`", theirs * 1e3),
        ratio: format!("{:.1}", ours / theirs),
    })
}

fn wall(command: &mut Command) -> anyhow::Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    anyhow::ensure!(status.success(), "{command:?}: {status}");
    Ok(took)
}
