//! A tree of cgroups with `memory.min` and `memory.low`, and what of them holds.

use kernel::bytes::Bytes;
use kernel::limit::Limit;

/// A cgroup of the tree, as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedCgroup {
    /// Its name.
    pub name: String,
    /// `memory.current`, with everything below it.
    pub usage: Bytes,
    /// `memory.min`.
    pub min: Limit,
    /// `memory.low`.
    pub low: Limit,
    /// The cgroups below it.
    pub children: Vec<Self>,
}

/// What holds for a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionOutcome {
    /// The cgroup.
    pub name: String,
    /// `memory.current`.
    pub usage: Bytes,
    /// The hard protection.
    pub min: EffectiveProtection,
    /// The soft protection.
    pub low: EffectiveProtection,
    /// The cgroups below it.
    pub children: Vec<Self>,
}

/// One protection and how it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveProtection {
    /// What is written into the file.
    pub setting: Limit,
    /// What holds.
    pub effective: Bytes,
    /// How it came about.
    pub rule: ProtectionRule,
}

/// Which case of the kernel's arithmetic applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionRule {
    /// The first level below where reclaim starts: the file's value holds as it is.
    FirstLevel,
    /// Nothing is used: the kernel skips it.
    Unused,
    /// The siblings together use more protection than their parent has: each gets its part of it.
    Overcommitted {
        /// The lesser of usage and setting.
        own: Bytes,
        /// The same, of all siblings together.
        siblings: Bytes,
        /// What holds for the parent.
        parent: Bytes,
    },
    /// It fits: the lesser of usage and setting, and on top a part of what the siblings leave.
    Fits {
        /// The lesser of usage and setting.
        own: Bytes,
        /// The same, of all siblings together.
        siblings: Bytes,
        /// What holds for the parent.
        parent: Bytes,
        /// Its part of what nobody claims (`memory_recursiveprot`), where there is any.
        shared: Option<SharedPart>,
    },
}

/// A part of the protection that a parent has and no child claims: unclaimed × unprotected / unprotected of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedPart {
    /// What no child claims.
    pub unclaimed: Bytes,
    /// What this cgroup uses beyond its own claim.
    pub unprotected: Bytes,
    /// The same, of all siblings together and the parent's own.
    pub unprotected_of_all: Bytes,
    /// The part.
    pub part: Bytes,
}
