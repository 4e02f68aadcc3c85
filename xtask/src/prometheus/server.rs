//! A running Prometheus: its own data, its own port on loopback, ended when dropped.

use super::Programs;
use crate::subprocess::Running;
use anyhow::Context;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const READY_SECONDS_MAX: Duration = Duration::from_secs(60);

/// A server.
pub struct Prometheus {
    _running: Running,
    folder: PathBuf,
    port: u16,
}

impl Prometheus {
    /// Starts it on a copy of these blocks, or with nothing, and waits until it answers.
    pub fn start(programs: &Programs, blocks: Option<&Path>, flags: &[&str]) -> anyhow::Result<Self> {
        Self::begin(programs, blocks, "{}\n", flags)
    }

    /// Starts it with nothing but a configuration, and waits until it answers.
    pub fn configured(programs: &Programs, config: &str) -> anyhow::Result<Self> {
        Self::begin(programs, None, config, &[])
    }

    fn begin(
        programs: &Programs,
        blocks: Option<&Path>,
        config: &str,
        flags: &[&str],
    ) -> anyhow::Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("highwater-prometheus-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder)?;
        if let Some(blocks) = blocks {
            copy(blocks, &folder.join("data"))?;
        }
        fs::write(folder.join("prometheus.yml"), config)?;
        let mut command = Command::new(&programs.prometheus);
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.args(["--storage.tsdb.retention.time=100y", "--log.level=warn"]).args(flags);
        command.current_dir(&folder).stdout(Stdio::null()).stderr(fs::File::create(folder.join("log"))?);
        let mut running = Running::start(&mut command)?;
        wait_until_ready(&mut running, port, &folder.join("log"))?;
        Ok(Self { _running: running, folder, port })
    }

    /// Where it listens, as HTTP.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // The folder is in the machine's own for such things, which is emptied anyway.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Any answer will do: with TLS, or below another path, it says that it does not like the question.
fn wait_until_ready(running: &mut Running, port: u16, log: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    while start.elapsed() < READY_SECONDS_MAX {
        if let Some(status) = running.ended()? {
            anyhow::bail!("prometheus: {status}: {}", fs::read_to_string(log).unwrap_or_default());
        }
        let answer = get(port, "/-/ready").unwrap_or_default();
        if !answer.is_empty() && !answer.starts_with("HTTP/1.0 503") && !answer.starts_with("HTTP/1.1 503") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("prometheus: not ready after {READY_SECONDS_MAX:?}")
}

/// The whole answer to a GET, headers included.
pub fn get(port: u16, target: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.write_all(format!("GET {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("an answer of prometheus")?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}
