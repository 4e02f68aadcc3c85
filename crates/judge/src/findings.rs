//! The rules a running cgroup can break, and how bad each is.

use crate::swap_effect::{STALLED_RATIO_HARMFUL, stalled_ratio};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::{Assessment, Binding, SwapEffect};
use model::cgroup::{Cgroup, Swap};
use model::drift::DriftState;
use model::finding::{BrokenRule, Finding, Severity};

/// Less than a tenth left: one request more can be too much.
const HEADROOM_RATIO_WARNING: f64 = 0.10;

/// Less than this left: the kernel reclaims on every allocation.
const HEADROOM_RATIO_CRITICAL: f64 = 0.03;

/// Usage within this share of `memory.high` is at it: the kernel reclaims back to it in batches.
const HIGH_RATIO_THROTTLED: f64 = 0.99;

/// The rules broken by one cgroup, worst first.
#[must_use]
pub fn findings(cgroup: &Cgroup, assessment: &Assessment) -> Vec<Finding> {
    let broken = [
        near_limit(assessment),
        swap_or_pressure(cgroup, assessment),
        oom_killed(cgroup),
        throttled(cgroup),
        swap_full(cgroup),
        bound_from_above(cgroup, assessment),
    ];
    let drifted = assessment.drift.iter().map(|drift| {
        let severity = match drift.state {
            DriftState::Lost => Severity::Warning,
            DriftState::Latent | DriftState::ByHand => Severity::Notice,
        };
        (severity, BrokenRule::Drifted(drift.clone()))
    });
    let mut findings: Vec<Finding> = broken
        .into_iter()
        .flatten()
        .chain(drifted)
        .map(|(severity, broken)| Finding { cgroup: assessment.cgroup, severity, broken })
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

type Broken = Option<(Severity, BrokenRule)>;

/// When the machine itself is short every container would break this rule, so only a cgroup's limit counts.
fn near_limit(assessment: &Assessment) -> Broken {
    let headroom = assessment.headroom.value()?;
    let limit = assessment.limit.value()?;
    if headroom.binding == Binding::Host {
        return None;
    }
    let ratio = headroom.with_swap.ratio_of(limit.bytes)?;
    let severity = if ratio < HEADROOM_RATIO_CRITICAL {
        Severity::Critical
    } else if ratio < HEADROOM_RATIO_WARNING {
        Severity::Warning
    } else {
        return None;
    };
    let rule =
        BrokenRule::NearLimit { headroom: headroom.with_swap, limit: limit.bytes, binding: headroom.binding };
    Some((severity, rule))
}

fn swap_or_pressure(cgroup: &Cgroup, assessment: &Assessment) -> Broken {
    let stalled_ratio = stalled_ratio(cgroup).get().filter(|ratio| *ratio >= STALLED_RATIO_HARMFUL)?;
    match assessment.swap_effect {
        SwapEffect::Harmful => Some((Severity::Critical, BrokenRule::SwapHurts { stalled_ratio })),
        SwapEffect::Unused | SwapEffect::Quiet | SwapEffect::Busy | SwapEffect::Unknown => {
            Some((Severity::Warning, BrokenRule::Pressure { stalled_ratio }))
        }
    }
}

fn oom_killed(cgroup: &Cgroup) -> Broken {
    let kills = cgroup.processes_killed().get().filter(|kills| *kills > 0)?;
    Some((Severity::Warning, BrokenRule::OomKilled { kills }))
}

fn throttled(cgroup: &Cgroup) -> Broken {
    let high = cgroup.memory.high.get().and_then(Limit::bytes)?;
    let usage = cgroup.memory.usage.get()?;
    let ratio = usage.ratio_of(high)?;
    (ratio >= HIGH_RATIO_THROTTLED).then_some((Severity::Warning, BrokenRule::Throttled { high }))
}

fn swap_full(cgroup: &Cgroup) -> Broken {
    let Swap::V2(swap) = &cgroup.swap else { return None };
    // A limit of zero is a decision: every try to swap "fails" and counts.
    if swap.limit.get().and_then(|limit| limit.0.bytes()) == Some(Bytes::ZERO) {
        return None;
    }
    let events = swap.events.value()?;
    let failures = events.fail.max(events.max);
    (failures > 0).then_some((Severity::Notice, BrokenRule::SwapFull { failures }))
}

fn bound_from_above(cgroup: &Cgroup, assessment: &Assessment) -> Broken {
    let effective = assessment.limit.value()?;
    let own = cgroup.memory.limit.get().and_then(Limit::bytes);
    match effective.binding {
        Binding::Cgroup(level) if level == assessment.cgroup => None,
        // Unlimited under an unlimited tree: the machine is the limit, which the table says already.
        Binding::Host if own.is_none() => None,
        Binding::Cgroup(_) | Binding::OutOfSight | Binding::Host => Some((
            Severity::Notice,
            BrokenRule::BoundFromAbove { own, effective: effective.bytes, binding: effective.binding },
        )),
    }
}
