//! Findings, drift and verdicts as plain sentences.

use crate::columns::Row;
use crate::{names, units};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::{Binding, SwapEffect};
use model::drift::{Drift, DriftState, DriftingLimit};
use model::finding::{BrokenRule, Finding};

/// A finding in one sentence, without the name of who broke the rule.
#[must_use]
pub fn finding(row: Row<'_>, finding: &Finding) -> String {
    let level = |binding: Binding| names::level(row.snapshot, finding.cgroup, binding);
    match &finding.broken {
        BrokenRule::NearLimit { headroom, limit, binding } => format!(
            "{} left of {} before an OOM kill ({}).",
            units::bytes(*headroom),
            units::bytes(*limit),
            level(*binding)
        ),
        BrokenRule::OomKilled { kills } => {
            let who =
                if *kills == 1 { "1 process was".to_owned() } else { format!("{kills} processes were") };
            format!("{who} killed for memory since it was made.")
        }
        BrokenRule::SwapHurts { stalled_ratio } => format!(
            "Swap hurts: pages come back from it and every task waits {} of the time.",
            units::percent(*stalled_ratio)
        ),
        BrokenRule::Pressure { stalled_ratio } => {
            format!("Every task waits for memory {} of the time.", units::percent(*stalled_ratio))
        }
        BrokenRule::Throttled { high } => {
            format!("Usage is at memory.high ({}): the kernel slows it down to reclaim.", units::bytes(*high))
        }
        BrokenRule::SwapFull { failures } => format!(
            "The kernel wanted to swap out and could not, {}: swap or its limit was full.",
            units::count(*failures, "time")
        ),
        BrokenRule::BoundFromAbove { own, effective, binding } => {
            bound_from_above(*own, *effective, *binding, &level(*binding))
        }
        BrokenRule::Drifted(drift) => self::drift(drift),
    }
}

fn bound_from_above(own: Option<Bytes>, effective: Bytes, binding: Binding, level: &str) -> String {
    let effective = units::bytes(effective);
    match (own, binding) {
        (Some(own), Binding::Host) => {
            format!(
                "Its limit of {} is more than the machine has ({effective}): it limits nothing.",
                units::bytes(own)
            )
        }
        (Some(own), Binding::Cgroup(_) | Binding::OutOfSight) => {
            format!("Its limit of {} is not the one that binds: {effective} is, {level}.", units::bytes(own))
        }
        (None, _) => format!("It has no limit of its own; {effective} binds, {level}."),
    }
}

/// Drift in one sentence.
#[must_use]
pub fn drift(drift: &Drift) -> String {
    let what = limit_name(drift.what);
    let kernel = limit(drift.kernel);
    let declared = drift.declared.map_or_else(|| "nothing".to_owned(), limit);
    let systemd = drift.systemd.map_or_else(|| "nothing".to_owned(), limit);
    match drift.state {
        DriftState::Lost => format!(
            "The {what} is not what was declared: {declared} declared, {kernel} in force ({}).",
            drift.path
        ),
        DriftState::Latent => format!(
            "The {what} ({kernel}) will be lost: systemd holds {systemd} and writes it at the next `docker update` or `systemctl set-property`."
        ),
        DriftState::ByHand => {
            let held = if drift.systemd.is_some() {
                format!("systemd holds {systemd}")
            } else {
                format!("{declared} was declared")
            };
            format!("The {what} was written by hand: {held}, {kernel} in force ({}).", drift.path)
        }
    }
}

/// What a drifting limit is called.
#[must_use]
pub const fn limit_name(what: DriftingLimit) -> &'static str {
    match what {
        DriftingLimit::Memory => "memory limit",
        DriftingLimit::Swap => "swap limit",
        DriftingLimit::MemoryAndSwap => "memory-and-swap limit",
        DriftingLimit::Reservation => "memory reservation",
        DriftingLimit::High => "memory.high",
        DriftingLimit::Min => "memory.min",
    }
}

/// A limit in words that fit a sentence.
#[must_use]
pub fn limit(limit: Limit) -> String {
    match limit {
        Limit::Unlimited => "no limit".to_owned(),
        Limit::At(bytes) => units::bytes(bytes),
    }
}

/// The verdict on swap in one sentence.
#[must_use]
pub const fn swap_effect(effect: SwapEffect) -> &'static str {
    match effect {
        SwapEffect::Unused => "Nothing is swapped out.",
        SwapEffect::Quiet => "What is swapped out is not asked back: swap won memory at no cost.",
        SwapEffect::Busy => "Pages come back from swap, but tasks hardly wait for them.",
        SwapEffect::Harmful => "Pages come back from swap and tasks wait for them: swap hurts here.",
        SwapEffect::Unknown => {
            "Whether swap hurts cannot be told from one look; `highwater top` tells after two."
        }
    }
}
