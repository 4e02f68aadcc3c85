//! A running `highwater oom watch`, and what it has told so far.

use crate::real::product::Product;
use anyhow::Context;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Machines without KVM are slow; a watch that needs longer hangs.
const READY_MAX: Duration = Duration::from_secs(60);

/// A line of the watch, and when it arrived.
pub struct Line {
    /// The incident.
    pub incident: Value,
    /// Whether it was told before, with fewer kills.
    pub is_again: bool,
    /// When it was read.
    pub at: Instant,
}

/// A watch that is ended with this value.
pub struct Watch {
    child: Child,
    lines: Receiver<Line>,
}

impl Watch {
    /// Starts one and returns when it reads the kernel's log.
    pub fn start(product: &Product, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_at(product.path(), arguments)
    }

    /// Starts the binary at this path and returns when it reads the kernel's log.
    pub fn start_at(highwater: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(highwater);
        command.args(["oom", "watch", "--format", "json"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("starting highwater oom watch")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let at = Instant::now();
                let document: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                let is_again = document["told_before"] == true;
                let incident = document.get("incident").cloned().unwrap_or(document);
                if sender.send(Line { incident, is_again, at }).is_err() {
                    break;
                }
            }
        });
        let mut watch = Self { child, lines };
        watch.until_ready()?;
        Ok(watch)
    }

    /// From the moment it has the log open, no kill can escape it.
    fn until_ready(&mut self) -> anyhow::Result<()> {
        let folder = format!("/proc/{}/fd", self.child.id());
        let start = Instant::now();
        loop {
            let open = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let mut targets = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
            if targets.any(|target| target == Path::new("/dev/kmsg")) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("highwater oom watch ended: {status}");
            }
            anyhow::ensure!(start.elapsed() < READY_MAX, "highwater oom watch does not open /dev/kmsg");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The next line, when one comes in time.
    pub fn next(&self, within: Duration) -> Option<Line> {
        self.lines.recv_timeout(within).ok()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end that `--count` brings.
    pub fn wait(&mut self, at_most: Duration) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            anyhow::ensure!(start.elapsed() < at_most, "highwater oom watch goes on after its last incident");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
