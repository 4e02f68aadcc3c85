//! `kind: AgentConfig` of `highwater.dev/v1alpha1`: what the agent of one host alerts of, whom it tells, and how much it keeps.

pub mod convert;
pub mod length;

use crate::placed::Placed;
use crate::policy::ApiVersion;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the agent of one host alerts of, whom it tells, and how much it keeps. Everything that is left out is as documented here.
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
    /// When alerts begin, are told again and end.
    #[serde(default)]
    pub alerts: Alerts,
    /// Whom alerts are told to.
    #[serde(default)]
    pub sinks: Vec<Placed<Sink>>,
    /// What nobody is told of.
    #[serde(default)]
    pub silences: Vec<Placed<Silence>>,
    /// How much is kept on disk.
    #[serde(default)]
    pub retention: Retention,
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

/// The rules.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Little is left before an OOM kill, and that gets less. Held for `10s`.
    #[serde(default)]
    pub near_limit: NearLimit,
    /// Swap used, as a share of the container's swap limit: a notice, and critical when pages come back and tasks wait for them.
    /// Held for `1m`; fires at 0.8, is good below 0.7.
    #[serde(default)]
    pub swap_usage: Ratio,
    /// The share of time in which every task waits for memory. Held for `30s`; fires at 0.05, is good below 0.025, critical at 0.25.
    #[serde(default)]
    pub pressure: Pressure,
    /// The kernel killed for memory. Critical.
    #[serde(default)]
    pub oom_kill: Plain,
    /// The kernel killed a child, and the container runs on with a part missing. Critical.
    #[serde(default)]
    pub invisible_kill: Plain,
    /// Memory grows and is not given back. A notice when suspected, a warning when confirmed.
    #[serde(default)]
    pub leak: Plain,
    /// The kernel enforces another limit than was declared. Held for `1m`.
    #[serde(default)]
    pub limit_drift: Plain,
    /// The machine's swap used, as a share of it. Held for `1m`; fires at 0.9, is good below 0.8.
    #[serde(default)]
    pub node_swap: Ratio,
    /// The kubelet evicts before the kernel swaps.
    #[serde(default)]
    pub eviction_line: Plain,
    /// The kernel counted kills that nothing explains.
    #[serde(default)]
    pub unattributed_kills: Plain,
}

/// What every rule has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plain {
    /// `false` switches it off. Left out: on.
    pub enabled: Option<bool>,
    /// How bad it is, whatever the figures say.
    pub severity: Option<Severity>,
    /// It must be broken for so long before anybody is told.
    #[serde(rename = "for")]
    pub hold: Option<Placed<String>>,
}

/// A rule with a share at which it fires, and one at which all is well again.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ratio {
    /// `false` switches it off. Left out: on.
    pub enabled: Option<bool>,
    /// How bad it is, whatever the figures say.
    pub severity: Option<Severity>,
    /// It must be broken for so long before anybody is told.
    #[serde(rename = "for")]
    pub hold: Option<Placed<String>>,
    /// It fires from this share on.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub fires_ratio: Option<Placed<f64>>,
    /// All is well below this share.
    #[schemars(extend("minimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub clears_ratio: Option<Placed<f64>>,
}

/// Tasks wait for memory.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pressure {
    /// `false` switches it off. Left out: on.
    pub enabled: Option<bool>,
    /// How bad it is, whatever the figures say.
    pub severity: Option<Severity>,
    /// It must be broken for so long before anybody is told.
    #[serde(rename = "for")]
    pub hold: Option<Placed<String>>,
    /// It fires from this share of time on.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub fires_ratio: Option<Placed<f64>>,
    /// All is well below this share.
    #[schemars(extend("minimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub clears_ratio: Option<Placed<f64>>,
    /// From this share on it is critical. Left out: 0.25.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub critical_ratio: Option<Placed<f64>>,
}

/// Little is left, and that gets less.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NearLimit {
    /// `false` switches it off. Left out: on.
    pub enabled: Option<bool>,
    /// How bad it is, whatever the figures say.
    pub severity: Option<Severity>,
    /// It must be broken for so long before anybody is told.
    #[serde(rename = "for")]
    pub hold: Option<Placed<String>>,
    /// It fires when less than this share of the limit is left. Left out: 0.1.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub headroom_ratio: Option<Placed<f64>>,
    /// All is well when more than this share is left. Left out: 0.15.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub clears_headroom_ratio: Option<Placed<f64>>,
    /// It fires below this share also when it stands still. Left out: 0.03.
    #[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
    pub critical_headroom_ratio: Option<Placed<f64>>,
    /// It fires only when nothing would be left within this time. Left out: `1h`.
    pub time_left: Option<Placed<String>>,
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

/// How much is kept on disk.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// History takes at most this; the oldest goes first. Left out: `512Mi`.
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
