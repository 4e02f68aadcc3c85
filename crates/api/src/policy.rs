//! `kind: MemoryPolicy` of `highwater.dev/v1alpha1`: the file, and later the custom resource.

pub mod built_in;
pub mod convert;
pub mod explanation;
pub mod written;

use crate::placed::Placed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How memory and swap of containers are treated, by workload class and environment, and which container is of which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "MemoryPolicy")]
pub struct PolicyFile {
    /// Always `highwater.dev/v1alpha1`.
    pub api_version: ApiVersion,
    /// Always `MemoryPolicy`.
    pub kind: Kind,
    /// The name, and what else Kubernetes keeps with an object.
    pub metadata: Metadata,
    /// The policy.
    pub spec: Spec,
}

/// The version of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "highwater.dev/v1alpha1")]
    V1Alpha1,
}

/// The kind of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A memory policy.
    MemoryPolicy,
}

/// What Kubernetes keeps with an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The policy's name.
    pub name: String,
    /// Labels of the policy itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the policy itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Class and environment of whom no rule gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<Defaults>,
    /// Who is of which class and environment, in order: the first rule that is about a workload and gives a class decides its class;
    /// likewise the environment. Left out: the built-in rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Placed<Rule>>>,
    /// How each class is treated. A class, or an environment of a class, that is left out is treated as built in.
    #[serde(default)]
    pub classes: Classes,
}

/// Class and environment of whom no rule gives one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Defaults {
    /// The class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

/// A class of workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Class {
    /// Answers requests, somebody waits.
    Api,
    /// Serves pages and files.
    Web,
    /// Keeps data, with a cache of its own.
    Database,
    /// Keeps in memory what is slow elsewhere.
    Cache,
    /// Works through a pile.
    Batch,
    /// People and their tools.
    Development,
}

/// An environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum EnvironmentName {
    /// Users are there.
    Production,
    /// Like production, without users.
    Staging,
    /// Nobody but its developer minds.
    Development,
}

/// Gives a class, an environment or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// A name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whom it is about. Every kind that is given must hold; of the patterns of a kind one is enough. `*` stands for any text.
    #[serde(default, rename = "match")]
    pub selector: Match,
    /// The class that it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The environment that it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

/// Whom a rule is about; nothing given is everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// Labels that must all be there; the value is a pattern.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Patterns of the namespace, or of the Compose project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Patterns of the image: of the whole reference, of it without its tag, or of its last part without its tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Patterns of the container's, pod's or workload's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// Every class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Classes {
    /// Answers requests, somebody waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Environments>,
    /// Serves pages and files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<Environments>,
    /// Keeps data, with a cache of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Environments>,
    /// Keeps in memory what is slow elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Environments>,
    /// Works through a pile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Environments>,
    /// People and their tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub development: Option<Environments>,
}

/// The treatments of a class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environments {
    /// Where users are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<Treatment>,
    /// Like production, without users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staging: Option<Treatment>,
    /// Nobody but its developer minds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub development: Option<Treatment>,
}

/// How a class is treated in an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Treatment {
    /// How much swap a container shall have.
    pub swap: Placed<Swap>,
    /// `memory.swappiness`, on cgroup v1 alone: cgroup v2 has no such setting for a container, and the value is not used there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub swappiness: Option<Placed<i64>>,
    /// Throttling: `memory.high` as a share of the memory limit. Left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    pub memory_high_ratio: Option<Placed<f64>>,
    /// Protection: `memory.low` as a share of the request, or of the limit where there is no request. Left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
    pub memory_low_ratio: Option<Placed<f64>>,
    /// Hard protection: `memory.min` as a share of the request, or of the limit where there is no request. Left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
    pub memory_min_ratio: Option<Placed<f64>>,
    /// Why, for the people who ask.
    pub reason: String,
}

/// How much swap a container shall have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Swap {
    /// How it is told.
    pub mode: SwapMode,
    /// With `Ratio`: so many times the memory limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 16.0))]
    pub ratio: Option<Placed<f64>>,
    /// With `Fixed`: so much, such as `512Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Placed<String>>,
    /// With `Unlimited`, the node's guard: this share of the node's swap stays free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub node_free_ratio_min: Option<Placed<f64>>,
}

/// How the amount of swap is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum SwapMode {
    /// No swap at all.
    None,
    /// The share of the node's swap that the request is of the node's memory, as the kubelet's LimitedSwap computes it.
    Proportional,
    /// So many times the memory limit.
    Ratio,
    /// A fixed amount.
    Fixed,
    /// No limit, while a share of the node's swap stays free.
    Unlimited,
}

/// The JSON schema of the file, without references, as a custom resource definition needs it.
#[must_use]
pub fn schema() -> serde_json::Value {
    let settings =
        schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<PolicyFile>();
    schema.to_value()
}
