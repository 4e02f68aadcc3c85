//! What is to be fetched, from where, and how gently.

use crate::prometheus::token::Token;
use crate::prometheus::url::ServerUrl;
use model::history::Histories;
use model::replica::Replica;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What is to be fetched.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// The server.
    pub url: ServerUrl,
    /// What is shown to it.
    pub token: Option<Token>,
    /// Certificates that are trusted instead of the machine's.
    pub authority: Option<PathBuf>,
    /// How much of the past.
    pub window_seconds: u64,
    /// How far apart samples are; each is the peak of its step.
    pub step_seconds: u64,
    /// The last moment, in seconds since 1970; `None` is the server's now.
    pub end: Option<i64>,
    /// Only these namespaces; none is all.
    pub namespaces: Vec<String>,
    /// Only these workloads, as [`Replica::is_named`] has them; none is all.
    pub workloads: Vec<String>,
    /// What becomes of answers that the server calls partial.
    pub partial: PartialAnswers,
    /// How gently.
    pub bounds: Bounds,
}

/// What becomes of answers that the server calls partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialAnswers {
    /// Nothing is advised upon them.
    Refused,
    /// They are worked with, and a remark tells.
    Kept,
}

/// What a server is asked for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many questions at once.
    pub parallel: usize,
    /// How many values a question may give, as far as one knows before.
    pub points_max: u64,
    /// How large an answer may be.
    pub answer_bytes_max: u64,
    /// How long an answer may take.
    pub deadline: Duration,
    /// How often a question is asked that fails for a reason that passes.
    pub attempts: u32,
    /// The pause before the second time; it doubles.
    pub pause: Duration,
}

impl Default for Bounds {
    /// Two at once is what one person with Grafana does; Prometheus itself ends a query after two minutes.
    fn default() -> Self {
        Self {
            parallel: 2,
            points_max: 250_000,
            answer_bytes_max: 256 << 20,
            deadline: Duration::from_secs(120),
            attempts: 4,
            pause: Duration::from_millis(500),
        }
    }
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchProgress {
    /// Questions that are answered, in this round.
    pub done: usize,
    /// Questions in all, in this round.
    pub total: usize,
    /// What was read since the beginning.
    pub read_bytes: u64,
}

/// What was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchedHistories {
    /// A history for each container of each replica, and what is to be said of them.
    pub histories: Histories,
    /// Whose history it is, by its name.
    pub replicas: BTreeMap<String, Replica>,
    /// How far apart samples are.
    pub interval_seconds: u64,
    /// How much was read.
    pub read_bytes: u64,
}
