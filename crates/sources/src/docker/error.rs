//! Why the containers could not be asked for.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of the whole call: nothing is known of any container.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// The socket does not exist, or no daemon listens on it.
    #[error("{}: no engine listens here", .socket.display())]
    NoEngine {
        /// The socket.
        socket: PathBuf,
        /// What `connect(2)` said.
        source: io::Error,
    },
    /// The socket belongs to others.
    #[error(
        "{}: permission denied; run as root or as a member of the socket's group, usually `docker`",
        .socket.display()
    )]
    PermissionDenied {
        /// The socket.
        socket: PathBuf,
    },
    /// Any other failure to connect.
    #[error("{}: cannot connect", .socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// What `connect(2)` said.
        source: io::Error,
    },
    /// The engine said nothing, or not enough, in time.
    #[error("{}: no answer within {deadline:?}", .socket.display())]
    Deadline {
        /// The socket.
        socket: PathBuf,
        /// The time it had.
        deadline: Duration,
    },
    /// What came back is not HTTP, or ended before its end.
    #[error("{}: GET {request}: not a whole HTTP answer", .socket.display())]
    Http {
        /// The socket.
        socket: PathBuf,
        /// What was asked.
        request: String,
        /// What was wrong with it.
        source: hyper::Error,
    },
    /// The engine refused.
    #[error("{}: GET {request}: HTTP status {status}: {message}", .socket.display())]
    Status {
        /// The socket.
        socket: PathBuf,
        /// What was asked.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// An answer of a size that no engine gives.
    #[error("{}: GET {request}: expected an answer of at most {bytes_max} bytes, found more", .socket.display())]
    TooLarge {
        /// The socket.
        socket: PathBuf,
        /// What was asked.
        request: String,
        /// The most that is read.
        bytes_max: usize,
    },
    /// The answer is not the JSON it should be.
    #[error("{}: GET {request}: not the JSON of Docker's API", .socket.display())]
    Json {
        /// The socket.
        socket: PathBuf,
        /// What was asked.
        request: String,
        /// Where it went wrong.
        source: serde_json::Error,
    },
    /// This process could not prepare the call.
    #[error("cannot prepare a call to the engine")]
    Prepare {
        /// What was refused.
        source: io::Error,
    },
}
