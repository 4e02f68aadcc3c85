//! One message to people or programs outside: composed once, kept until it was delivered.

use crate::finding::Severity;
use crate::snapshot::Timestamp;
use std::collections::BTreeMap;

/// A message, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same message has the same key, also when it is sent again after a crash.
    pub key: String,
    /// What it tells of: messages of one thing have the same topic.
    pub topic: String,
    /// What kind of message it is.
    pub kind: NoticeKind,
    /// How bad it is.
    pub severity: Severity,
    /// The rule's name, `near-limit`; `test` for a test.
    pub rule: String,
    /// What is the matter, in one line.
    pub title: String,
    /// The figures and what to do, in sentences.
    pub text: String,
    /// Who that is, for machines.
    pub labels: BTreeMap<String, String>,
    /// When it began.
    pub begins: Timestamp,
    /// When it was over; nothing while it lasts.
    pub ends: Option<Timestamp>,
    /// The whole of it as a JSON document.
    pub document: String,
}

/// What kind of message a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// A state begins, gets worse or still lasts.
    StateBegins,
    /// A state is over.
    StateEnds,
    /// Something happened.
    Happened,
    /// What happened has not happened again: for receivers that keep what stands.
    HappenedEnds,
    /// Whether messages arrive.
    Test,
}

/// What waits for a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingFor {
    /// The receiver's name.
    pub sink: String,
    /// How many notices wait.
    pub notices: u64,
    /// The oldest of them, in milliseconds since 1970.
    pub oldest_millis: u64,
}
