//! The rules about one container, each as a verdict on its figures.

use super::subject;
use super::trend::{Left, ratio_followed, shrinking};
use super::verdict::{Found, Judged, above};
use crate::swap_effect::stalled_ratio;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::alert::book::Trend;
use model::alert::evidence::{Evidence, EvidenceKey, Figure};
use model::alert::rules::AlertRules;
use model::alert::{AlertRule, Moment};
use model::assessment::{Assessment, Binding, SwapEffect};
use model::cgroup::Cgroup;
use model::drift::{DriftState, DriftingLimit};
use model::finding::Severity;
use model::snapshot::Snapshot;
use std::collections::BTreeMap;

/// With less time than this left it is critical.
const SECONDS_LEFT_CRITICAL: f64 = 300.0;

/// What stands still, or would take six times as long as what is told of, is no threat.
const TIME_LEFT_GOOD_FACTOR: f64 = 6.0;

/// Says what every rule about a container finds.
pub fn judge(
    judged: &mut Judged,
    trends: &mut BTreeMap<String, Trend>,
    rules: &AlertRules,
    snapshot: &Snapshot,
    (name, assessment): (&str, &Assessment),
    now: &Moment,
) {
    let Some(cgroup) = snapshot.cgroup(assessment.cgroup) else { return };
    let labels = || subject::labels(snapshot, cgroup);
    let verdicts = [
        (AlertRule::NearLimit, near_limit(trends, rules, cgroup, (name, assessment), now)),
        (AlertRule::SwapUsage, swap_usage(rules, assessment)),
        (AlertRule::Pressure, pressure(rules, cgroup)),
        (AlertRule::LimitDrift, drift(assessment)),
    ];
    for (rule, found) in verdicts {
        judged.say(rule, name, found.with(labels));
    }
}

/// When the machine itself is short every container would be near its limit, so only a cgroup's limit counts.
fn near_limit(
    trends: &mut BTreeMap<String, Trend>,
    rules: &AlertRules,
    cgroup: &Cgroup,
    (name, assessment): (&str, &Assessment),
    now: &Moment,
) -> Found {
    let (Some((headroom, binding)), Some(limit)) = (left(assessment), assessment.limit.value()) else {
        return Found::Between;
    };
    let Some(ratio) = headroom.ratio_of(limit.bytes).filter(|_| binding != Binding::Host) else {
        return Found::Good;
    };
    let left = Left { cgroup: cgroup.id, headroom, is_followed: ratio < ratio_followed(rules) };
    let shrinks = shrinking(trends, name, &left, now);
    let seconds_left = (shrinks > 0.0).then(|| headroom.0 as f64 / shrinks);
    let within = |seconds: f64| seconds_left.is_some_and(|left| left <= seconds);
    let time_left = rules.time_left.as_secs_f64();
    let evidence = || {
        Evidence::default()
            .and(EvidenceKey::Headroom, Figure::Bytes(headroom))
            .and(EvidenceKey::Limit, Figure::Bytes(limit.bytes))
            .and_known(EvidenceKey::ShrinksPerSecond, seconds_left.map(|_| Figure::Number(shrinks)))
            .and_known(EvidenceKey::TimeLeft, seconds_left.map(Figure::Number))
    };
    let is_critical = ratio < rules.headroom_ratio_critical;
    if ratio < rules.headroom.fires && within(SECONDS_LEFT_CRITICAL) {
        Found::Broken(Severity::Critical, evidence())
    } else if is_critical || (ratio < rules.headroom.fires && within(time_left)) {
        Found::Broken(Severity::Warning, evidence())
    } else if ratio >= rules.headroom.clears || !within(time_left * TIME_LEFT_GOOD_FACTOR) {
        // Just above the critical share is between, or what trembles about it would be told again and again.
        if ratio < rules.headroom_ratio_critical * 1.5 { Found::Between } else { Found::Good }
    } else {
        Found::Between
    }
}

