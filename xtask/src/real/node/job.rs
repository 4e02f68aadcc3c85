//! A job that needs more memory than its limit: killed without swap, done with it.

use super::{printed, tried};
use crate::real::checks::Checks;
use anyhow::Context;
use std::time::Instant;

/// What the job needs, and what it may have.
const NEEDED_MIB: u64 = 144;
const LIMIT_MIB: u64 = 80;

/// What became of the job.
struct Ended {
    is_done: bool,
    swap_bytes: u64,
    seconds: f64,
    words: String,
}

fn run() -> anyhow::Result<Ended> {
    let own = std::env::current_exe().context("the path of xtask")?;
    let script = format!(
        "{} hold {NEEDED_MIB}; code=$?; cat /sys/fs/cgroup$(cut -d: -f3- /proc/self/cgroup)/memory.swap.peak; exit $code",
        own.display()
    );
    let start = Instant::now();
    let outcome = tried(&format!(
        "systemd-run --quiet --wait --pipe --collect -p MemoryMax={LIMIT_MIB}M -p MemorySwapMax=infinity \
         -p OOMPolicy=continue -- /bin/sh -c '{script}' </dev/null"
    ))?;
    let seconds = start.elapsed().as_secs_f64();
    let swap_bytes = outcome.stdout.lines().last().and_then(|line| line.parse().ok()).unwrap_or_default();
    let words = format!("{:?} {}{}", outcome.code, outcome.stdout.trim(), outcome.stderr.trim());
    Ok(Ended {
        is_done: outcome.code == Some(0) && outcome.stdout.starts_with("ready"),
        swap_bytes,
        seconds,
        words,
    })
}

/// Without swap the kernel kills it.
pub fn check_killed(checks: &mut Checks) -> anyhow::Result<()> {
    let before = kills()?;
    let ended = run()?;
    checks.check("job: killed without swap", !ended.is_done && kills()? > before, &ended.words);
    println!(
        "      a job that needs {NEEDED_MIB} MiB of a limit of {LIMIT_MIB} MiB, without swap: killed after {:.1} s",
        ended.seconds
    );
    Ok(())
}

/// With swap it comes to its end, and what did not fit was swapped.
pub fn check_done(name: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let before = kills()?;
    let ended = run()?;
    checks.check(&format!("{name}: the job is done"), ended.is_done && kills()? == before, &ended.words);
    let least = (NEEDED_MIB - LIMIT_MIB) << 20;
    checks.check(&format!("{name}: it was in swap"), ended.swap_bytes >= least, ended.swap_bytes);
    println!(
        "      the same job with swap ({name}): done in {:.1} s, {} MiB of it in swap at most",
        ended.seconds,
        ended.swap_bytes >> 20
    );
    Ok(())
}

fn kills() -> anyhow::Result<u64> {
    printed("awk '$1 == \"oom_kill\" { print $2 }' /proc/vmstat")?.parse().context("oom_kill of /proc/vmstat")
}
