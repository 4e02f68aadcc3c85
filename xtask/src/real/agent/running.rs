//! A running agent with a state folder of its own, and what it answers when it is asked.

use crate::prometheus::server;
use crate::real::polling::until;
use crate::real::product::Product;
use crate::subprocess::{Running, interrupted};
use anyhow::{Context, bail};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Machines without KVM are slow, and this one may be busy.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// Where an agent keeps everything.
pub struct Home {
    folder: PathBuf,
}

/// A running agent; dropping it ends it.
pub struct RunningAgent<'product> {
    product: &'product Product,
    running: Running,
    /// Where it keeps what it remembers.
    pub state: PathBuf,
    socket: PathBuf,
    folder: PathBuf,
    port: Option<u16>,
}

impl Home {
    /// A folder that is removed with this value.
    pub fn make(name: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder })
    }

    /// A path below it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts an agent that remembers in `state` below this folder, and waits until it answers.
    pub fn agent<'product>(
        &self,
        product: &'product Product,
        flags: &[&str],
    ) -> anyhow::Result<RunningAgent<'product>> {
        RunningAgent::start(product, &self.folder, flags)
    }

    /// Starts an agent without waiting for it.
    pub fn begin<'product>(
        &self,
        product: &'product Product,
        flags: &[&str],
    ) -> anyhow::Result<RunningAgent<'product>> {
        RunningAgent::begin(product, &self.folder, flags)
    }

    /// What all agents of this folder said: incidents, a line each.
    pub fn told(&self) -> String {
        fs::read_to_string(self.path("told")).unwrap_or_default()
    }

    /// What all agents of this folder said of themselves.
    pub fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A configuration: how often to look, and the lines of `metrics`.
pub fn configuration(interval: &str, metrics: Option<&[(&str, &str)]>) -> String {
    let mut text =
        format!("apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\nspec:\n  interval: {interval}\n");
    for (number, (key, value)) in metrics.unwrap_or_default().iter().enumerate() {
        let head = if number == 0 { "  metrics:\n" } else { "" };
        text.push_str(&format!("{head}    {key}: {value}\n"));
    }
    text
}

/// A port of loopback that nobody has just now.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl<'product> RunningAgent<'product> {
    /// Starts an agent that remembers in `state` below a folder, and waits until it answers.
    pub fn start(product: &'product Product, folder: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        let mut agent = Self::begin(product, folder, flags)?;
        agent.wait_until_it_answers()?;
        Ok(agent)
    }

    fn begin(product: &'product Product, folder: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        let (state, socket) = (folder.join("state"), folder.join("agent.sock"));
        let end_of = |name: &str| OpenOptions::new().create(true).append(true).open(folder.join(name));
        let (told, said): (File, File) = (end_of("told")?, end_of("said")?);
        let listen = flags.iter().skip_while(|flag| **flag != "--listen").nth(1);
        let port = listen.and_then(|address| address.rsplit(':').next()?.parse().ok());
        let mut command = Command::new(product.path());
        command.arg("agent").arg("--state").arg(&state).arg("--socket").arg(&socket).args(flags);
        let running = Running::start(command.stdout(told).stderr(said))?;
        Ok(Self { product, running, state, socket, folder: folder.to_owned(), port })
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        while self.ask().is_none_or(|status| status["looks"] == 0) {
            if let Some(status) = self.running.ended()? {
                bail!("highwater agent: {status}: {}", self.said());
            }
            if start.elapsed() > PATIENCE || interrupted() {
                bail!("highwater agent does not answer: {}", self.said());
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// What all agents of this folder said of themselves.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap_or_default()
    }

    fn ask(&self) -> Option<Value> {
        let socket = self.socket.display().to_string();
        self.product.json(&["agent", "status", "--socket", &socket, "--format", "json"]).ok()
    }

    /// What it says of itself.
    pub fn status(&self) -> anyhow::Result<Value> {
        self.ask().with_context(|| format!("the agent does not answer: {}", self.said()))
    }

    /// Asks how it is until that is so; what it said last.
    pub fn status_when(&self, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        self.status_within(PATIENCE, is_so)
    }

    /// The same, at most so long.
    pub fn status_within(&self, longest: Duration, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let last = until(longest, || Ok(self.ask()), |status| status.as_ref().is_some_and(&is_so))?;
        last.with_context(|| format!("the agent does not answer: {}", self.said()))
    }

    /// Waits until it has looked so many times more.
    pub fn wait_for_looks(&self, more: u64) -> anyhow::Result<()> {
        let looks = |status: &Value| status["looks"].as_u64().unwrap_or(0);
        let enough = looks(&self.status()?) + more;
        let status = self.status_when(|status| looks(status) >= enough)?;
        anyhow::ensure!(looks(&status) >= enough, "no more looks: {status}");
        Ok(())
    }

    /// Its metrics.
    pub fn metrics(&self) -> anyhow::Result<Metrics> {
        let port = self.port.context("started without --listen")?;
        let answer = server::get(port, "/metrics")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
        anyhow::ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
        Ok(Metrics(body.to_owned()))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> anyhow::Result<ExitStatus> {
        self.running.signal(Signal::TERM);
        self.running.wait(PATIENCE)
    }

    /// `kill -9`.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.running.signal(Signal::KILL);
        self.running.wait(PATIENCE).map(drop)
    }
}

/// A page of metrics.
pub struct Metrics(pub String);

impl Metrics {
    /// The value of the one series of a family that has all of these labels.
    pub fn value(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.0.lines().filter(|line| {
            let is_of_family =
                line.strip_prefix(family).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '));
            is_of_family && labels.iter().all(|(key, value)| line.contains(&format!("{key}=\"{value}\"")))
        });
        let line = found.next()?;
        found.next().is_none().then(|| line.rsplit(' ').next()?.parse().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn a_series_is_found_when_it_is_the_only_one() {
        let text = "# HELP a b\na{x=\"1\",y=\"2\"} 5\na{x=\"1\",y=\"3\"} 6\na_b 7\n";
        let metrics = Metrics(text.to_owned());
        assert_eq!(metrics.value("a", &[("y", "3")]), Some(6.0));
        assert_eq!(metrics.value("a", &[("x", "1")]), None);
        assert_eq!(metrics.value("a_b", &[]), Some(7.0));
        assert_eq!(metrics.value("c", &[]), None);
    }
}
