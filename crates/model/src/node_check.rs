//! What is thought of a node: the kubelet's settings in force, findings with their fixes, and how far it is from cgroup v2.

use crate::lint::LintSeverity;
use crate::outcome::eviction::EvictionLine;
use crate::outcome::node::{NodeSetup, Origin};
use kernel::bytes::Bytes;

/// What is thought of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCheck {
    /// The kubelet's settings in force; nothing without a kubelet.
    pub kubelet: Option<KubeletInForce>,
    /// The same as the rules of swap want it, with what had to be assumed.
    pub setup: NodeSetup,
    /// Who acts first when memory gets short; nothing without a kubelet, its threshold or watermarks.
    pub eviction: Option<EvictionLine>,
    /// The way to cgroup v2, step by step; empty on v2.
    pub migration: Vec<MigrationStep>,
    /// What is wrong, the worst first.
    pub findings: Vec<NodeFinding>,
    /// The command to run next.
    pub next: Option<String>,
}

/// Something that is wrong with a node, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFinding {
    /// The check, in kebab-case words.
    pub check: &'static str,
    /// How bad it is.
    pub severity: LintSeverity,
    /// What is wrong and what happens because of it, with the figures found.
    pub message: String,
    /// What to do, in one sentence.
    pub fix: Option<String>,
    /// The next command.
    pub command: Option<String>,
    /// What was seen and where, one line each.
    pub evidence: Vec<String>,
}

impl NodeFinding {
    /// A finding that says what is wrong.
    #[must_use]
    pub const fn new(check: &'static str, severity: LintSeverity, message: String) -> Self {
        Self { check, severity, message, fix: None, command: None, evidence: Vec::new() }
    }

    /// With what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// With the command that does it, or shows how.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// With what was seen.
    #[must_use]
    pub fn evidence(mut self, seen: impl Into<String>) -> Self {
        self.evidence.push(seen.into());
        self
    }
}

/// A setting and who told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<T> {
    /// Its value.
    pub value: T,
    /// Who told it.
    pub origin: Origin,
}

/// The kubelet's settings about swap and memory.
#[derive(Clone, Debug, PartialEq)]
pub struct KubeletInForce {
    /// `failSwapOn`.
    pub fail_swap_on: Told<bool>,
    /// `memorySwap.swapBehavior`; empty is the version's default.
    pub behavior: Told<String>,
    /// `evictionHard["memory.available"]`; nothing when another threshold was set and this one was not.
    pub eviction: Told<Option<EvictionThreshold>>,
    /// `cgroupDriver`.
    pub cgroup_driver: Told<String>,
    /// `failCgroupV1`; nothing leaves it to the version.
    pub fail_cgroup_v1: Option<Told<bool>>,
    /// `protectKernelDefaults`.
    pub protect_kernel_defaults: Told<bool>,
    /// Whether every file and the command line could be read: else what nobody told is not the default, but not known.
    pub completeness: Completeness,
}

/// Whether everything could be read that tells a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// It could.
    Whole,
    /// A file or the command line could not.
    Partial,
}

impl KubeletInForce {
    /// A setting's value; nothing when only the default speaks for it and something could not be read.
    #[must_use]
    pub fn known<'a, T>(&self, setting: &'a Told<T>) -> Option<&'a T> {
        let is_told = setting.origin != Origin::Default || self.completeness == Completeness::Whole;
        is_told.then_some(&setting.value)
    }
}

/// A threshold of eviction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EvictionThreshold {
    /// So much.
    At(Bytes),
    /// A share of the node's memory, 0.05 for 5 %.
    Ratio(f64),
}

impl EvictionThreshold {
    /// In bytes, on a node with so much memory.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn bytes(self, memory: Option<Bytes>) -> Option<Bytes> {
        match self {
            Self::At(bytes) => Some(bytes),
            Self::Ratio(ratio) => memory.map(|memory| Bytes((memory.0 as f64 * ratio) as u64)),
        }
    }
}

/// A step on the way from cgroup v1 to v2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStep {
    /// What must hold.
    pub what: String,
    /// What to write or run where it does not.
    pub how: String,
    /// Whether it holds.
    pub state: MigrationState,
    /// What was seen.
    pub seen: String,
}

/// Whether a step of a migration is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MigrationState {
    /// It is.
    Done,
    /// It is not.
    Open,
    /// The machine does not tell.
    Unknown,
}
