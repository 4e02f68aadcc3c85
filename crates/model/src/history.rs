//! What workloads used over time: samples with their gaps, and the moments of their kills.

use crate::swap_limit::SwapLimit;
use kernel::bytes::Bytes;

/// What was used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, in seconds since whatever the source counts from.
    pub seconds: i64,
    /// How much.
    pub usage: Bytes,
}

/// Samples in the order of time, no two at one moment. Where nothing was sampled there is no entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    samples: Vec<Sample>,
}

impl Series {
    /// From samples in any order; of two at one moment the larger counts, so that no peak is lost.
    #[must_use]
    pub fn new(mut samples: Vec<Sample>) -> Self {
        if !samples.is_sorted_by(|one, other| one.seconds < other.seconds) {
            samples.sort_by_key(|sample| (sample.seconds, std::cmp::Reverse(sample.usage)));
            samples.dedup_by_key(|sample| sample.seconds);
        }
        samples.shrink_to_fit();
        Self { samples }
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// From the first sample to the last.
    #[must_use]
    pub fn span_seconds(&self) -> u64 {
        match (self.samples.first(), self.samples.last()) {
            (Some(first), Some(last)) => first.seconds.abs_diff(last.seconds),
            (None, _) | (_, None) => 0,
        }
    }

    /// The largest sample, the first of equals.
    #[must_use]
    pub fn peak(&self) -> Option<Sample> {
        self.samples.iter().copied().rev().max_by_key(|sample| sample.usage)
    }

    /// How far apart two neighbours usually are: the median.
    #[must_use]
    pub fn interval_seconds(&self) -> Option<u64> {
        let mut steps: Vec<u64> = self
            .samples
            .iter()
            .zip(self.samples.iter().skip(1))
            .map(|(one, next)| one.seconds.abs_diff(next.seconds))
            .collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied()
    }

    /// The longest time between two neighbours.
    #[must_use]
    pub fn longest_gap_seconds(&self) -> u64 {
        let steps = self.samples.iter().zip(self.samples.iter().skip(1));
        steps.map(|(one, next)| one.seconds.abs_diff(next.seconds)).max().unwrap_or(0)
    }
}

/// The kernel killed a process of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kill {
    /// When.
    pub seconds: i64,
    /// What it could hold then, memory and swap together, when that is known.
    pub total: Option<Bytes>,
}

/// What is set for a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsToday {
    /// The memory limit; `None` is none.
    pub memory: Option<Bytes>,
    /// What is requested or reserved.
    pub request: Option<Bytes>,
    /// Swap alone; `None` is not known.
    pub swap: Option<SwapLimit>,
}

/// What the memory of a container is made of, where the source tells: averages of the last hour.
///
/// The kernel counts tmpfs and shared memory in `file` but on the lists of anonymous memory (admin-guide/cgroup-v2.rst, `memory.stat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryParts {
    /// All of it: the working set, and swap.
    pub whole: Bytes,
    /// Anonymous memory, in memory and in swap.
    pub anonymous: Option<Bytes>,
    /// Active page cache.
    pub active_file: Option<Bytes>,
    /// tmpfs and shared memory.
    pub shared: Option<Bytes>,
}

impl MemoryParts {
    /// Both together; what one does not tell is not known of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let sum = |one: Option<Bytes>, other: Option<Bytes>| Some(one?.saturating_add(other?));
        Self {
            whole: self.whole.saturating_add(other.whole),
            anonymous: sum(self.anonymous, other.anonymous),
            active_file: sum(self.active_file, other.active_file),
            shared: sum(self.shared, other.shared),
        }
    }
}

/// One container's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadHistory {
    /// As the source names it.
    pub name: String,
    /// Where it was read: a file, a server.
    pub origin: String,
    /// What it used.
    pub series: Series,
    /// Its kills, in the order of time.
    pub kills: Vec<Kill>,
    /// What is set now; `None` is not known.
    pub limits: Option<LimitsToday>,
    /// What its memory is made of; `None` is not known.
    pub parts: Option<MemoryParts>,
}

/// Something about a history that whoever relies on it must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRemark {
    /// The file or server.
    pub origin: String,
    /// The line, counted from one.
    pub line: Option<u64>,
    /// The column, counted from one.
    pub column: Option<u64>,
    /// What was found and what was made of it.
    pub words: String,
    /// What came of it.
    pub effect: RemarkEffect,
}

/// What came of what a remark tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemarkEffect {
    /// It was worked with.
    Kept,
    /// The series was left out: there is too little of it.
    TooLittle,
    /// The series was left out: it is damaged, or no memory.
    Refused,
}

impl std::fmt::Display for HistoryRemark {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.origin)?;
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(out, ", line {line}, column {column}")?,
            (Some(line), None) => write!(out, ", line {line}")?,
            (None, Some(column)) => write!(out, ", column {column}")?,
            (None, None) => {}
        }
        write!(out, ": {}", self.words)
    }
}

/// Histories and what is to be said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histories {
    /// One for each container, in the source's order.
    pub workloads: Vec<WorkloadHistory>,
    /// What is to be said.
    pub remarks: Vec<HistoryRemark>,
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Sample, Series};

    fn sample(seconds: i64, usage: u64) -> Sample {
        Sample { seconds, usage: Bytes(usage) }
    }

    #[test]
    fn a_clock_that_stepped_back_loses_no_peak() {
        let series = Series::new(vec![sample(0, 1), sample(60, 9), sample(60, 2), sample(30, 5)]);
        assert_eq!(series.samples(), [sample(0, 1), sample(30, 5), sample(60, 9)]);
        assert_eq!(series.span_seconds(), 60);
        assert_eq!(series.peak(), Some(sample(60, 9)));
    }

    #[test]
    fn a_gap_does_not_change_the_interval() {
        let series = Series::new([0, 60, 120, 180, 4_000].map(|seconds| sample(seconds, 1)).into());
        assert_eq!(series.interval_seconds(), Some(60));
        assert_eq!(series.longest_gap_seconds(), 3_820);
        assert_eq!(Series::default().interval_seconds(), None);
    }
}
