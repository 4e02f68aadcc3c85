//! The cause of an incident: the surest rule, and what else was so.

use crate::oom::facts::Facts;
use crate::oom::rules::{CAUSES, CIRCUMSTANCES};
use model::incident::cause::{Cause, CauseKind, Confidence};

/// The cause, and the circumstances with every other cause that the figures show.
#[must_use]
pub fn causes(facts: &Facts<'_>) -> (Cause, Vec<Cause>) {
    let mut found: Vec<Cause> = CAUSES.iter().filter_map(|rule| rule(facts)).collect();
    // The sort is stable: of equally sure rules the more particular one stays first.
    found.sort_by_key(|cause| std::cmp::Reverse(cause.confidence));
    let mut found = found.into_iter();
    let cause = found.next().unwrap_or_else(unknown);
    // A guess beside a finding says nothing.
    let rest = found.filter(|other| other.confidence > Confidence::Possible && other.kind != cause.kind);
    let circumstances = CIRCUMSTANCES.iter().filter_map(|rule| rule(facts));
    let contributing = rest.chain(circumstances).collect();
    (cause, contributing)
}

fn unknown() -> Cause {
    Cause {
        kind: CauseKind::Unknown,
        confidence: Confidence::Unknown,
        rule: "none".to_owned(),
        evidence: Vec::new(),
    }
}
