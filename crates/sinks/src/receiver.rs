//! A receiver as its settings describe it.

use crate::alertmanager::Alertmanager;
use crate::delivery::Deliver;
use crate::log_file::LogFile;
use crate::shell::Shell;
use crate::slack::Slack;
use crate::webhook::Webhook;
use model::notice::Notice;
use model::sink::{SinkKind, SinkSettings};

/// Makes a receiver; nothing is opened before there is something to tell. What stands already is for receivers that forget.
#[must_use]
pub fn of(settings: &SinkSettings, standing: &[Notice]) -> Box<dyn Deliver> {
    let deadline = settings.deadline;
    match settings.kind.clone() {
        SinkKind::Log { path, bytes_max, files_max } => Box::new(LogFile::new(path, bytes_max, files_max)),
        SinkKind::Slack { url, authority } => Box::new(Slack { url, authority, deadline }),
        SinkKind::Webhook { url, token_file, authority } => {
            Box::new(Webhook { url, token_file, authority, deadline })
        }
        SinkKind::Alertmanager { url, token_file, authority } => {
            Box::new(Alertmanager::new(url, token_file, authority, deadline, standing))
        }
        SinkKind::Command { command } => Box::new(Shell { command, deadline }),
    }
}

/// A notice for tests.
#[cfg(test)]
pub(crate) fn test_notice(key: &str) -> Notice {
    use model::notice::NoticeKind;
    Notice {
        key: key.to_owned(),
        topic: format!("oom-kill/web/{key}"),
        kind: NoticeKind::Happened,
        severity: model::finding::Severity::Critical,
        rule: "oom-kill".to_owned(),
        title: format!("web was killed ({key})"),
        text: "It needs more.".to_owned(),
        labels: std::collections::BTreeMap::new(),
        begins: model::snapshot::Timestamp(1_700_000_000_000),
        ends: None,
        document: serde_json::json!({ "schema": "highwater/alert/v1", "key": key }).to_string(),
    }
}