/// What is left, and whose limit leaves it. Where not all of `memory.stat` is known, as in a record, at least what the working set
/// leaves.
fn left(assessment: &Assessment) -> Option<(Bytes, Binding)> {
    if let Some(headroom) = assessment.headroom.value() {
        return Some((headroom.with_swap, headroom.binding));
    }
    let (limit, used) = (assessment.limit.value()?, assessment.working_sets.kubelet.get()?);
    Some((limit.bytes.saturating_sub(used), limit.binding))
}

/// The machine's swap is a rule of its own, so only a cgroup's swap limit counts.
fn swap_usage(rules: &AlertRules, assessment: &Assessment) -> Found {
    let (Some(usage), Some(limit)) = (assessment.swap_usage.get(), assessment.swap_limit.value()) else {
        return Found::Between;
    };
    // No swap is a decision, not a limit that fills.
    let Some(ratio) = usage.ratio_of(limit.bytes).filter(|_| limit.binding != Binding::Host) else {
        return Found::Good;
    };
    let (severity, effect) = match assessment.swap_effect {
        SwapEffect::Harmful => (Severity::Critical, "harmful"),
        SwapEffect::Busy => (Severity::Notice, "busy"),
        SwapEffect::Quiet => (Severity::Notice, "quiet"),
        SwapEffect::Unused => (Severity::Notice, "unused"),
        SwapEffect::Unknown => (Severity::Notice, "unknown"),
    };
    above(ratio, rules.swap, || {
        let evidence = Evidence::default()
            .and(EvidenceKey::SwapUsage, Figure::Bytes(usage))
            .and(EvidenceKey::SwapLimit, Figure::Bytes(limit.bytes))
            .and(EvidenceKey::SwapEffect, Figure::Word(effect.to_owned()));
        (severity, evidence)
    })
}

fn pressure(rules: &AlertRules, cgroup: &Cgroup) -> Found {
    let Some(ratio) = stalled_ratio(cgroup).get() else { return Found::Between };
    let is_critical = ratio >= rules.stalled_ratio_critical;
    let severity = if is_critical { Severity::Critical } else { Severity::Warning };
    above(ratio, rules.stalled, || {
        (severity, Evidence::default().and(EvidenceKey::StalledRatio, Figure::Number(ratio)))
    })
}

fn drift(assessment: &Assessment) -> Found {
    let is_lost = |state| match state {
        DriftState::Lost => true,
        DriftState::Latent | DriftState::ByHand => false,
    };
    let drifts = &assessment.drift;
    let Some(first) = drifts.iter().find(|drift| is_lost(drift.state)).or_else(|| drifts.first()) else {
        return Found::Good;
    };
    let bytes = |limit: Option<Limit>| limit.map(figure);
    let evidence = Evidence::default()
        .and(EvidenceKey::Drifted, Figure::Word(limit_name(first.what).to_owned()))
        .and_known(EvidenceKey::Declared, bytes(first.declared))
        .and_known(EvidenceKey::Systemd, bytes(first.systemd))
        .and(EvidenceKey::Enforced, figure(first.kernel))
        .and(EvidenceKey::DriftedCount, Figure::Count(drifts.len() as u64));
    let severity = if is_lost(first.state) { Severity::Warning } else { Severity::Notice };
    Found::Broken(severity, evidence)
}

fn figure(limit: Limit) -> Figure {
    limit.bytes().map_or_else(|| Figure::Word("unlimited".to_owned()), Figure::Bytes)
}

const fn limit_name(limit: DriftingLimit) -> &'static str {
    match limit {
        DriftingLimit::Memory => "memory limit",
        DriftingLimit::Swap => "swap limit",
        DriftingLimit::MemoryAndSwap => "memory-and-swap limit",
        DriftingLimit::Reservation => "reservation",
        DriftingLimit::High => "memory.high",
        DriftingLimit::Min => "memory.min",
    }
}
