//! Running a program with an end to waiting: it is killed with all it started, and what it said is kept in part.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// As much of what a program says is told.
const WORDS_CHARS_MAX: usize = 200;

/// As much of it is read.
const WORDS_BYTES_MAX: u64 = 64 * 1024;

/// How a program ended.
#[derive(Debug)]
pub enum End {
    /// By itself, and what it said on standard error.
    Ended(ExitStatus, String),
    /// It took too long.
    Killed,
}

/// Starts a program, gives it `input`, and waits for it so long.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: &mut Command, input: String, longest: Duration) -> io::Result<End> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Of its own group, so that what it started ends with it.
        .process_group(0)
        .spawn()?;
    let group = Pid::from_child(&child);
    let (ended, end) = sync_channel(1);
    let waiting = thread::spawn(move || {
        let words = converse(&mut child, &input);
        // Whoever waited may have lost patience.
        let _ = ended.send(child.wait().map(|status| (status, words)));
    });
    let end = match end.recv_timeout(longest) {
        Ok(ended) => ended.map(|(status, words)| End::Ended(status, words)),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            // It may have ended this moment.
            let _ = kill_process_group(group, Signal::KILL);
            Ok(End::Killed)
        }
    };
    // A thread that panicked has nothing more to say.
    let _ = waiting.join();
    end
}

/// Gives the input and takes what the program says of its failure.
fn converse(child: &mut Child, input: &str) -> String {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input is its own business.
        let _ = stdin.write_all(input.as_bytes());
    }
    let mut said = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.by_ref().take(WORDS_BYTES_MAX).read_to_end(&mut said);
        // A program that talks on must not stand still for it.
        let _ = io::copy(&mut stderr, &mut io::sink());
    }
    let said = String::from_utf8_lossy(&said);
    said.trim().chars().filter(|letter| !letter.is_control()).take(WORDS_CHARS_MAX).collect()
}
