//! How long a series is only observed and how often rivals decide, by how much history there is.

use model::replay::ReplayTiming;

const DAY_SECONDS: u64 = 86_400;

/// Histories below a day: three hours of warm-up, decisions every ten minutes. Longer ones: a day, and every hour.
#[must_use]
pub fn timing(interval_seconds: u64, span_seconds: u64) -> ReplayTiming {
    let (warm_up_seconds, decision_seconds) =
        if span_seconds < DAY_SECONDS { (3 * 3600, 600) } else { (DAY_SECONDS, 3600) };
    ReplayTiming { interval_seconds: interval_seconds.max(1), warm_up_seconds, decision_seconds }
}
