//! What is remembered of a workload: steps of time with their gaps, by a name that outlives a restart.

use crate::history::{Kill, LimitsToday, Sample, Series, WorkloadHistory};
use crate::kernel_log::BootId;
use crate::snapshot::Timestamp;
use crate::swap_limit::SwapLimit;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use std::fmt;
use std::time::Duration;

/// The longest name that is kept, in bytes.
pub const NAME_BYTES_MAX: usize = 256;

/// More kills within one step are not told apart.
const KILLS_A_STEP_MAX: usize = 1_000;

/// The name under which a workload is remembered: `namespace/owner/container`, `project/service`, a unit, or a container's name.
/// A restarted container has the name of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkloadName(String);

/// A moment on every clock that is needed to tell it from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The boot.
    pub boot_id: BootId,
    /// Time since that boot, suspended time included: it never goes back.
    pub since_boot: Duration,
    /// The wall clock, which may be set.
    pub wall: Timestamp,
}

/// How long a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepLength {
    /// One second: kept for an hour.
    Second,
    /// Ten seconds: kept for a day.
    TenSeconds,
    /// One minute: kept for two weeks.
    Minute,
}

/// An amount within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peaked {
    /// The last that was read.
    pub last: Bytes,
    /// The largest that was read.
    pub peak: Bytes,
}

/// What is remembered of one step of time. What was not read, or does not exist on this kernel, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Memory use.
    pub usage: Option<Peaked>,
    /// Memory use without inactive file cache.
    pub working_set: Option<Peaked>,
    /// Swap use.
    pub swap: Option<Peaked>,
    /// The memory limit at the end of the step.
    pub memory_limit: Option<Limit>,
    /// The limit of swap alone at the end of the step.
    pub swap_limit: Option<SwapLimit>,
    /// The largest `avg10` of pressure `some`.
    pub pressure_some: Option<Percent>,
    /// The largest `avg10` of pressure `full`.
    pub pressure_full: Option<Percent>,
    /// Processes killed for memory within the step.
    pub oom_kills: Option<u64>,
    /// Pages that were reclaimed and needed again within the step.
    pub refaults: Option<u64>,
}

/// A step and its place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    /// When it began, in seconds since 1970.
    pub seconds: i64,
    /// What is remembered.
    pub step: Step,
}

/// A workload's steps in the order of time, no two at one moment. Where nothing was recorded there is no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedSeries {
    /// Whose.
    pub workload: WorkloadName,
    /// How long its steps are.
    pub step_length: StepLength,
    /// The steps.
    pub steps: Vec<RecordedStep>,
}

/// A time of the wall clock, its first second included and its last one not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// In seconds since 1970.
    pub from_seconds: i64,
    /// In seconds since 1970.
    pub to_seconds: i64,
}

impl WorkloadName {
    /// A name, cut where it is longer than [`NAME_BYTES_MAX`].
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let mut name = name.into();
        let mut end = NAME_BYTES_MAX.min(name.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl StepLength {
    /// Every length, the shortest first.
    pub const ALL: [Self; 3] = [Self::Second, Self::TenSeconds, Self::Minute];

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::TenSeconds => 10,
            Self::Minute => 60,
        }
    }

    /// How much time is kept in such steps.
    #[must_use]
    pub const fn kept_seconds(self) -> u64 {
        match self {
            Self::Second => 3_600,
            Self::TenSeconds => 86_400,
            Self::Minute => 14 * 86_400,
        }
    }

    /// The shortest steps in which so much time is kept whole.
    #[must_use]
    pub fn for_span(span: TimeSpan) -> Self {
        let seconds = span.seconds();
        Self::ALL.into_iter().find(|length| seconds <= length.kept_seconds()).unwrap_or(Self::Minute)
    }
}

impl TimeSpan {
    /// How long it is.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.to_seconds.saturating_sub(self.from_seconds)).unwrap_or(0)
    }
}

impl Peaked {
    /// One reading.
    #[must_use]
    pub const fn at(amount: Bytes) -> Self {
        Self { last: amount, peak: amount }
    }

    fn then(self, next: Self) -> Self {
        Self { last: next.last, peak: self.peak.max(next.peak) }
    }
}

impl Step {
    /// This step and the one after it as one: the last of what is read, the largest of what has a peak, the sum of what is counted.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            usage: both(self.usage, next.usage, Peaked::then),
            working_set: both(self.working_set, next.working_set, Peaked::then),
            swap: both(self.swap, next.swap, Peaked::then),
            memory_limit: next.memory_limit.or(self.memory_limit),
            swap_limit: next.swap_limit.or(self.swap_limit),
            pressure_some: self.pressure_some.max(next.pressure_some),
            pressure_full: self.pressure_full.max(next.pressure_full),
            oom_kills: both(self.oom_kills, next.oom_kills, u64::saturating_add),
            refaults: both(self.refaults, next.refaults, u64::saturating_add),
        }
    }

    /// What memory and swap may hold together; `None` when one is unlimited or not known.
    #[must_use]
    pub fn total(&self) -> Option<Bytes> {
        let memory = self.memory_limit.and_then(Limit::bytes)?;
        Some(memory.saturating_add(self.swap_limit.and_then(|limit| limit.0.bytes())?))
    }

    /// How many figures it holds; a peak that is not its last reading is one more.
    #[must_use]
    pub fn figures(&self) -> usize {
        let peaked = [self.usage, self.working_set, self.swap].into_iter().flatten();
        let amounts: usize = peaked.map(|amount| if amount.last == amount.peak { 1 } else { 2 }).sum();
        let others = [
            self.memory_limit.is_some(),
            self.swap_limit.is_some(),
            self.pressure_some.is_some(),
            self.pressure_full.is_some(),
            self.oom_kills.is_some(),
            self.refaults.is_some(),
        ];
        amounts + others.into_iter().filter(|is_there| *is_there).count()
    }
}

