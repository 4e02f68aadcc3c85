//! Robusta KRR's simple strategy: the largest working set of two weeks and 15 %, and 25 % above a limit that was hit.
//!
//! Written in robusta-dev/krr, robusta_krr/strategies/simple.py (`SimpleStrategy`: `memory_buffer_percentage` 15, `use_oomkill_data`,
//! `oom_memory_buffer_percentage` 25, `history_duration` 336 hours). KRR's least of 100 MB is left out, so that rules are compared.

use crate::recommend::{Limits, Rule};

const BUFFER: f64 = 1.15;
const OOM_BUFFER: f64 = 1.25;
const WINDOW_HOURS: u64 = 336;

/// Whether kills are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OomData {
    /// `--use-oomkill-data`.
    Used,
    /// KRR's default.
    Ignored,
}

/// The rule.
#[derive(Clone, Debug)]
pub struct Krr {
    oom_data: OomData,
    usage: HourlyPeaks,
    limits_hit: HourlyPeaks,
}

impl Krr {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(oom_data: OomData) -> Self {
        Self { oom_data, usage: HourlyPeaks::default(), limits_hit: HourlyPeaks::default() }
    }
}

impl Rule for Krr {
    fn observe(&mut self, seconds: u64, usage: f64) {
        self.usage.add(seconds, usage);
        self.limits_hit.add(seconds, 0.0);
    }

    fn oom(&mut self, seconds: u64, total: f64) {
        match self.oom_data {
            OomData::Used => self.limits_hit.add(seconds, total),
            OomData::Ignored => {}
        }
    }

    fn recommend(&mut self, _seconds: u64) -> Limits {
        let memory = (self.usage.largest() * BUFFER).max(self.limits_hit.largest() * OOM_BUFFER);
        Limits { memory, swap: 0.0 }
    }
}

/// The peaks of the last two weeks' hours, and of the hour under way.
#[derive(Clone, Debug, Default)]
struct HourlyPeaks {
    /// By hour modulo the window; each with its hour.
    peaks: std::collections::VecDeque<(u64, f64)>,
}

impl HourlyPeaks {
    fn add(&mut self, seconds: u64, amount: f64) {
        let hour = seconds / 3600;
        match self.peaks.back_mut() {
            Some((last, peak)) if *last == hour => *peak = peak.max(amount),
            Some(_) | None => {
                self.peaks.push_back((hour, amount));
                while self.peaks.front().is_some_and(|(oldest, _)| oldest + WINDOW_HOURS < hour) {
                    self.peaks.pop_front();
                }
            }
        }
    }

    fn largest(&self) -> f64 {
        self.peaks.iter().fold(0.0, |most, (_, peak)| most.max(*peak))
    }
}

#[cfg(test)]
mod tests {
    use super::{Krr, OomData, Rule};

    #[test]
    fn without_oom_data_it_never_learns_past_its_own_limit() {
        let learned = |oom_data| {
            let mut krr = Krr::new(oom_data);
            krr.observe(0, 100.0);
            // It is killed at its limit, so this is all that is seen.
            krr.observe(60, 115.0);
            krr.oom(60, 115.0);
            krr.recommend(60).memory
        };
        assert!((learned(OomData::Ignored) - 132.25).abs() < 1e-9);
        assert!((learned(OomData::Used) - 143.75).abs() < 1e-9);
    }
}
