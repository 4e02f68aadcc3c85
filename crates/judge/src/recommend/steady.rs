//! The largest recommendation of the last hours, so that a limit does not follow each dip.

use super::Limits;

/// How finely the hours are kept.
const SLOT_SECONDS: u64 = 1800;

/// The slots of six hours.
const SLOTS: u64 = 12;

/// Recommendations of the last six hours. Memory is the limit; swap here is memory and swap together.
#[derive(Clone, Debug, Default)]
pub struct Steady {
    slots: Vec<(u64, f64, f64)>,
}

impl Steady {
    /// Adds a recommendation of memory and of the total, and tells the largest of each as limits.
    pub fn largest(&mut self, seconds: u64, memory: f64, total: f64) -> Limits {
        let slot = seconds / SLOT_SECONDS;
        match self.slots.last_mut() {
            Some((last, held, held_total)) if *last == slot => {
                *held = held.max(memory);
                *held_total = held_total.max(total);
            }
            Some(_) | None => {
                self.slots.retain(|(old, _, _)| old + SLOTS > slot);
                self.slots.push((slot, memory, total));
            }
        }
        let memory = self.slots.iter().fold(0.0, |most: f64, (_, memory, _)| most.max(*memory));
        let total = self.slots.iter().fold(0.0, |most: f64, (_, _, total)| most.max(*total));
        Limits { memory, swap: (total - memory).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Steady};

    #[test]
    fn a_dip_of_less_than_six_hours_changes_nothing() {
        let mut steady = Steady::default();
        assert_eq!(steady.largest(0, 5.0, 8.0), Limits { memory: 5.0, swap: 3.0 });
        assert_eq!(steady.largest(5 * 3600, 2.0, 3.0), Limits { memory: 5.0, swap: 3.0 });
        assert_eq!(steady.largest(6 * 3600, 2.0, 3.0), Limits { memory: 2.0, swap: 1.0 });
    }
}
