//! `kind: AgentConfig` of `highwater.dev/v1alpha1`: how the agent of one host looks, what it alerts of, whom it tells, what it keeps.

pub mod convert;
pub mod length;
pub mod rules;

use crate::agent_config::rules::Rules;
use crate::placed::Placed;
use crate::policy::{ApiVersion, Class};
use schemars::JsonSchema;
use serde::Deserialize;

/// How the agent of one host looks, what it alerts of, whom it tells, and how much it keeps. Everything that is left out is as documented here.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "AgentConfig")]
pub struct AgentConfigFile {
    /// Always `highwater.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// Always `AgentConfig`.
    pub kind: Kind,
    /// The configuration.
    #[serde(default)]
    pub spec: Spec,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Kind {
    /// A configuration of the agent.
    AgentConfig,
}

/// The configuration.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// How often it looks at the machine, from `500ms` to `1m`. Left out: `1s`.
    pub interval: Option<Placed<String>>,
    /// Where it gives metrics.
    #[serde(default)]
    pub metrics: Metrics,
    /// When alerts begin, are told again and end.
    #[serde(default)]
    pub alerts: Alerts,
    /// Whom alerts are told to.
    #[serde(default)]
    pub sinks: Vec<Placed<Sink>>,
    /// What nobody is told of.
    #[serde(default)]
    pub silences: Vec<Placed<Silence>>,
    /// A file of kind MemoryPolicy, an absolute path: it says who is of which class. Left out: the built-in policy.
    pub policy_file: Option<Placed<String>>,
    /// What is started when an alert begins or gets worse, such as a heap dump.
    #[serde(default)]
    pub commands: Vec<Placed<Command>>,
    /// How much is kept on disk.
    #[serde(default)]
    pub retention: Retention,
}

/// Where the agent gives metrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// An address with a port, such as `127.0.0.1:9464`. Left out: nowhere. One that is not of the machine alone needs a token, a certificate and its key.
    pub listen: Option<Placed<String>>,
    /// The file of the token that who asks has to name, an absolute path. It is read when the configuration is.
    pub bearer_token_file: Option<Placed<String>>,
    /// The file of the certificate with which metrics are given, in PEM, an absolute path.
    pub certificate_file: Option<Placed<String>>,
    /// The file of its key, in PEM, an absolute path.
    pub key_file: Option<Placed<String>>,
    /// More series are not given; what is left out is counted. Left out: 50000.
    #[schemars(range(min = 1000, max = 1_000_000))]
    pub series: Option<Placed<i64>>,
}

/// When alerts begin, are told again and end.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alerts {
    /// What still stands is told again after so long. Left out: `4h`.
    pub repeat_interval: Option<Placed<String>>,
    /// A state is over when its figures have been good for so long. Left out: `1m`.
    pub resolve_after: Option<Placed<String>>,
    /// A kill is over when none has followed for so long. Left out: `10m`.
    pub quiet_after: Option<Placed<String>>,
    /// The rules.
    #[serde(default)]
    pub rules: Rules,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Will hurt unless something changes.
    Warning,
    /// Hurts now.
    Critical,
}

/// A receiver of alerts: exactly one of `log`, `slack`, `webhook`, `alertmanager` and `command`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sink {
    /// Its name.
    pub name: Placed<String>,
    /// Less bad ones are not told to it. Left out: `notice`.
    pub min_severity: Option<Severity>,
    /// Only these rules are told to it. Left out: all.
    #[serde(default)]
    pub rules: Vec<Placed<String>>,
    /// An answer that takes longer does not count. Left out: `10s`.
    pub timeout: Option<Placed<String>>,
    /// A file of our own, a JSON document a line.
    pub log: Option<LogSink>,
    /// A Slack incoming webhook, or what understands the same (Mattermost, Rocket.Chat).
    pub slack: Option<HttpSink>,
    /// An address that takes the JSON document `highwater/alert/v1`.
    pub webhook: Option<HttpSink>,
    /// An Alertmanager, by its address without `/api/v2/alerts`.
    pub alertmanager: Option<HttpSink>,
    /// A command line of `/bin/sh`; it reads the JSON document, and exit code 0 says that it took it.
    pub command: Option<String>,
}

/// A log file.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogSink {
    /// The file, an absolute path.
    pub path: Placed<String>,
    /// It is renamed to `PATH.1` when it would grow beyond this. Left out: `10Mi`.
    pub max_size: Option<Placed<String>>,
    /// So many files are kept. Left out: 5.
    #[schemars(range(min = 1, max = 1000))]
    pub max_files: Option<Placed<i64>>,
}

/// An address: exactly one of `url` and `urlFile`. A Slack address is a secret, so it is given by `urlFile`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpSink {
    /// The address, when it is no secret.
    pub url: Option<Placed<String>>,
    /// A file that holds the address and nothing else. It is read each time.
    pub url_file: Option<Placed<String>>,
    /// A file that holds a bearer token and nothing else. It is read each time.
    pub token_file: Option<Placed<String>>,
    /// A file of certificates in PEM that are trusted instead of the machine's.
    pub ca_file: Option<Placed<String>>,
}

/// Alerts that nobody is told of.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Silence {
    /// Patterns of names: `*` stands for any text. Left out: all.
    #[serde(default)]
    pub names: Vec<String>,
    /// Rules. Left out: all.
    #[serde(default)]
    pub rules: Vec<Placed<String>>,
    /// Why, for the people who ask.
    pub reason: String,
}

/// A program that is started when an alert of a container begins or gets worse; a silence keeps it back too. It is not run by a
/// shell. Its environment has `HIGHWATER_RULE`, `HIGHWATER_SEVERITY`, `HIGHWATER_CONTAINER`, `HIGHWATER_CGROUP` (the folder in the
/// memory hierarchy) and, where they are known, `HIGHWATER_CONTAINER_ID`, `HIGHWATER_IMAGE` and `HIGHWATER_PID`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Command {
    /// Its name in the log.
    pub name: Placed<String>,
    /// Alerts of these rules start it. Left out: `near-limit` and `leak`.
    #[serde(default)]
    pub rules: Vec<Placed<String>>,
    /// Patterns of names as `alerts ls` shows them: `*` stands for any text. Left out: all.
    #[serde(default)]
    pub names: Vec<String>,
    /// Patterns of images. Left out: all, also where the image is not known.
    #[serde(default)]
    pub images: Vec<String>,
    /// Classes of the policy, such as `[database, cache]`. Left out: all.
    #[serde(default)]
    pub classes: Vec<Class>,
    /// The program, an absolute path.
    pub program: Placed<String>,
    /// What it is given, as it stands here.
    #[serde(default)]
    pub args: Vec<String>,
    /// It is killed, with what it started, when it takes longer. Left out: `1m`.
    pub timeout: Option<Placed<String>>,
    /// It is not started more often, whoever the alerts are of. Left out: 4.
    #[schemars(range(min = 1, max = 3600))]
    pub max_per_hour: Option<Placed<i64>>,
    /// It is not started again for the same container for so long. Left out: `1h`.
    pub cool_down: Option<Placed<String>>,
}

/// How much is kept on disk.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// History takes at most this, at least `16Mi`; the oldest goes first. Left out: `512Mi`.
    pub history_size: Option<Placed<String>>,
    /// More workloads at a time are not remembered. Left out: 20000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub workloads: Option<Placed<i64>>,
}

/// The JSON schema of the file, without references.
#[must_use]
pub fn schema() -> serde_json::Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<AgentConfigFile>().to_value()
}
