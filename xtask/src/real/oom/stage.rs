//! The stage of the OOM scenarios: a tree of groups, a running watch, and a clock for the kernel's rate limit.

use super::report_limit::ReportLimit;
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

/// An incident that has grown is told again after three seconds of rest.
const AT_REST: Duration = Duration::from_secs(5);

/// What the scenarios share.
pub struct Stage {
    /// The groups.
    pub tree: Tree,
    /// Tells of kills.
    pub watch: Watch,
    /// Whether the machine may be brought to its limits.
    pub is_throw_away: bool,
    limit: ReportLimit,
    fences: usize,
}

impl Stage {
    /// Makes the tree and starts the watch.
    pub fn build(product: &Product, is_throw_away: bool) -> anyhow::Result<Self> {
        let tree = Tree::plant()?;
        let watch = Watch::start(product, &[])?;
        Ok(Self { tree, watch, is_throw_away, limit: ReportLimit::new(), fences: 0 })
    }

    /// Waits until the kernel prints whole reports again: its window of time begins somewhere in two of ours.
    pub fn wait_for_reports(&mut self) -> anyhow::Result<()> {
        self.limit.wait()
    }

    /// The next incident of anybody, also one that is told again.
    pub fn next(&mut self, within: Duration) -> Option<Value> {
        self.watch.next(within).map(|line| line.incident)
    }

    /// The next new incident in our tree. Other kills of the machine are not ours to judge.
    pub fn next_of_ours(&mut self, within: Duration) -> Option<Value> {
        let start = Instant::now();
        loop {
            let line = self.watch.next(within.saturating_sub(start.elapsed()))?;
            if !line.is_again && self.is_ours(&line.incident) {
                return Some(line.incident);
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
        told_before(&fence, || self.next_of_ours(TOLD_MAX))
    }
}

impl Stage {
    /// The same, each incident with all it took in the end: it is told again when it has come to rest.
    pub fn told_at_rest(&mut self) -> anyhow::Result<Vec<Value>> {
        let mut told = self.told_until_now()?;
        while let Some(line) = self.watch.next(AT_REST) {
            match told.iter_mut().find(|before| before["id"] == line.incident["id"]) {
                Some(before) => *before = line.incident,
                None if self.is_ours(&line.incident) => told.push(line.incident),
                None => {}
            }
        }
        Ok(told)
    }
}

/// Provokes a kill in a group without members, which is told for certain, and returns what was told before it.
pub fn told_before(fence: &OwnCgroup, mut next: impl FnMut() -> Option<Value>) -> anyhow::Result<Vec<Value>> {
    kill_in(fence)?;
    let mut told = Vec::new();
    loop {
        let incident = next().context("a plain kill is not told")?;
        if incident["place"]["cgroup"] == fence.path() {
            return Ok(told);
        }
        told.push(incident);
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

/// The sum of `kills`. An incident that took more kills is told again under its name: its last word counts.
pub fn kills_of(incidents: &[Value]) -> u64 {
    let last_words: std::collections::HashMap<&str, u64> = incidents
        .iter()
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
