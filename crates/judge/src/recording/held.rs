//! Steps of a cgroup whose name is awaited: held back for a few seconds, bounded for one cgroup and for all.

use model::recorded::{Step, WorkloadName};
use std::time::Duration;

/// Of all cgroups together. At the first look of a machine with a thousand containers every one is awaited.
pub const STEPS_MAX: usize = 8_192;

/// What is held back of a cgroup.
#[derive(Debug)]
pub struct Held {
    /// Its name where none comes.
    pub fallback: WorkloadName,
    steps: Vec<(Duration, Step)>,
}

/// A step of a look before this one.
#[derive(Clone, Debug, PartialEq)]
pub struct LateStep {
    /// Whose.
    pub workload: WorkloadName,
    /// When, since boot.
    pub since_boot: Duration,
    /// What is remembered.
    pub step: Step,
}

impl Held {
    /// Nothing yet.
    pub const fn new(fallback: WorkloadName) -> Self {
        Self { fallback, steps: Vec::new() }
    }

    /// Holds a step. It is joined with the last one of its second, and with the last one where there is no room for more: only
    /// its place in time is lost then. Gives how many steps came to be held.
    pub fn push(&mut self, since_boot: Duration, step: Step, room: usize) -> usize {
        match self.steps.last_mut() {
            Some((at, last)) if room == 0 || at.as_secs() == since_boot.as_secs() => {
                (*at, *last) = (since_boot, last.then(step));
                0
            }
            Some(_) | None => {
                self.steps.push((since_boot, step));
                1
            }
        }
    }

    /// How many are held.
    pub const fn count(&self) -> usize {
        self.steps.len()
    }

    /// The steps under a name.
    pub fn under(self, name: &WorkloadName) -> impl Iterator<Item = LateStep> {
        let late = |(since_boot, step)| LateStep { workload: name.clone(), since_boot, step };
        self.steps.into_iter().map(late)
    }
}
