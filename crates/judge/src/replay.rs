//! Replays a series under a rule in a closed loop: the rule never sees what it would not have seen on the machine.
//!
//! A sample above memory and swap together is a kill: the rule then sees what fitted, and that there was a kill. During the warm-up
//! nothing is limited and nothing is judged. A change is made when it is more than five percent, and never below what is in use.
//! Usage goes on after a kill as recorded; a real restart would begin anew.

pub mod bootstrap;
pub mod compare;
pub mod grid;
pub mod policy;
pub mod score;
pub mod timing;

use crate::recommend::{Limits, MIB};
use crate::replay::grid::Grid;
use crate::replay::policy::{Policy, Reaction};
use model::replay::{ReplayTiming, SeriesScore};

/// Smaller changes are not made.
const CHANGE_RATIO_MIN: f64 = 0.05;

/// A limit is never lowered to less than what is in use and so much more: Docker and the kubelet refuse it, or it kills.
const ABOVE_USE: f64 = 1.02;

/// No limit is below a MiB.
const MEMORY_MIN: f64 = MIB;

/// Replays one series. `today` is what is set for it.
#[must_use]
pub fn replay(policy: &Policy, grid: &Grid, timing: &ReplayTiming, today: Option<Limits>) -> SeriesScore {
    let mut score = SeriesScore::default();
    let Some(mut rule) = policy.start(timing, today) else { return score };
    let interval = timing.interval_seconds.max(1);
    // The nearest number of whole samples.
    let steps = |seconds: u64| usize::try_from((seconds + interval / 2) / interval).unwrap_or(usize::MAX);
    let warm_up = steps(timing.warm_up_seconds);
    let between = steps(policy.decision_seconds(timing)).max(1);
    let mut held = Limits { memory: f64::INFINITY, swap: 0.0 };
    let mut was_killed = false;
    for (index, usage) in grid.usage.iter().copied().enumerate() {
        let seconds = index as u64 * interval;
        let total = held.memory + held.swap;
        let is_judged = index >= warm_up;
        let is_killed = is_judged && usage > total;
        if is_judged {
            count(&mut score, held, usage, is_killed && !was_killed);
            was_killed = is_killed;
        }
        let seen = if is_judged { usage.min(total) } else { usage };
        rule.observe(seconds, seen);
        if is_killed {
            rule.oom(seconds, total);
        }
        if index + 1 == warm_up {
            held = rule.recommend(seconds);
            held.memory = held.memory.max(MEMORY_MIN);
        } else if is_judged {
            let is_due = (index + 1 - warm_up).is_multiple_of(between);
            let reacts = is_killed && policy.reaction() == Reaction::ToKills;
            if is_due || reacts {
                let wanted = rule.recommend(seconds);
                let floor = if is_due { seen.min(held.memory) * ABOVE_USE } else { 0.0 };
                held = changed(&mut score, held, wanted, floor);
            }
        }
    }
    score
}

fn count(score: &mut SeriesScore, held: Limits, usage: f64, is_new_kill: bool) {
    let in_memory = usage.min(held.memory);
    score.samples += 1;
    score.oom_samples += u64::from(usage > held.memory + held.swap);
    score.oom_episodes += u64::from(is_new_kill);
    score.swapping_samples += u64::from((usage - held.memory).clamp(0.0, held.swap) > 0.0);
    score.slack_ratio_sum += (held.memory - in_memory) / held.memory;
    score.memory_sum += held.memory;
    score.used_sum += in_memory;
    score.swap_sum += held.swap;
}

/// Memory and swap after a decision: swap follows memory, and changes alone when it is off by five percent itself.
fn changed(score: &mut SeriesScore, held: Limits, wanted: Limits, floor: f64) -> Limits {
    let memory = wanted.memory.max(MEMORY_MIN).max(floor);
    let moves = (memory / held.memory - 1.0).abs() > CHANGE_RATIO_MIN;
    let swap_moves = (wanted.swap - held.swap).abs() > CHANGE_RATIO_MIN * held.swap.max(MIB);
    score.changes += u64::from(moves);
    Limits {
        memory: if moves { memory } else { held.memory },
        swap: if moves || swap_moves { wanted.swap } else { held.swap },
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, MIB, replay};
    use crate::replay::grid::Grid;
    use crate::replay::policy::{Policy, Rival};
    use model::replay::ReplayTiming;

    const TIMING: ReplayTiming =
        ReplayTiming { interval_seconds: 60, warm_up_seconds: 3600, decision_seconds: 600 };

    fn flat_then(tail: &[f64]) -> Grid {
        let usage = std::iter::repeat_n(100.0, 60).chain(tail.iter().copied());
        Grid { usage: usage.map(|mib| mib * MIB).collect() }
    }

    #[test]
    fn two_runs_above_the_limit_are_two_episodes() {
        let grid = flat_then(&[100.0, 130.0, 140.0, 100.0, 130.0]);
        let score = replay(&Policy::of(Rival::Static), &grid, &TIMING, None);
        assert_eq!((score.samples, score.oom_samples, score.oom_episodes, score.changes), (5, 3, 2, 0));
        // 115 MiB at each of five samples, of which 100, 115, 115, 100 and 115 were used.
        assert!((score.used_sum / score.memory_sum - 545.0 / 575.0).abs() < 1e-9);
    }

    #[test]
    fn swap_takes_what_memory_does_not_hold() {
        let grid = flat_then(&[130.0, 231.0]);
        let policy = Policy { rival: Rival::Static, swap_ratio: Some(1.0) };
        let score = replay(&policy, &grid, &TIMING, None);
        assert_eq!((score.oom_samples, score.swapping_samples), (1, 2));
        assert!((score.swap_sum - score.memory_sum).abs() < 1.0);
    }

    #[test]
    fn what_is_set_today_is_judged_as_it_is() {
        let grid = flat_then(&[130.0, 150.0]);
        let today = Limits { memory: 120.0 * MIB, swap: 20.0 * MIB };
        let score = replay(&Policy::of(Rival::LimitsToday), &grid, &TIMING, Some(today));
        assert_eq!((score.samples, score.oom_samples), (2, 1));
        assert_eq!(replay(&Policy::of(Rival::LimitsToday), &grid, &TIMING, None).samples, 0);
    }

    #[test]
    fn a_series_shorter_than_the_warm_up_is_not_judged() {
        let grid = Grid { usage: vec![MIB; 60] };
        assert_eq!(replay(&Policy::of(Rival::TwoNumbers), &grid, &TIMING, None).samples, 0);
    }
}
