//! How a rule would have done on histories: what replaying one series counts, and what that comes to for all of them.

/// What was counted while one series was replayed under one rule, after its warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeriesScore {
    /// Samples that were judged.
    pub samples: u64,
    /// Samples above memory and swap together.
    pub oom_samples: u64,
    /// Runs of such samples.
    pub oom_episodes: u64,
    /// Limits that were changed.
    pub changes: u64,
    /// Samples above the memory limit.
    pub swapping_samples: u64,
    /// The unused share of the memory limit, added up.
    pub slack_ratio_sum: f64,
    /// The memory limit in bytes, added up.
    pub memory_sum: f64,
    /// What was used of it, added up.
    pub used_sum: f64,
    /// The swap limit in bytes, added up; infinite where it is unlimited.
    pub swap_sum: f64,
}

/// How a rule did on all series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplayScore {
    /// Series with a judged sample.
    pub series: u64,
    /// Days that were judged, added up over the series.
    pub container_days: f64,
    /// Runs of samples above memory and swap together, in a hundred container-days.
    pub oom_episodes_per_100_container_days: f64,
    /// Of all memory that limits promised, the share that was not used.
    pub slack_bytes_ratio: f64,
    /// The unused share of a series' limit, averaged over the series: small containers count as much as large ones.
    pub slack_mean_ratio: f64,
    /// Changes of a limit in a container-day.
    pub changes_per_container_day: f64,
    /// The share of the time in which a container was above its memory limit, that is in swap.
    pub swap_active_ratio: f64,
    /// Swap limits against memory limits; infinite where the swap of a series is unlimited.
    pub swap_promised_ratio: f64,
}

/// Where a score may lie: two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower.
    pub low: f64,
    /// The upper.
    pub high: f64,
}

/// The intervals in which a rule's scores lie when series are drawn again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreIntervals {
    /// Of the episodes.
    pub oom_episodes_per_100_container_days: Interval,
    /// Of the slack by bytes.
    pub slack_bytes_ratio: Interval,
    /// Of the slack by series.
    pub slack_mean_ratio: Interval,
    /// Of the changes.
    pub changes_per_container_day: Interval,
}

/// One rule against another on the same draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The rule.
    pub policy: String,
    /// The rule it is compared with.
    pub against: String,
    /// Its memory limits against the other's.
    pub memory_ratio: f64,
    /// Its episodes against the other's; `None` when the other has none.
    pub oom_episodes_ratio: Option<f64>,
    /// The same from draws.
    pub intervals: Option<ComparisonIntervals>,
}

/// The intervals of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparisonIntervals {
    /// Of the memory.
    pub memory_ratio: Interval,
    /// Of the episodes; `None` when too many draws had no episode to compare with.
    pub oom_episodes_ratio: Option<Interval>,
}

/// A rule with its scores.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyOutcome {
    /// The rule's name.
    pub policy: String,
    /// Its scores; `None` when no series was long enough.
    pub score: Option<ReplayScore>,
    /// Intervals, on demand.
    pub intervals: Option<ScoreIntervals>,
}

/// How time is counted in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayTiming {
    /// Between two samples.
    pub interval_seconds: u64,
    /// Observed, unlimited and not judged.
    pub warm_up_seconds: u64,
    /// Between two decisions of the rivals, and the length of a block of which the peak counts.
    pub decision_seconds: u64,
}

/// How long series were only observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// How their time was counted.
    pub timing: ReplayTiming,
    /// How many they are.
    pub series: u64,
}

/// A replay of several rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Between two samples.
    pub interval_seconds: u64,
    /// How long series were only observed: short histories less long than others.
    pub warm_ups: Vec<WarmUp>,
    /// The rules, in the order in which they were asked for.
    pub outcomes: Vec<PolicyOutcome>,
    /// Our rule against each rival.
    pub comparisons: Vec<Comparison>,
    /// How many draws the intervals rest on.
    pub draws: Option<u32>,
    /// What is known of the limits of today.
    pub today: TodayKnown,
}

/// Of how many series it is known what is set today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TodayKnown {
    /// Series with a memory limit that is known.
    pub limited: u64,
    /// Of those, series whose swap is unlimited.
    pub swap_unlimited: u64,
    /// Of those, series whose swap is not known.
    pub swap_unknown: u64,
}
