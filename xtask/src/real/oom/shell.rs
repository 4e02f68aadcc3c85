//! A shell in a control group: what a scenario makes its processes do.

use crate::real::own_cgroup::OwnCgroup;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A process that is ended with this value.
pub struct Shell {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Shell {
    /// Runs a script in the group. `$XTASK` is this program; the kernel may kill it like any other.
    pub fn start(group: &OwnCgroup, script: &str) -> anyhow::Result<Self> {
        let script = format!(
            "echo $$ >{}/cgroup.procs; echo 0 >/proc/$$/oom_score_adj; {script}",
            group.folder().display()
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).env("XTASK", std::env::current_exe().context("the path of xtask")?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("starting a shell")?;
        let stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Self { child, stdout })
    }

    /// Starts a process that holds so many MiB; it may not live to have them.
    pub fn holding(group: &OwnCgroup, mib: u64) -> anyhow::Result<Self> {
        Self::start(group, &format!("exec $XTASK hold {mib}"))
    }

    /// Starts a process that holds so many MiB, and waits until it has them.
    pub fn held(group: &OwnCgroup, mib: u64) -> anyhow::Result<Self> {
        let mut shell = Self::holding(group, mib)?;
        let word = shell.line()?;
        anyhow::ensure!(word == "ready", "the process in {} did not live to hold {mib} MiB", group.path());
        Ok(shell)
    }

    /// The next line that it prints; empty when it has ended.
    pub fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as an administrator would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("kill")
    }

    /// Waits for its end, which the end of its standard input does not bring.
    pub fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let stdin = self.child.stdin.take();
        let status = self.child.wait().context("waiting for a shell");
        drop(stdin);
        status
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
