//! The rules about the machine, and leaks of workloads.

use super::verdict::{Found, Judged, above};
use super::{Look, subject};
use model::alert::AlertRule;
use model::alert::evidence::{Evidence, EvidenceKey, Figure};
use model::alert::rules::AlertRules;
use model::finding::Severity;
use model::leak::{Leak, LeakCertainty};
use model::outcome::eviction::{EvictionLine, FirstToAct};
use model::reading::Reading;
use model::snapshot::Snapshot;

/// Says what the rules about the machine and about workloads' histories find.
pub fn judge(judged: &mut Judged, rules: &AlertRules, look: &Look<'_>) {
    let snapshot = look.snapshot;
    let host = subject::of_host(snapshot);
    let labels = || subject::of_machine(snapshot);
    judged.say(AlertRule::NodeSwap, &host, node_swap(rules, snapshot).with(labels));
    let line = match look.eviction {
        Reading::Value(line) => eviction_line(line),
        // Without a kubelet nobody evicts.
        Reading::Absent => Found::Good,
        Reading::Failed(_) => Found::Between,
    };
    judged.say(AlertRule::EvictionLine, &host, line.with(labels));
    if let Some(leaks) = look.leaks {
        judged.seen.insert(AlertRule::Leak);
        for one in leaks {
            judged.say(AlertRule::Leak, &one.name, leak(one).with(labels));
        }
    }
}

fn node_swap(rules: &AlertRules, snapshot: &Snapshot) -> Found {
    let (Some(total), Some(free)) = (snapshot.host.swap_total().get(), snapshot.host.swap_free().get())
    else {
        return Found::Between;
    };
    let used = total.saturating_sub(free);
    // A machine without swap has none that fills.
    let Some(ratio) = used.ratio_of(total) else { return Found::Good };
    above(ratio, rules.node_swap, || {
        let evidence = Evidence::default()
            .and(EvidenceKey::SwapUsage, Figure::Bytes(used))
            .and(EvidenceKey::SwapLimit, Figure::Bytes(total));
        (Severity::Warning, evidence)
    })
}

fn eviction_line(line: &EvictionLine) -> Found {
    let severity = match line.first {
        FirstToAct::Kernel => return Found::Good,
        FirstToAct::Race => Severity::Notice,
        FirstToAct::Kubelet => Severity::Warning,
    };
    let evidence = Evidence::default()
        .and(EvidenceKey::Eviction, Figure::Bytes(line.eviction))
        .and(EvidenceKey::KswapdSleeps, Figure::Bytes(line.kswapd_sleeps));
    Found::Broken(severity, evidence)
}

fn leak(leak: &Leak) -> Found {
    let (severity, certainty) = match leak.certainty {
        LeakCertainty::Suspected => (Severity::Notice, "suspected"),
        LeakCertainty::Confirmed(_) => (Severity::Warning, "confirmed"),
    };
    let evidence = Evidence::default()
        .and(EvidenceKey::GrowthPerDay, Figure::Number(leak.bytes_per_day))
        .and(EvidenceKey::Usage, Figure::Bytes(leak.usage))
        .and_known(EvidenceKey::Limit, leak.limit.map(Figure::Bytes))
        .and_known(EvidenceKey::TimeLeft, leak.seconds_to_limit.map(Figure::Number))
        .and(EvidenceKey::Certainty, Figure::Word(certainty.to_owned()));
    Found::Broken(severity, evidence)
}
