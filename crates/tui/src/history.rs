//! The last samples of every cgroup, in few bytes: what the graphs are drawn from.

use crate::scene::Scene;
use kernel::bytes::Bytes;
use model::cgroup::CgroupId;
use model::reading::Reading;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

/// How many samples are kept: four minutes at one every two seconds.
pub const SAMPLES_MAX: usize = 120;

/// An amount in KiB plus one in four bytes, or that it was not known. A thousand cgroups cost one MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount(Option<NonZeroU32>);

#[derive(Clone, Copy, Debug)]
struct Sample {
    usage: Amount,
    swap: Amount,
}

/// The last samples of every cgroup that is still there.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    times: VecDeque<Duration>,
    rings: HashMap<CgroupId, VecDeque<Sample>>,
}

/// Which figure of a sample is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampled {
    /// Memory used.
    Usage,
    /// Swap used.
    Swap,
}

impl Amount {
    fn of(reading: &Reading<Bytes>) -> Self {
        let kib = |bytes: Bytes| u32::try_from(bytes.0 >> 10).unwrap_or(u32::MAX - 1);
        Self(reading.get().and_then(|bytes| NonZeroU32::new(kib(bytes).saturating_add(1))))
    }

    fn bytes(self) -> Option<u64> {
        self.0.map(|kib| u64::from(kib.get() - 1) << 10)
    }
}

impl Histories {
    /// Keeps the figures of a new scan and forgets cgroups that are gone.
    pub fn record(&mut self, scene: &Scene<'_>) {
        push(&mut self.times, scene.snapshot.uptime);
        let there: HashSet<CgroupId> = scene.snapshot.cgroups.iter().map(|cgroup| cgroup.id).collect();
        self.rings.retain(|id, _| there.contains(id));
        for (cgroup, assessment) in scene.snapshot.cgroups.iter().zip(scene.assessments) {
            let sample =
                Sample { usage: Amount::of(&cgroup.memory.usage), swap: Amount::of(&assessment.swap_usage) };
            push(self.rings.entry(cgroup.id).or_default(), sample);
        }
    }

    /// The samples of a cgroup in bytes, oldest first.
    #[must_use]
    pub fn samples(&self, id: CgroupId, what: Sampled) -> Vec<Option<u64>> {
        let ring = self.rings.get(&id).into_iter().flatten();
        ring.map(|sample| match what {
            Sampled::Usage => sample.usage.bytes(),
            Sampled::Swap => sample.swap.bytes(),
        })
        .collect()
    }

    /// The time that the samples of a cgroup span.
    #[must_use]
    pub fn span(&self, id: CgroupId) -> Duration {
        let count = self.rings.get(&id).map_or(0, VecDeque::len);
        let first = self.times.len().checked_sub(count).and_then(|first| self.times.get(first));
        first.zip(self.times.back()).map(|(first, last)| last.saturating_sub(*first)).unwrap_or_default()
    }
}

fn push<T>(ring: &mut VecDeque<T>, value: T) {
    if ring.len() >= SAMPLES_MAX {
        ring.pop_front();
    }
    ring.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::{Amount, Histories, SAMPLES_MAX, Sampled};
    use crate::example::Example;
    use kernel::bytes::Bytes;
    use model::reading::Reading;

    #[test]
    fn unknown_is_not_zero() {
        assert_eq!(Amount::of(&Reading::Absent).bytes(), None);
        assert_eq!(Amount::of(&Reading::Value(Bytes(0))).bytes(), Some(0));
        assert_eq!(Amount::of(&Reading::Value(Bytes(64 << 20))).bytes(), Some(64 << 20));
        assert!(Amount::of(&Reading::Value(Bytes(u64::MAX))).bytes().is_some());
    }

    #[test]
    fn the_ring_is_bounded_and_forgets_cgroups_that_are_gone() {
        let mut example = Example::docker_host();
        let id = example.id_of("web");
        let mut histories = Histories::default();
        for _ in 0..SAMPLES_MAX + 5 {
            histories.record(&example.scene());
        }
        assert_eq!(histories.samples(id, Sampled::Usage).len(), SAMPLES_MAX);
        example.remove("web");
        histories.record(&example.scene());
        assert!(histories.samples(id, Sampled::Usage).is_empty());
    }
}
