//! Which of many cgroups needs somebody first.

use model::assessment::Assessment;
use model::finding::Severity;
use std::cmp::Ordering;

/// The one that needs somebody first.
#[must_use]
pub fn worst_off<'a>(assessments: impl IntoIterator<Item = &'a Assessment>) -> Option<&'a Assessment> {
    assessments.into_iter().min_by(|one, other| worse_first(one, other))
}

/// By the worst finding that asks for action, then by drift, then by how little of the limit is left.
#[must_use]
pub fn worse_first(one: &Assessment, other: &Assessment) -> Ordering {
    let severity = |of: &Assessment| {
        of.findings
            .iter()
            .map(|finding| finding.severity)
            .filter(|severity| *severity >= Severity::Warning)
            .max()
    };
    // A latent drift asks for no action yet, but is worth the look more than a container that only has least left.
    let drifts = |of: &Assessment| of.drift.len();
    severity(other)
        .cmp(&severity(one))
        .then(drifts(other).cmp(&drifts(one)))
        .then(headroom_ratio(one).total_cmp(&headroom_ratio(other)))
}

/// Whether `--check` fails: somebody has to act.
#[must_use]
pub fn needs_action(assessment: &Assessment) -> bool {
    assessment.findings.iter().any(|finding| finding.severity >= Severity::Warning)
}

/// The share of the limit that is left; one without a figure comes last.
fn headroom_ratio(assessment: &Assessment) -> f64 {
    let left = assessment.headroom.value().map(|headroom| headroom.with_swap);
    let limit = assessment.limit.value().map(|limit| limit.bytes);
    left.zip(limit).and_then(|(left, limit)| left.ratio_of(limit)).unwrap_or(f64::INFINITY)
}
