//! The one command the user named, started for an incident with the incident on its standard input.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// As many commands run at once; a slow one must not pile up while kills go on.
const RUNNING_MAX: usize = 16;

/// As many documents wait for one of them to end. A storm of kills is some hundreds.
const WAITING_MAX: usize = 1_024;

/// Starts a command for every incident and leaves it to itself: a slow one must not keep a watch from seeing.
#[derive(Debug)]
pub struct CommandSink {
    command: String,
    documents: SyncSender<String>,
    waiting: Arc<Mutex<Receiver<String>>>,
    runners: Vec<JoinHandle<()>>,
    failures: Receiver<io::Error>,
    failed: SyncSender<io::Error>,
}

impl CommandSink {
    /// For a command line of `/bin/sh`.
    #[must_use]
    pub fn new(command: String) -> Self {
        let (documents, waiting) = sync_channel(WAITING_MAX);
        let (failed, failures) = sync_channel(RUNNING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        Self { command, documents, waiting, runners: Vec::new(), failures, failed }
    }

    /// Hands over `document` for the command's standard input: at once, or when one of those that run has ended.
    ///
    /// # Errors
    /// When the command could not be started lately, or so many documents wait that one more would be a flood.
    pub fn send(&mut self, document: &str) -> io::Result<()> {
        if self.runners.len() < RUNNING_MAX {
            self.runners.push(self.runner());
        }
        match self.documents.try_send(format!("{document}\n")) {
            Ok(()) => self.failures.try_recv().map_or(Ok(()), Err),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(io::Error::other(format!(
                "{RUNNING_MAX} of them still run, and {WAITING_MAX} incidents wait"
            ))),
        }
    }

    /// A thread that runs the command for one document after another.
    fn runner(&self) -> JoinHandle<()> {
        let (command, failed) = (self.command.clone(), self.failed.clone());
        let waiting = Arc::clone(&self.waiting);
        thread::spawn(move || {
            while let Some(document) = next(&waiting) {
                if let Err(error) = run(&command, &document) {
                    // Whoever sends the next document hears of it.
                    let _ = failed.try_send(error);
                }
            }
        })
    }

    /// Waits for the commands that still run, and for those that wait to.
    pub fn finish(self) {
        let Self { documents, runners, .. } = self;
        drop(documents);
        for runner in runners {
            // A thread that panicked has nothing more to say.
            let _ = runner.join();
        }
    }
}

fn next(waiting: &Mutex<Receiver<String>>) -> Option<String> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What the command prints goes to standard error: standard output is our own, and may be read by a program.
fn run(command: &str, document: &str) -> io::Result<()> {
    let mut command =
        Command::new("/bin/sh").args(["-c", command]).stdin(Stdio::piped()).stdout(io::stderr()).spawn()?;
    if let Some(mut stdin) = command.stdin.take() {
        // A command that does not read its input is its own business, as is its end.
        let _ = stdin.write_all(document.as_bytes());
    }
    command.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use super::CommandSink;
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn the_command_gets_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told");
        let mut sink = CommandSink::new(format!("cat >> {}", path.display()));
        sink.send("{\"id\":1}").unwrap();
        sink.finish();
        assert_eq!(fs::read_to_string(path).unwrap(), "{\"id\":1}\n");
    }

    #[test]
    fn a_storm_reaches_a_slow_command_that_fails_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told");
        let mut sink = CommandSink::new(format!("cat >> {}; sleep 0.05; exit 3", path.display()));
        for number in 0..100 {
            sink.send(&number.to_string()).unwrap();
        }
        sink.finish();
        let told = fs::read_to_string(path).unwrap();
        assert_eq!(told.lines().count(), 100);
        assert_eq!(told.lines().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn a_flood_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let gate = folder.path().join("gate");
        // When the test fails the folder goes, and the commands with it.
        let script = format!(
            "while [ -d {} ] && [ ! -e {} ]; do sleep 0.02; done",
            folder.path().display(),
            gate.display()
        );
        let mut sink = CommandSink::new(script);
        let refused = (0..1_100).filter(|number| sink.send(&number.to_string()).is_err()).count();
        assert!((1..1_100 - 1_024 + 1).contains(&refused), "{refused}");
        fs::write(gate, "").unwrap();
        sink.finish();
    }

    #[test]
    fn a_command_that_reads_nothing_harms_nobody() {
        let mut sink = CommandSink::new("exit 3".to_owned());
        sink.send(&"x".repeat(1 << 20)).unwrap();
        sink.finish();
    }
}
