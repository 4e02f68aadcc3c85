//! The one command the user named, started for an incident with the incident on its standard input.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

/// As many commands run at once; a slow one must not pile up while kills go on.
const RUNNING_MAX: usize = 16;

/// Starts a command for every incident and leaves it to itself: a slow one must not keep a watch from seeing.
#[derive(Debug)]
pub struct CommandSink {
    command: String,
    running: Vec<JoinHandle<()>>,
}

impl CommandSink {
    /// For a command line of `/bin/sh`.
    #[must_use]
    pub const fn new(command: String) -> Self {
        Self { command, running: Vec::new() }
    }

    /// Starts the command with `document` on its standard input.
    ///
    /// # Errors
    /// When it cannot be started, or so many of its kind still run that one more would be a flood.
    pub fn send(&mut self, document: &str) -> io::Result<()> {
        self.running.retain(|running| !running.is_finished());
        if self.running.len() >= RUNNING_MAX {
            return Err(io::Error::other(format!("{RUNNING_MAX} of them still run")));
        }
        let mut child = Command::new("/bin/sh").args(["-c", &self.command]).stdin(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let text = format!("{document}\n");
        self.running.push(thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A command that does not read its input is its own business.
                let _ = stdin.write_all(text.as_bytes());
            }
            let _ = child.wait();
        }));
        Ok(())
    }

    /// Waits for the commands that still run.
    pub fn finish(self) {
        for running in self.running {
            // A thread that panicked has nothing more to say.
            let _ = running.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommandSink;
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
    fn a_command_that_reads_nothing_harms_nobody() {
        let mut sink = CommandSink::new("exit 3".to_owned());
        sink.send(&"x".repeat(1 << 20)).unwrap();
        sink.finish();
    }
}
