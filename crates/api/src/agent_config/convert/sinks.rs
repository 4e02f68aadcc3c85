//! The receivers of a configuration: one kind each, secrets from files alone.

use super::{Reader, severity_of};
use crate::agent_config::{HttpSink, LogSink, Sink};
use crate::placed::{Place, Placed};
use kernel::bytes::Bytes;
use model::finding::Severity;
use model::sink::{Address, SinkKind, SinkSettings};
use std::collections::BTreeSet;
use std::time::Duration;

/// An answer of a receiver that takes longer does not count, unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A longer deadline would keep a courier from noticing that it is to end.
const TIMEOUT_RANGE: (&str, &str) = ("1s", "5m");

impl Reader {
    /// The receivers.
    pub(super) fn sinks(&mut self, written: &[Placed<Sink>]) -> Vec<SinkSettings> {
        let mut names = BTreeSet::new();
        let mut sinks = Vec::new();
        for sink in written {
            if sink.name.is_empty() || !names.insert(sink.name.as_str()) {
                self.fault(sink.name.place(), format!("expected a name of its own, found `{}`", *sink.name));
            }
            sinks.extend(self.sink(sink));
        }
        sinks
    }

    fn sink(&mut self, written: &Placed<Sink>) -> Option<SinkSettings> {
        let Sink { name, min_severity, rules, timeout, log, slack, webhook, alertmanager, command } =
            &**written;
        let deadline = self.time_within(timeout.as_ref(), TIMEOUT, TIMEOUT_RANGE);
        let kinds = [
            log.as_ref().map(|log| self.log(log)),
            slack.as_ref().and_then(|http| self.http(written.place(), http, "slack")),
            webhook.as_ref().and_then(|http| self.http(written.place(), http, "webhook")),
            alertmanager.as_ref().and_then(|http| self.http(written.place(), http, "alertmanager")),
            command.as_ref().map(|command| SinkKind::Command { command: command.clone() }),
        ];
        let given =
            [log.is_some(), slack.is_some(), webhook.is_some(), alertmanager.is_some(), command.is_some()];
        if given.into_iter().filter(|is_given| *is_given).count() != 1 {
            let words = "expected exactly one of `log`, `slack`, `webhook`, `alertmanager` and `command`";
            self.fault(written.place(), words);
        }
        Some(SinkSettings {
            name: name.to_string(),
            kind: kinds.into_iter().flatten().next()?,
            severity_min: min_severity.map_or(Severity::Notice, severity_of),
            rules: self.rule_names(rules),
            deadline,
        })
    }

    fn log(&mut self, written: &LogSink) -> SinkKind {
        let LogSink { path, max_size, max_files } = written;
        SinkKind::Log {
            path: self.path(path),
            bytes_max: self.bytes(max_size.as_ref(), Bytes::from_mib(10), (Bytes(4096), "4Ki")).0,
            files_max: u32::try_from(self.count(max_files.as_ref(), 5, 1, 1_000)).unwrap_or(5),
        }
    }

    fn http(&mut self, place: Place, written: &HttpSink, kind: &str) -> Option<SinkKind> {
        let HttpSink { url, url_file, token_file, ca_file } = written;
        let address = match (url, url_file) {
            (Some(url), None) => Address::Plain(self.url(url, kind)),
            (None, Some(file)) => Address::File(self.path(file)),
            (Some(_), Some(_)) | (None, None) => {
                self.fault(place, format!("`{kind}` needs exactly one of `url` and `urlFile`"));
                return None;
            }
        };
        let token_file = token_file.as_ref().map(|file| self.path(file));
        let authority = ca_file.as_ref().map(|file| self.path(file));
        Some(match kind {
            "slack" => SinkKind::Slack { url: address, authority },
            "webhook" => SinkKind::Webhook { url: address, token_file, authority },
            _ => SinkKind::Alertmanager { url: address, token_file, authority },
        })
    }

    /// Nothing of an address is quoted: it may be a secret in the wrong place.
    fn url(&mut self, written: &Placed<String>, kind: &str) -> String {
        if !written.starts_with("http://") && !written.starts_with("https://") {
            self.fault(written.place(), "expected an address that begins with http:// or https://");
        } else if written.contains('@') {
            self.fault(
                written.place(),
                "expected no name or password in the address; use `urlFile` or `tokenFile`",
            );
        } else if kind == "slack" && written.contains("hooks.slack.com") {
            let words =
                "whoever knows this address can write to the channel: put it into a file, and give `urlFile`";
            self.fault(written.place(), words);
        }
        written.to_string()
    }
}
