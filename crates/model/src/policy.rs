//! What the operator wants of memory: classes of workloads, how each is treated in each environment, and who is of which class.

use crate::reading::Reading;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;

/// What a workload does with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadClass {
    /// Answers requests, somebody waits.
    Api,
    /// Serves pages and files.
    Web,
    /// Keeps data, with a cache of its own that it sized itself.
    Database,
    /// Keeps in memory what is slow elsewhere.
    Cache,
    /// Works through a pile; nobody waits for a single answer.
    Batch,
    /// People and their tools.
    Development,
}

impl WorkloadClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Api, Self::Web, Self::Database, Self::Cache, Self::Batch, Self::Development];

    /// As a policy file spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Web => "web",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Batch => "batch",
            Self::Development => "development",
        }
    }
}

/// How much is lost when a workload is slow or killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// Users are there.
    Production,
    /// Like production, without users.
    Staging,
    /// Nobody but its developer minds.
    Development,
}

impl Environment {
    /// Every environment.
    pub const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Development];

    /// As a policy file spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }
}

/// How much swap a container shall have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SwapWish {
    /// None at all.
    None,
    /// The share of the node's swap that its request is of the node's memory, as the kubelet's LimitedSwap computes it.
    Proportional,
    /// So many times its memory limit.
    RatioOfMemory(f64),
    /// So much.
    Fixed(Bytes),
    /// As much as it takes, while so large a share of the node's swap stays free.
    Unlimited {
        /// The guard.
        node_free_ratio_min: f64,
    },
}

/// How one class is treated in one environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    /// Its swap.
    pub swap: SwapWish,
    /// `memory.swappiness`, which cgroup v1 alone has.
    pub swappiness: Option<u8>,
    /// `memory.high` as a share of the limit: from there on it is slowed down and reclaimed.
    pub high_ratio: Option<f64>,
    /// `memory.low` as a share of the request: reclaimed only when everything else has been.
    pub low_ratio: Option<f64>,
    /// `memory.min` as a share of the request: never reclaimed.
    pub min_ratio: Option<f64>,
    /// Why.
    pub reason: String,
}

/// Whom a rule is about. Every kind that is given must hold; of the patterns of a kind one is enough. `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Labels: every one must be there, with such a value.
    pub labels: Vec<(String, String)>,
    /// Patterns of the namespace, or of the Compose project.
    pub namespaces: Vec<String>,
    /// Patterns of the image: of the whole reference, of it without its tag, or of its last part without its tag.
    pub images: Vec<String>,
    /// Patterns of the container's or workload's name.
    pub names: Vec<String>,
}

/// Gives a class, an environment or both to whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentRule {
    /// Its name, for people.
    pub name: Option<String>,
    /// Whom.
    pub selector: Selector,
    /// The class that it gives.
    pub class: Option<WorkloadClass>,
    /// The environment that it gives.
    pub environment: Option<Environment>,
}

/// A whole policy. Every class has a treatment in every environment.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryPolicy {
    /// `metadata.name`.
    pub name: String,
    /// In order: the first that is about a workload and gives a class gives its class; likewise the environment.
    pub rules: Vec<AssignmentRule>,
    /// The class of whom no rule gives one.
    pub class_default: WorkloadClass,
    /// The environment of whom no rule gives one.
    pub environment_default: Environment,
    /// The treatments, in the order of [`WorkloadClass::ALL`] and [`Environment::ALL`].
    pub treatments: [[Treatment; 3]; 6],
}

impl MemoryPolicy {
    /// How a class is treated in an environment.
    #[must_use]
    pub fn treatment(&self, class: WorkloadClass, environment: Environment) -> &Treatment {
        let [api, web, database, cache, batch, own] = &self.treatments;
        let [production, staging, development] = match class {
            WorkloadClass::Api => api,
            WorkloadClass::Web => web,
            WorkloadClass::Database => database,
            WorkloadClass::Cache => cache,
            WorkloadClass::Batch => batch,
            WorkloadClass::Development => own,
        };
        match environment {
            Environment::Production => production,
            Environment::Staging => staging,
            Environment::Development => development,
        }
    }
}

/// What rules look at, of a container that runs or of one that is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySubject {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Its namespace, or its Compose project.
    pub namespace: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// Its names: the container's, its pod's or workload's.
    pub names: Vec<String>,
}

/// Who gave a class or an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignedBy {
    /// The rule of this number, counted from zero.
    Rule(usize),
    /// No rule: the policy's default.
    Default,
    /// Whoever asked said so; no rule was looked at.
    Asked,
}

/// Of which class and environment a workload is, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyAssignment {
    /// The class.
    pub class: WorkloadClass,
    /// Who gave it.
    pub class_by: AssignedBy,
    /// The environment.
    pub environment: Environment,
    /// Who gave it.
    pub environment_by: AssignedBy,
}

/// What the wishes are computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyFacts {
    /// The container's memory limit.
    pub limit: Option<Bytes>,
    /// Its request, or Docker's reservation.
    pub request: Option<Bytes>,
    /// The node's memory.
    pub node_memory: Option<Bytes>,
    /// The node's swap.
    pub node_swap: Option<Bytes>,
}

/// An amount that a policy wants, or why it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedAmount {
    /// So much.
    At(Bytes),
    /// No limit.
    Unlimited,
    /// The policy says nothing.
    Unset,
    /// It would follow from a figure that is not known, which is named.
    Needs(&'static str),
}

/// The values that a policy comes to for one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedMemory {
    /// Swap alone.
    pub swap: WantedAmount,
    /// `memory.high`.
    pub high: WantedAmount,
    /// `memory.low`.
    pub low: WantedAmount,
    /// `memory.min`.
    pub min: WantedAmount,
    /// `memory.swappiness`, on cgroup v1.
    pub swappiness: Option<u8>,
}

/// What a container has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMemory {
    /// The version of its control group.
    pub cgroup: CgroupVersion,
    /// Swap alone.
    pub swap: Reading<Limit>,
    /// `memory.high`.
    pub high: Reading<Limit>,
    /// `memory.low`.
    pub low: Reading<Limit>,
    /// `memory.min`.
    pub min: Reading<Limit>,
    /// `memory.swappiness`, on cgroup v1.
    pub swappiness: Reading<u8>,
}

/// Everything about one container and a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVerdict {
    /// The container's name.
    pub name: String,
    /// What rules looked at.
    pub subject: PolicySubject,
    /// What amounts are computed from.
    pub facts: PolicyFacts,
    /// Class and environment.
    pub assignment: PolicyAssignment,
    /// What the policy wants.
    pub wanted: WantedMemory,
    /// What holds now; `None` for a container that is only declared.
    pub held: Option<HeldMemory>,
}
