//! Our rule against each rival, on the same series and the same draws.

use crate::replay::bootstrap::{Draws, middle};
use model::replay::{Comparison, ComparisonIntervals, SeriesScore};

/// A rule with what was counted for each series, in one order for all rules.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The rule's name.
    pub policy: &'a str,
    /// By series.
    pub scores: &'a [SeriesScore],
}

/// Compares; `None` when the rules were not judged on the same series.
#[must_use]
pub fn compare(ours: Counted, rival: Counted, draws: Option<u32>, seed: u64) -> Option<Comparison> {
    let pairs: Vec<(&SeriesScore, &SeriesScore)> =
        ours.scores.iter().zip(rival.scores).filter(|(one, other)| one.samples + other.samples > 0).collect();
    if pairs.is_empty() || pairs.iter().any(|(one, other)| one.samples != other.samples) {
        return None;
    }
    let (memory_ratio, oom_episodes_ratio) = ratios(pairs.iter().copied());
    let intervals = draws.and_then(|draws| {
        let mut draw = Draws::new(seed);
        let (mut memory, mut episodes) = (Vec::new(), Vec::new());
        for _ in 0..draws {
            let drawn = (0..pairs.len()).filter_map(|_| pairs.get(draw.index(pairs.len())).copied());
            let (of_memory, of_episodes) = ratios(drawn);
            memory.push(of_memory);
            episodes.extend(of_episodes);
        }
        // With many draws left out the rest would flatter.
        let is_enough = episodes.len() * 100 >= memory.len() * 95;
        let oom_episodes_ratio = if is_enough { middle(episodes) } else { None };
        Some(ComparisonIntervals { memory_ratio: middle(memory)?, oom_episodes_ratio })
    });
    Some(Comparison {
        policy: ours.policy.to_owned(),
        against: rival.policy.to_owned(),
        memory_ratio,
        oom_episodes_ratio,
        intervals,
    })
}

fn ratios<'a>(pairs: impl Iterator<Item = (&'a SeriesScore, &'a SeriesScore)>) -> (f64, Option<f64>) {
    let (mut memory, mut rival_memory, mut episodes, mut rival_episodes) = (0.0, 0.0, 0_u64, 0_u64);
    for (ours, rival) in pairs {
        memory += ours.memory_sum;
        rival_memory += rival.memory_sum;
        episodes += ours.oom_episodes;
        rival_episodes += rival.oom_episodes;
    }
    let of_episodes = (rival_episodes > 0).then(|| episodes as f64 / rival_episodes as f64);
    (memory / rival_memory, of_episodes)
}
