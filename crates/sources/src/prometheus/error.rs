//! Why a server's history could not be fetched.

use crate::prometheus::json::JsonFault;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of the whole fetch. `url` never holds a secret: an address with a password in it is refused.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// The address is none.
    #[error(
        "expected an address such as http://127.0.0.1:9090 or https://prometheus.example/base, found {found}"
    )]
    Url {
        /// What was given, without what may be secret.
        found: String,
    },
    /// The token's file cannot be used.
    #[error("{}: {words}", .file.display())]
    Token {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        words: &'static str,
        /// Why it could not be read.
        source: Option<io::Error>,
    },
    /// No certificate to check the server's with.
    #[error("{place}: {words}")]
    Certificates {
        /// The file, or where the machine has its own.
        place: String,
        /// What is wrong with it.
        words: String,
    },
    /// No connection.
    #[error("{url}: cannot connect")]
    Connect {
        /// The server.
        url: String,
        /// Why not.
        source: io::Error,
    },
    /// The server's certificate, or its side of TLS, is not accepted.
    #[error("{url}: no secure connection; a certificate of one's own authority is given with --ca FILE")]
    Tls {
        /// The server.
        url: String,
        /// Why not.
        source: io::Error,
    },
    /// It said nothing, or not all, in time.
    #[error("{url}: no whole answer within {deadline:?}")]
    Deadline {
        /// What was asked.
        url: String,
        /// The time it had.
        deadline: Duration,
    },
    /// What came back is not HTTP, or ended before its end.
    #[error("{url}: not a whole HTTP answer")]
    Http {
        /// What was asked.
        url: String,
        /// What was wrong with it.
        source: hyper::Error,
    },
    /// HTTP status 401 or 403.
    #[error("{url}: HTTP status {status}: {}", refused_words(*.has_token))]
    Unauthorized {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// It sends us elsewhere, where a token must not follow.
    #[error(
        "{url}: HTTP status {status}: the server points to `{location}`, which is not followed; if that is the server, give its address"
    )]
    Redirect {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Where it points.
        location: String,
    },
    /// Another HTTP status, or an error in Prometheus' JSON.
    #[error("{url}: {}{words}", status_words(*.status))]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Prometheus' kind of error; empty when it named none.
        error_type: String,
        /// The server's own words.
        words: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// A page for people.
    #[error(
        "{url}: expected Prometheus' JSON, found HTML that begins with `{words}`: a login page, or another server? The API is at ADDRESS/api/v1/query"
    )]
    Html {
        /// What was asked.
        url: String,
        /// Its first words.
        words: String,
    },
    /// Not the JSON of such an answer, or cut.
    #[error("{url}: not a whole answer of Prometheus")]
    Json {
        /// What was asked.
        url: String,
        /// Where it went wrong.
        source: JsonFault,
    },
    /// More bytes than an answer may have.
    #[error("{url}: expected an answer of at most {bytes_max} bytes, found more")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The most that is read.
        bytes_max: u64,
    },
    /// The server says that something is missing in what it sent.
    #[error(
        "{url}: the answer is not whole: {words}; what is missing could be a peak, so nothing is advised upon it. --partial works with what there is"
    )]
    Partial {
        /// The server.
        url: String,
        /// Its own words.
        words: String,
    },
    /// It answers, and has nothing of what is needed.
    #[error("{url}: no container's memory between {since} and {until}: looked for {looked_for}; {known}")]
    Empty {
        /// The server.
        url: String,
        /// The first moment asked for.
        since: String,
        /// The last one.
        until: String,
        /// The names, and the filter.
        looked_for: String,
        /// What it does have.
        known: String,
    },
    /// This process could not prepare the call.
    #[error("cannot prepare a call to {url}")]
    Prepare {
        /// The server.
        url: String,
        /// What was refused.
        source: io::Error,
    },
}

impl PrometheusError {
    /// Whether the same question may be answered a little later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Http { .. } | Self::Deadline { .. } => true,
            Self::Json { source, .. } => source.is_cut,
            Self::Refused { status, .. } => matches!(*status, 429 | 500 | 502 | 503 | 504),
            Self::Url { .. }
            | Self::Token { .. }
            | Self::Certificates { .. }
            | Self::Tls { .. }
            | Self::Unauthorized { .. }
            | Self::Redirect { .. }
            | Self::Html { .. }
            | Self::TooLarge { .. }
            | Self::Partial { .. }
            | Self::Empty { .. }
            | Self::Prepare { .. } => false,
        }
    }

    /// Whether a question for less of the time may be answered where this one was too much.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        match self {
            Self::Deadline { .. } | Self::TooLarge { .. } => true,
            // Prometheus' `errorType`: `timeout` with 503; too many samples are `execution` with 422.
            Self::Refused { error_type, words, .. } => {
                error_type == "timeout" || words.contains("too many") || words.contains("exceeded maximum")
            }
            Self::Url { .. }
            | Self::Token { .. }
            | Self::Certificates { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Http { .. }
            | Self::Unauthorized { .. }
            | Self::Redirect { .. }
            | Self::Html { .. }
            | Self::Json { .. }
            | Self::Partial { .. }
            | Self::Empty { .. }
            | Self::Prepare { .. } => false,
        }
    }
}

const fn refused_words(has_token: bool) -> &'static str {
    if has_token {
        "the server refuses the token that was sent"
    } else {
        "the server wants a token: give --token-file FILE, or HIGHWATER_PROMETHEUS_TOKEN"
    }
}

fn status_words(status: u16) -> String {
    if status == 200 { String::new() } else { format!("HTTP status {status}: ") }
}
