//! Asks the running agent over its control socket: one HTTP request, one document.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A state is a few KiB.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why the agent gave no document.
#[derive(Debug, thiserror::Error)]
pub enum AgentSocketError {
    /// Nobody listens there, or this user may not ask.
    #[error("{}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It answered something else.
    #[error("{}: expected a document, found `{found}`", path.display())]
    Refused {
        /// The socket.
        path: PathBuf,
        /// The first line of the answer.
        found: String,
    },
}

/// The document at `target`.
///
/// # Errors
/// When nobody answers in time, or with something else.
pub fn ask(path: &Path, target: &str, deadline: Duration) -> Result<String, AgentSocketError> {
    let answer = exchange(path, target, deadline)
        .map_err(|source| AgentSocketError::Unreachable { path: path.to_owned(), source })?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        Some(_) | None => {
            let found = answer.lines().next().unwrap_or_default().to_owned();
            Err(AgentSocketError::Refused { path: path.to_owned(), found })
        }
    }
}

fn exchange(path: &Path, target: &str, deadline: Duration) -> io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(deadline))?;
    stream.set_write_timeout(Some(deadline))?;
    stream
        .write_all(format!("GET {target} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
