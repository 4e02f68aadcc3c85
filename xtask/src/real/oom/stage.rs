//! The stage of the OOM scenarios: a tree of groups, a running watch, and a clock for the kernel's rate limit.

use super::shell::Shell;
use super::watch::Watch;
use crate::real::own_cgroup::{OwnCgroup, Tree};
use crate::real::product::Product;
use anyhow::Context;
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};

/// A mebibyte.
pub const MIB: u64 = 1 << 20;

/// Machines without KVM are slow; who needs longer tells nothing.
pub const TOLD_MAX: Duration = Duration::from_secs(30);

/// The kernel prints ten whole reports in five seconds (`oom_rs` in mm/oom_kill.c), of the others only the last line.
const REPORTS_MAX: u64 = 3;
const REPORTS_TIME: Duration = Duration::from_millis(5_500);

/// What the scenarios share.
pub struct Stage {
    /// The groups.
    pub tree: Tree,
    /// Tells of kills.
    pub watch: Watch,
    /// Whether the machine may be brought to its limits.
    pub is_throw_away: bool,
    window: (Instant, u64),
    fences: usize,
}

impl Stage {
    /// Makes the tree and starts the watch.
    pub fn build(product: &Product, is_throw_away: bool) -> anyhow::Result<Self> {
        let tree = Tree::plant()?;
        let watch = Watch::start(product, &[])?;
        // What was killed before counts as if it had been now.
        let window = (Instant::now(), 0);
        Ok(Self { tree, watch, is_throw_away, window, fences: 0 })
    }

    /// Waits until the kernel prints whole reports again: its window of time begins somewhere in two of ours.
    pub fn wait_for_reports(&mut self) -> anyhow::Result<()> {
        let (begin, kills_then) = self.window;
        if kills_of_machine()?.saturating_sub(kills_then) >= REPORTS_MAX {
            std::thread::sleep(REPORTS_TIME.saturating_sub(begin.elapsed()));
        }
        if begin.elapsed() >= REPORTS_TIME {
            self.window = (Instant::now(), kills_of_machine()?);
        }
        Ok(())
    }

    /// The next incident of anybody.
    pub fn next(&mut self, within: Duration) -> Option<Value> {
        let line = self.watch.next(within)?;
        Some(line.incident)
    }

    /// The next incident in our tree. Other kills of the machine are not ours to judge.
    pub fn next_of_ours(&mut self, within: Duration) -> Option<Value> {
        let start = Instant::now();
        loop {
            let incident = self.next(within.saturating_sub(start.elapsed()))?;
            if self.is_ours(&incident) {
                return Some(incident);
            }
        }
    }

    /// Whether an incident happened in our tree.
    pub fn is_ours(&self, incident: &Value) -> bool {
        let paths = [&incident["place"]["cgroup"], &incident["level"]["cgroup"]];
        paths.iter().any(|path| path.as_str().is_some_and(|path| path.starts_with(self.tree.path())))
    }

    /// Provokes a kill that is told for certain, and returns everything of ours that was told before it.
    pub fn told_until_now(&mut self) -> anyhow::Result<Vec<Value>> {
        self.fences += 1;
        let fence = self.tree.group(&format!("fence-{}", self.fences))?;
        kill_in(&fence)?;
        let mut told = Vec::new();
        loop {
            let incident = self.next_of_ours(TOLD_MAX).context("a plain kill is not told")?;
            if incident["place"]["cgroup"] == fence.path() {
                return Ok(told);
            }
            told.push(incident);
        }
    }
}

/// One plain kill in a group without members; returns its victim.
pub fn kill_in(group: &OwnCgroup) -> anyhow::Result<u32> {
    group.limit(12 * MIB, 0)?;
    let mut hog = Shell::holding(group, 48)?;
    let word = hog.line()?;
    anyhow::ensure!(word != "ready", "48 MiB are held below a limit of 12 MiB");
    hog.wait()?;
    Ok(hog.pid())
}

/// What the kernel counts over the whole machine.
pub fn kills_of_machine() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/vmstat")?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill ")).context("no oom_kill")?;
    line.parse().context("oom_kill")
}

/// The sum of `kills`. A log line without a cgroup and a counter without a victim can tell of the same one, and an incident that
/// took more kills is told again under its name: its last word counts.
pub fn kills_of(incidents: &[Value]) -> u64 {
    let counts = |incident: &&Value| incident["attribution"]["counted_in_another_incident"] != true;
    let last_words: std::collections::HashMap<&str, u64> = incidents
        .iter()
        .filter(counts)
        .filter_map(|incident| Some((incident["id"].as_str()?, incident["kills"].as_u64()?)))
        .collect();
    last_words.values().sum()
}

/// A machine with the `need` of `cargo xtask vm` is a throw-away one: it gets swap, and a device to read from. Any other is left alone.
pub fn swap_in_a_throw_away_machine() -> anyhow::Result<bool> {
    let script = "command -v need >/dev/null || exit 9; need zram num_devices=2 && \
        echo 128M >/sys/block/zram1/disksize && \
        echo 256M >/sys/block/zram0/disksize && mkswap /dev/zram0 && swapon /dev/zram0";
    let mut shell = Command::new("/bin/sh");
    let outcome = crate::subprocess::output(shell.args(["-c", script]), Duration::from_secs(30))?;
    match outcome.code {
        Some(0) => Ok(true),
        Some(9) => Ok(false),
        _ => anyhow::bail!("swap on zram: {}{}", outcome.stdout, outcome.stderr),
    }
}