fn both<T>(one: Option<T>, next: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, next) {
        (Some(one), Some(next)) => Some(join(one, next)),
        (one, next) => next.or(one),
    }
}

impl RecordedSeries {
    /// The largest memory use and when, the first of equals.
    #[must_use]
    pub fn peak(&self) -> Option<(i64, Bytes)> {
        let usages = self.steps.iter().filter_map(|at| Some((at.seconds, at.step.usage?.peak)));
        usages.rev().max_by_key(|(_, peak)| *peak)
    }

    /// The same as those who judge histories take it: what was needed, its kills, and what is set now.
    ///
    /// Needed is the working set and swap together, at their largest within each step; where no working set was read, all memory.
    #[must_use]
    pub fn to_history(&self, origin: &str) -> WorkloadHistory {
        let samples = self.steps.iter().filter_map(|at| {
            let memory = at.step.working_set.or(at.step.usage)?;
            let swap = at.step.swap.map_or(Bytes::ZERO, |swap| swap.peak);
            Some(Sample { seconds: at.seconds, usage: memory.peak.saturating_add(swap) })
        });
        let kills = self.steps.iter().flat_map(|at| {
            let count = usize::try_from(at.step.oom_kills.unwrap_or(0)).unwrap_or(usize::MAX);
            // More than these within one step are one storm to whoever judges.
            std::iter::repeat_n(
                Kill { seconds: at.seconds, total: at.step.total() },
                count.min(KILLS_A_STEP_MAX),
            )
        });
        let memory = self.steps.iter().rev().find_map(|at| at.step.memory_limit);
        let swap = self.steps.iter().rev().find_map(|at| at.step.swap_limit);
        WorkloadHistory {
            name: self.workload.to_string(),
            origin: origin.to_owned(),
            series: Series::new(samples.collect()),
            kills: kills.collect(),
            limits: memory.map(|memory| LimitsToday { memory: memory.bytes(), request: None, swap }),
            // Usage and working set are kept, not their parts.
            parts: None,
        }
    }

    /// The steps with processes killed for memory, and how many.
    pub fn kills(&self) -> impl Iterator<Item = (i64, u64)> {
        let counted = self.steps.iter().filter_map(|at| Some((at.seconds, at.step.oom_kills?)));
        counted.filter(|(_, kills)| *kills > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Bytes, Kill, Limit, Peaked, RecordedSeries, RecordedStep, Step, StepLength, SwapLimit, TimeSpan,
        WorkloadName,
    };

    #[test]
    fn two_steps_keep_the_peak_the_last_and_the_sum() {
        let amount = |bytes| Some(Peaked::at(Bytes(bytes)));
        let one = Step { usage: amount(9), oom_kills: Some(1), ..Step::default() };
        let next = Step { usage: amount(2), swap: amount(4), oom_kills: Some(2), ..Step::default() };
        let both = one.then(next);
        assert_eq!(both.usage, Some(Peaked { last: Bytes(2), peak: Bytes(9) }));
        assert_eq!((both.swap, both.oom_kills, both.refaults), (amount(4), Some(3), None));
        assert_eq!((one.then(Step::default()), Step::default().then(one)), (one, one));
    }

    #[test]
    fn what_was_needed_is_the_working_set_with_swap() {
        let amount = |bytes| Some(Peaked { last: Bytes(1), peak: Bytes(bytes) });
        let limit = |bytes| Some(Limit::At(Bytes(bytes)));
        let steps = [
            (10, Step { usage: amount(90), ..Step::default() }),
            (20, Step { usage: amount(90), working_set: amount(50), swap: amount(7), ..Step::default() }),
            (
                30,
                Step {
                    memory_limit: limit(100),
                    swap_limit: Some(SwapLimit(Limit::Unlimited)),
                    oom_kills: Some(2),
                    ..Step::default()
                },
            ),
        ];
        let series = RecordedSeries {
            workload: WorkloadName::new("web"),
            step_length: StepLength::TenSeconds,
            steps: steps.map(|(seconds, step)| RecordedStep { seconds, step }).into(),
        };
        let history = series.to_history("/state");
        let samples: Vec<(i64, u64)> =
            history.series.samples().iter().map(|sample| (sample.seconds, sample.usage.0)).collect();
        assert_eq!(samples, [(10, 90), (20, 57)]);
        assert_eq!(history.kills, [Kill { seconds: 30, total: None }; 2]);
        let limits = history.limits.unwrap();
        assert_eq!((limits.memory, limits.swap), (Some(Bytes(100)), Some(SwapLimit(Limit::Unlimited))));
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = WorkloadName::new("데".repeat(100));
        assert_eq!(name.as_str().len(), 255);
    }

    #[test]
    fn a_day_is_shown_in_steps_of_ten_seconds() {
        let span = |seconds| TimeSpan { from_seconds: 5, to_seconds: 5 + seconds };
        assert_eq!(StepLength::for_span(span(3_600)), StepLength::Second);
        assert_eq!(StepLength::for_span(span(86_400)), StepLength::TenSeconds);
        assert_eq!(StepLength::for_span(span(i64::MAX - 5)), StepLength::Minute);
        assert_eq!(span(-9).seconds(), 0);
    }
}
