//! Starting other programs so that none outlives us: each leads a process group that is ended with it.

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a program may take to clean up after itself when it is asked to end.
const GRACE: Duration = Duration::from_secs(30);

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on Ctrl-C, SIGTERM and SIGHUP are noted instead of ending this process at once.
pub fn note_interrupts() -> anyhow::Result<()> {
    let flag = INTERRUPTED.get_or_init(|| Arc::new(AtomicBool::new(false)));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("noting interrupts")?;
    }
    Ok(())
}

/// Was this process asked to end?
pub fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// A running program that leads its own process group; dropping it ends the whole group.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts a program without a standard input unless the command has one.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { child, name })
    }

    /// The exit status when the program has ended.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("waiting for {}", self.name))
    }

    /// The standard input, when the command was given a pipe.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for the end, at most this long, and less when we are interrupted.
    pub fn wait(&mut self, at_most: Duration) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if interrupted() {
                bail!("{}: interrupted", self.name);
            }
            if start.elapsed() > at_most {
                bail!("{}: not done after {} s", self.name, at_most.as_secs());
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to it and to what it started.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            // The group may be empty already: then there is nobody to tell.
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let start = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < GRACE {
                sleep(Duration::from_millis(20));
            }
        }
        // Also after a normal end: what it left running in its group is not wanted.
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// What a program printed and how it ended.
pub struct Outcome {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a program to its end and returns what it printed.
pub fn output(command: &mut Command, at_most: Duration) -> anyhow::Result<Outcome> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let stdout = running.child.stdout.take().context("no standard output")?;
    let stderr = running.child.stderr.take().context("no standard error")?;
    let stdout = std::thread::spawn(move || read_all(stdout));
    let stderr = std::thread::spawn(move || read_all(stderr));
    let status = running.wait(at_most)?;
    drop(running);
    let text = |reader: std::thread::JoinHandle<String>| reader.join().unwrap_or_default();
    Ok(Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) })
}

/// Runs a program to its end with everything it prints going to a file.
pub fn logged(command: &mut Command, log: &Path, at_most: Duration) -> anyhow::Result<ExitStatus> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let file = File::create(log).with_context(|| log.display().to_string())?;
    let copy = file.try_clone().context("a second handle of the log")?;
    command.stdin(Stdio::null()).stdout(file).stderr(copy);
    Running::start(command)?.wait(at_most)
}

fn read_all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    // A program that is ended in the middle leaves what it printed before.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Running, output};
    use std::process::Command;
    use std::time::{Duration, Instant};

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_program_tells_its_code_and_both_its_outputs() {
        let outcome = output(Command::new("sh").args(["-c", "echo a; echo b >&2; exit 3"]), LONG).unwrap();
        assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(3), "a\n", "b\n"));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_its_children() {
        let start = Instant::now();
        let result =
            output(Command::new("sh").args(["-c", "sleep 60 & sleep 60"]), Duration::from_millis(50));
        assert!(result.is_err());
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn what_a_program_leaves_in_its_group_is_ended() {
        let folder = std::env::temp_dir().join(format!("xtask-subprocess-{}", std::process::id()));
        let path = folder.to_string_lossy().into_owned();
        let script = format!("sleep 60 & echo $! > {path}");
        let mut running = Running::start(Command::new("sh").args(["-c", &script])).unwrap();
        assert!(running.wait(LONG).unwrap().success());
        drop(running);
        let left = std::fs::read_to_string(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        let start = Instant::now();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
        // It may stay a zombie until its new parent takes notice.
        while !state().is_empty() && !state().contains(") Z") {
            assert!(start.elapsed() < LONG, "{}", state());
            std::thread::yield_now();
        }
    }
}
