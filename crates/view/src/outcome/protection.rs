//! A tree of protected cgroups with the kernel's arithmetic beside each.

use crate::outcome::broken;
use crate::text::{Line, Tone};
use crate::units;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::outcome::protection::{EffectiveProtection, ProtectionOutcome, ProtectionRule};

/// Which of the two protections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Low,
    Min,
}

impl Kind {
    const fn file(self) -> &'static str {
        match self {
            Self::Low => "memory.low",
            Self::Min => "memory.min",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Low => "taken only when nothing unprotected is left",
            Self::Min => "never taken; when too much is protected, the OOM killer comes",
        }
    }

    const fn of(self, outcome: &ProtectionOutcome) -> EffectiveProtection {
        match self {
            Self::Low => outcome.low,
            Self::Min => outcome.min,
        }
    }
}

/// The whole screen: a section for each protection that anybody sets.
#[must_use]
pub fn screen(top: &ProtectionOutcome, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for kind in [Kind::Min, Kind::Low] {
        if !is_set(top, kind) {
            continue;
        }
        lines.push(Line::of(Tone::Strong, kind.file()).and(Tone::Quiet, format!("  {}", kind.meaning())));
        let names = widest(top, 0);
        let head = format!("  {:<names$}  {:>8}  {:>8}  {:>8}", "CGROUP", "USED", "WRITTEN", "HOLDS");
        lines.push(Line::of(Tone::Quiet, head));
        section(&mut lines, top, kind, Place { depth: 0, names, width });
        lines.push(Line::empty());
    }
    if lines.is_empty() {
        return vec![Line::plain(
            "No cgroup of the tree sets memory.min or memory.low: nothing is protected.",
        )];
    }
    lines.pop();
    lines
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    names: usize,
    width: usize,
}

fn section(lines: &mut Vec<Line>, outcome: &ProtectionOutcome, kind: Kind, place: Place) {
    let Place { depth, names, width } = place;
    let protection = kind.of(outcome);
    let name = format!("{}{}", "  ".repeat(depth), outcome.name);
    let written = match protection.setting {
        Limit::At(bytes) => units::bytes(bytes),
        Limit::Unlimited => "max".to_owned(),
    };
    let holds = units::bytes(protection.effective);
    let tone = if below_its_due(outcome, protection) { Tone::Warning } else { Tone::Strong };
    lines.push(
        Line::plain(format!("  {name:<names$}  {:>8}  {written:>8}  ", units::bytes(outcome.usage)))
            .and(tone, format!("{holds:>8}")),
    );
    for line in broken(&arithmetic(protection), width, 4 + 2 * depth) {
        lines.push(Line::of(Tone::Quiet, format!("  {}  {line}", "  ".repeat(depth))));
    }
    for child in &outcome.children {
        section(lines, child, kind, Place { depth: depth + 1, ..place });
    }
}

/// Less holds than is written and used.
fn below_its_due(outcome: &ProtectionOutcome, protection: EffectiveProtection) -> bool {
    let due = match protection.setting {
        Limit::At(bytes) => bytes.min(outcome.usage),
        Limit::Unlimited => outcome.usage,
    };
    // A page less is rounding.
    protection.effective.0 + 4096 <= due.0
}

/// How the value came about.
#[must_use]
pub fn arithmetic(protection: EffectiveProtection) -> String {
    let amount = units::bytes;
    match protection.rule {
        ProtectionRule::FirstLevel => {
            "first level below where reclaim starts: holds as it is written".to_owned()
        }
        ProtectionRule::Unused => "nothing used: nothing to protect".to_owned(),
        ProtectionRule::Overcommitted { own: Bytes(0), .. } => {
            "claims nothing, and its siblings claim all that the parent has".to_owned()
        }
        ProtectionRule::Overcommitted { own, siblings, parent } => format!(
            "overcommitted, {} claimed and used of the parent's {}: {} × {} / {} = {}",
            amount(siblings),
            amount(parent),
            amount(own),
            amount(parent),
            amount(siblings),
            amount(protection.effective)
        ),
        ProtectionRule::Fits { own, siblings, parent, shared: None } => format!(
            "fits: the lesser of used and written is {}; the children together have {} of the parent's {}",
            amount(own),
            amount(siblings),
            amount(parent)
        ),
        ProtectionRule::Fits { own, shared: Some(shared), .. } => format!(
            "fits: {} of its own, and of the {} that no child claims {} × {} / {} = {}",
            amount(own),
            amount(shared.unclaimed),
            amount(shared.unclaimed),
            amount(shared.unprotected),
            amount(shared.unprotected_of_all),
            amount(shared.part)
        ),
    }
}

fn is_set(outcome: &ProtectionOutcome, kind: Kind) -> bool {
    kind.of(outcome).setting != Limit::At(Bytes::ZERO)
        || outcome.children.iter().any(|child| is_set(child, kind))
}

fn widest(outcome: &ProtectionOutcome, depth: usize) -> usize {
    let own = 2 * depth + outcome.name.chars().count();
    outcome.children.iter().map(|child| widest(child, depth + 1)).fold(own.max(6), usize::max)
}
