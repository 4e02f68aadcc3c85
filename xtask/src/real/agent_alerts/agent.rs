//! The agent as a process of the scenario: started, asked, told to read again, ended hard.

use crate::real::product::Product;
use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A loaded machine is given this long.
const READY_MAX: Duration = Duration::from_secs(60);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// A running agent; it is ended hard when it is dropped.
pub struct Agent<'product> {
    product: &'product Product,
    child: Child,
    socket: PathBuf,
    said: PathBuf,
}

impl<'product> Agent<'product> {
    /// Starts it, and waits until it answers.
    pub fn start(
        product: &'product Product,
        folder: &Path,
        config: &Path,
        state: &Path,
        docker: &str,
    ) -> anyhow::Result<Self> {
        let (socket, said) = (folder.join("agent.sock"), folder.join("agent.err"));
        let _ = fs::remove_file(&socket);
        let stderr = File::options().create(true).append(true).open(&said)?;
        let mut command = Command::new(product.path());
        command
            .args(["agent", "--config"])
            .arg(config)
            .arg("--state")
            .arg(state)
            .arg("--socket")
            .arg(&socket)
            .args(["--docker-host", docker]);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().context("the agent")?;
        let agent = Self { product, child, socket, said };
        agent.until(READY_MAX, |status| status["looks"].as_u64() > Some(1))?;
        Ok(agent)
    }

    /// Its state.
    pub fn status(&self) -> anyhow::Result<Value> {
        let socket = self.socket.display().to_string();
        self.product.json(&["agent", "status", "--socket", &socket, "--format", "json"])
    }

    /// Asks until the state is as wanted, so long; the last state.
    pub fn until(&self, longest: Duration, is_wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            match self.status() {
                Ok(status) if is_wanted(&status) || begun.elapsed() > longest => return Ok(status),
                Ok(_) => {}
                Err(error) => ensure!(begun.elapsed() <= longest, "{error:#}: {}", self.said()),
            }
            thread::sleep(PAUSE);
        }
    }

    /// What it said on standard error, over all its lives.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// Has it read its configuration again.
    pub fn reload(&self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no process number")?;
        Ok(kill_process(pid, Signal::HUP)?)
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        // This is SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
