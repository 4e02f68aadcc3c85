//! What the counts of all series come to.

use model::replay::{ReplayScore, SeriesScore};

const DAY_SECONDS: f64 = 86_400.0;

/// The score of a rule; `None` when no sample was judged.
#[must_use]
pub fn total<'a>(
    scores: impl IntoIterator<Item = &'a SeriesScore>,
    interval_seconds: u64,
) -> Option<ReplayScore> {
    let mut sum = SeriesScore::default();
    let (mut series, mut slack_means) = (0_u64, 0.0);
    for score in scores.into_iter().filter(|score| score.samples > 0) {
        series += 1;
        slack_means += score.slack_ratio_sum / score.samples as f64;
        sum.samples += score.samples;
        sum.oom_samples += score.oom_samples;
        sum.oom_episodes += score.oom_episodes;
        sum.changes += score.changes;
        sum.swapping_samples += score.swapping_samples;
        sum.memory_sum += score.memory_sum;
        sum.used_sum += score.used_sum;
        sum.swap_sum += score.swap_sum;
    }
    if series == 0 {
        return None;
    }
    let container_days = sum.samples as f64 * interval_seconds as f64 / DAY_SECONDS;
    Some(ReplayScore {
        series,
        container_days,
        oom_episodes_per_100_container_days: 100.0 * sum.oom_episodes as f64 / container_days,
        slack_bytes_ratio: 1.0 - sum.used_sum / sum.memory_sum,
        slack_mean_ratio: slack_means / series as f64,
        changes_per_container_day: sum.changes as f64 / container_days,
        swap_active_ratio: sum.swapping_samples as f64 / sum.samples as f64,
        swap_promised_ratio: sum.swap_sum / sum.memory_sum,
    })
}
