//! Flags for histories from a Prometheus server, for the commands that judge them.

use crate::cli::history::seconds;
use crate::cli::progress::tell;
use clap::Args;
use sources::prometheus::fetch;
use sources::prometheus::settings::{Bounds, FetchProgress, FetchSettings, FetchedHistories, PartialAnswers};
use sources::prometheus::token::Token;
use sources::prometheus::url::ServerUrl;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// A token for those who keep it in no file. It is read from the environment alone: a flag's value is seen by all in `ps`.
const TOKEN_VARIABLE: &str = "HIGHWATER_PROMETHEUS_TOKEN";

/// Where a Prometheus is, what is fetched, and how gently.
#[derive(Args)]
#[command(next_help_heading = "From a Prometheus server")]
pub struct PrometheusFlags {
    /// Fetch from this server, as http://127.0.0.1:9090; Thanos, Mimir and VictoriaMetrics answer the same questions
    #[arg(long, value_name = "URL")]
    prometheus: Option<ServerUrl>,
    /// A file with the server's bearer token [default: the variable HIGHWATER_PROMETHEUS_TOKEN]
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    token_file: Option<PathBuf>,
    /// Certificates (PEM) of the authority that the server's certificate is from
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    ca: Option<PathBuf>,
    /// How much of the past
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = window)]
    window: u64,
    /// Only these namespaces
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1.., requires = "prometheus")]
    namespace: Vec<String>,
    /// The last moment, in seconds since 1970 [default: the server's now]
    #[arg(long, value_name = "SECONDS", requires = "prometheus")]
    until: Option<i64>,
    /// Work also with answers that the server calls partial
    #[arg(long, requires = "prometheus")]
    partial: bool,
    /// Questions that the server is asked at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    connections: u8,
    /// How long the server may take for one answer
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = seconds)]
    timeout: u64,
}

impl PrometheusFlags {
    /// The server, when one was named.
    #[must_use]
    pub const fn url(&self) -> Option<&ServerUrl> {
        self.prometheus.as_ref()
    }

    /// The flags again, for a command that is named as the next.
    #[must_use]
    pub fn words(&self, url: &ServerUrl) -> String {
        let mut words = format!("--prometheus {url}");
        let file = |name: &str, file: &Option<PathBuf>| {
            file.as_ref().map_or_else(String::new, |file| format!(" {name} {}", file.display()))
        };
        words.push_str(&file("--token-file", &self.token_file));
        words.push_str(&file("--ca", &self.ca));
        if !self.namespace.is_empty() {
            words.push_str(&format!(" --namespace {}", self.namespace.join(",")));
        }
        if let Some(until) = self.until {
            words.push_str(&format!(" --until {until}"));
        }
        words
    }

    /// Fetches these workloads or, where none is named, all; with a line on the terminal while that takes long.
    ///
    /// # Errors
    /// When the server does not answer everything.
    pub fn fetch(
        &self,
        url: &ServerUrl,
        step_seconds: Option<u64>,
        workloads: &[String],
    ) -> anyhow::Result<FetchedHistories> {
        let token = match &self.token_file {
            Some(file) => Some(Token::from_file(file)?),
            None => std::env::var(TOKEN_VARIABLE).ok().and_then(|text| Token::new(&text)),
        };
        let partial = if self.partial { PartialAnswers::Kept } else { PartialAnswers::Refused };
        let settings = FetchSettings {
            url: url.clone(),
            token,
            authority: self.ca.clone(),
            window_seconds: self.window,
            step_seconds: step_seconds.unwrap_or(300),
            end: self.until,
            namespaces: self.namespace.clone(),
            workloads: workloads.to_vec(),
            partial,
            bounds: Bounds {
                parallel: usize::from(self.connections),
                deadline: Duration::from_secs(self.timeout),
                ..Bounds::default()
            },
        };
        let is_wanted = std::io::stderr().is_terminal();
        let show = |progress: FetchProgress| {
            if is_wanted {
                let mib = progress.read_bytes >> 20;
                tell(&format!("\r\u{1b}[K{} of {} answers, {mib} MiB", progress.done, progress.total));
            }
        };
        let fetched = fetch(&settings, &show);
        if is_wanted {
            tell("\r\u{1b}[K");
        }
        Ok(fetched?)
    }
}

/// Up to a year.
fn window(text: &str) -> anyhow::Result<u64> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    match days {
        Some(days @ 1..=366) => Ok(days * 86_400),
        Some(_) => anyhow::bail!("expected a time between 1h and 366d such as 14d"),
        None => seconds(text),
    }
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_window_may_be_a_year() {
        assert_eq!((window("14d").unwrap(), window("6h").unwrap()), (1_209_600, 21_600));
        assert!(window("367d").is_err() && window("0d").is_err() && window("x").is_err());
    }
}
