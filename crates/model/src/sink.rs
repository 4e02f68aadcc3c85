//! Whom alerts are told to, and how.

use crate::alert::AlertRule;
use crate::finding::Severity;
use std::path::PathBuf;
use std::time::Duration;

/// A receiver of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSettings {
    /// Its name, for `alerts test NAME` and for what is kept for it.
    pub name: String,
    /// What it is.
    pub kind: SinkKind,
    /// Less bad ones are not told to it.
    pub severity_min: Severity,
    /// Only these rules are told to it; none is all.
    pub rules: Vec<AlertRule>,
    /// An answer that takes longer does not count.
    pub deadline: Duration,
}

/// What a receiver is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkKind {
    /// A file of our own, a JSON document a line.
    Log {
        /// The file.
        path: PathBuf,
        /// It is renamed when it would grow beyond this.
        bytes_max: u64,
        /// So many files are kept, the one that is written included.
        files_max: u32,
    },
    /// A Slack incoming webhook, or what understands the same.
    Slack {
        /// The address: whoever knows it can write.
        url: Address,
        /// Certificates that are trusted instead of the machine's.
        authority: Option<PathBuf>,
    },
    /// An address that takes the JSON document.
    Webhook {
        /// The address.
        url: Address,
        /// A file with a bearer token.
        token_file: Option<PathBuf>,
        /// Certificates that are trusted instead of the machine's.
        authority: Option<PathBuf>,
    },
    /// An Alertmanager.
    Alertmanager {
        /// Its address, without `/api/v2/alerts`.
        url: Address,
        /// A file with a bearer token.
        token_file: Option<PathBuf>,
        /// Certificates that are trusted instead of the machine's.
        authority: Option<PathBuf>,
    },
    /// A command line of `/bin/sh`; it reads the JSON document.
    Command {
        /// The command line.
        command: String,
    },
}

/// An address, or where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// As it stands in the configuration: no secret.
    Plain(String),
    /// The file that holds it; it is read each time, and never shown.
    File(PathBuf),
}

impl SinkKind {
    /// Its name in the configuration.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Log { .. } => "log",
            Self::Slack { .. } => "slack",
            Self::Webhook { .. } => "webhook",
            Self::Alertmanager { .. } => "alertmanager",
            Self::Command { .. } => "command",
        }
    }
}
