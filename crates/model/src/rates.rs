//! What moved between two snapshots of one cgroup, per second.

use crate::reading::Reading;

/// What moved between two snapshots of the same cgroup, per second of the time between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates {
    /// The time between the two, in seconds.
    pub seconds: f64,
    /// Growth of memory use, bytes per second; negative when it shrank.
    pub usage: Reading<f64>,
    /// Bytes swapped in per second (`pswpin`, where the kernel counts it per cgroup).
    pub swap_in: Reading<f64>,
    /// Bytes swapped out per second.
    pub swap_out: Reading<f64>,
    /// Anonymous pages that were reclaimed and needed again, per second: the harm swap does.
    pub refault_anon: Reading<f64>,
    /// File pages that were reclaimed and needed again, per second.
    pub refault_file: Reading<f64>,
    /// Faults that had to wait for storage, per second.
    pub major_faults: Reading<f64>,
    /// The share of time in which at least one task waited for memory, 0 to 1.
    pub stalled_some: Reading<f64>,
    /// The share of time in which every task waited for memory, 0 to 1.
    pub stalled_full: Reading<f64>,
}

/// The growth of a counter per second, or nothing when it went back: then it is another counter.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn per_second(before: u64, after: u64, seconds: f64) -> Option<f64> {
    (after >= before && seconds > 0.0).then(|| (after - before) as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::per_second;

    #[test]
    fn a_counter_that_went_back_is_another_counter() {
        assert_eq!(per_second(10, 5, 1.0), None);
        assert_eq!(per_second(5, 10, 2.0), Some(2.5));
        assert_eq!(per_second(5, 10, 0.0), None);
    }
}
