//! The agent's own settings: the part `agent` of its configuration file.

use crate::placed::{Fault, Placed, from_yaml};
use kernel::bytes::Bytes;
use model::quantity::Quantity;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    agent: Written,
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    interval_seconds: Option<Placed<f64>>,
    listen: Option<Placed<String>>,
    bearer_token_file: Option<PathBuf>,
    certificate_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    history_max: Option<Placed<String>>,
    workloads_max: Option<Placed<u64>>,
    metrics_series_max: Option<Placed<u64>>,
}

/// What holds for the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSettings {
    /// How often it looks.
    pub interval: Duration,
    /// Where it gives metrics; nowhere unless asked.
    pub listen: Option<SocketAddr>,
    /// The file of the token that who wants metrics has to name.
    pub bearer_token_file: Option<PathBuf>,
    /// The file of the certificate with which metrics are given, in PEM.
    pub certificate_file: Option<PathBuf>,
    /// The file of its key, in PEM.
    pub key_file: Option<PathBuf>,
    /// The most that the history may take.
    pub history_max: Bytes,
    /// The most workloads that are remembered at a time.
    pub workloads_max: usize,
    /// The most series of metrics.
    pub metrics_series_max: usize,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            listen: None,
            bearer_token_file: None,
            certificate_file: None,
            key_file: None,
            history_max: Bytes(512 << 20),
            workloads_max: 20_000,
            metrics_series_max: 50_000,
        }
    }
}

/// Reads a configuration file.
///
/// # Errors
/// With the first place where it does not fit.
pub fn read(text: &str) -> Result<AgentSettings, Fault> {
    // A file of comments is an empty configuration.
    let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
    let File { agent } = if is_empty { File::default() } else { from_yaml(text)? };
    let usual = AgentSettings::default();
    let settings = AgentSettings {
        interval: agent.interval_seconds.map_or(Ok(usual.interval), |value| interval(&value))?,
        listen: agent.listen.map(|value| listen(&value)).transpose()?,
        bearer_token_file: agent.bearer_token_file,
        certificate_file: agent.certificate_file,
        key_file: agent.key_file,
        history_max: agent.history_max.map_or(Ok(usual.history_max), |value| history_max(&value))?,
        workloads_max: count(agent.workloads_max, usual.workloads_max, 1)?,
        metrics_series_max: count(agent.metrics_series_max, usual.metrics_series_max, 1_000)?,
    };
    Ok(settings)
}

fn interval(value: &Placed<f64>) -> Result<Duration, Fault> {
    if !(0.5..=60.0).contains(&**value) {
        let words = format!("interval_seconds: expected 0.5 to 60, found {}", **value);
        return Err(Fault { place: value.place(), words });
    }
    Ok(Duration::from_secs_f64(**value))
}

fn listen(value: &Placed<String>) -> Result<SocketAddr, Fault> {
    value.parse().map_err(|_| {
        let words =
            format!("listen: expected an address with a port such as 127.0.0.1:9464, found `{}`", **value);
        Fault { place: value.place(), words }
    })
}

fn history_max(value: &Placed<String>) -> Result<Bytes, Fault> {
    let fault = |why: String| Fault { place: value.place(), words: format!("history_max: {why}") };
    let bytes = match value.parse::<Quantity>() {
        Ok(Quantity::Bytes(bytes)) => bytes,
        Ok(Quantity::Ratio(_)) => {
            return Err(fault(format!("expected an amount such as 512Mi, found `{}`", **value)));
        }
        Err(error) => return Err(fault(error.to_string())),
    };
    if bytes < Bytes(16 << 20) {
        return Err(fault(format!("expected at least 16Mi, found `{}`", **value)));
    }
    Ok(bytes)
}

fn count(value: Option<Placed<u64>>, usual: usize, least: usize) -> Result<usize, Fault> {
    let Some(value) = value else { return Ok(usual) };
    let count = usize::try_from(*value).unwrap_or(usize::MAX);
    if count < least || count > 1_000_000 {
        let words = format!("expected {least} to 1000000, found {count}");
        return Err(Fault { place: value.place(), words });
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::{AgentSettings, read};
    use kernel::bytes::Bytes;
    use std::time::Duration;

    #[test]
    fn what_is_not_written_is_as_usual() {
        assert_eq!(read("# nothing\n").unwrap(), AgentSettings::default());
        let text = "agent:\n  interval_seconds: 5\n  listen: 127.0.0.1:9464\n  history_max: 1Gi\n";
        let settings = read(text).unwrap();
        assert_eq!((settings.interval, settings.history_max), (Duration::from_secs(5), Bytes(1 << 30)));
        assert_eq!(settings.listen.map(|address| address.port()), Some(9464));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        for (text, line, words) in [
            ("agent:\n  intervals: 5\n", 2, "intervals"),
            ("agent:\n  listen: 127.0.0.1\n", 2, "expected an address with a port"),
            ("agent:\n  workloads_max: 5\n  interval_seconds: 0\n", 3, "expected 0.5 to 60, found 0"),
            ("agent:\n  history_max: 1Mi\n", 2, "expected at least 16Mi"),
            ("agent:\n  history_max: much\n", 2, "history_max"),
            ("agents: {}\n", 1, "agents"),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.place.line == line && fault.words.contains(words), "{text}: {fault}");
        }
    }
}
