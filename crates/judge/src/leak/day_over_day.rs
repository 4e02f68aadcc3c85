//! Three days: at nearly every time of the day higher than the day before, twice, and without slowing down.
//!
//! Load that follows the day is compared with itself; a plateau slows down; a step lifts each time of the day only once.

use super::minima::Minima;
use super::trend::{self, Slope};
use super::{DAY_SECONDS, GROWTH_RATIO_MIN};

/// The times of the day that must be higher.
const HIGHER_RATIO_MIN: f64 = 0.9;

/// Against steps: at each such time both days add so much of what a day adds on average.
const GROWTH_OF_MEAN_MIN: f64 = 0.2;

/// Against plateaus: what the last day added, against the day before.
const LAST_GROWTH_RATIO_MIN: f64 = 0.6;

/// Of the times of the day so many must be known on all days.
const KNOWN_RATIO_MIN: f64 = 0.75;

/// Where a collector is slower than a block: blocks of two, four and six hours.
const COARSER_SECONDS: [u64; 3] = [2 * 3600, 4 * 3600, 6 * 3600];

/// Few blocks rise by chance too: of so long ones, all three days together must rise.
const COARSER_TAU_MIN: f64 = 0.6;

/// The slope over the last three days, if they show a leak. `scale` is the limit, or the peak.
#[must_use]
pub fn confirmed(minima: &Minima, scale: f64) -> Option<Slope> {
    three_days(minima, scale).or_else(|| {
        let coarser = COARSER_SECONDS.into_iter().filter(|seconds| *seconds > minima.block_seconds());
        coarser.into_iter().find_map(|seconds| {
            let times = usize::try_from(seconds / minima.block_seconds().max(1)).ok()?;
            let coarse = minima.coarser(times);
            let days = [coarse.day(2)?, coarse.day(1)?, coarse.day(0)?];
            let values: Vec<f64> = days.into_iter().flatten().flatten().copied().collect();
            let rises = trend::kendall(&values)?.tau >= COARSER_TAU_MIN;
            if rises { three_days(&coarse, scale) } else { None }
        })
    })
}

fn three_days(minima: &Minima, scale: f64) -> Option<Slope> {
    let days = [minima.day(2)?, minima.day(1)?, minima.day(0)?];
    let [first, second, third] = days;
    let phases: Vec<[f64; 3]> = first
        .iter()
        .zip(second)
        .zip(third)
        .filter_map(|((first, second), third)| Some([(*first)?, (*second)?, (*third)?]))
        .collect();
    let count = phases.len() as f64;
    if phases.is_empty() || count < KNOWN_RATIO_MIN * first.len() as f64 {
        return None;
    }
    let mean = |growth: fn(&[f64; 3]) -> f64| phases.iter().map(growth).sum::<f64>() / count;
    let growths = [mean(|[first, second, _]| second - first), mean(|[_, second, third]| third - second)];
    let [before, last] = growths;
    let least = GROWTH_OF_MEAN_MIN * (before + last) / 2.0;
    let grows = |[first, second, third]: &&[f64; 3]| second - first > least && third - second > least;
    let both = phases.iter().filter(grows).count() as f64;
    let lowest = |day: &[Option<f64>]| day.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let [lowest_first, lowest_second, lowest_third] = days.map(lowest);
    let is_leak = both > HIGHER_RATIO_MIN * count
        && before + last > GROWTH_RATIO_MIN * scale
        && last >= LAST_GROWTH_RATIO_MIN * before
        && lowest_first < lowest_second
        && lowest_second < lowest_third
        && is_above_last_week(minima);
    if !is_leak {
        return None;
    }
    // Pairs a whole number of days apart (Hirsch and Slack 1984): the day's course falls out.
    let day = DAY_SECONDS as f64;
    let slopes: Vec<f64> = phases
        .iter()
        .flat_map(|[first, second, third]| {
            [(second - first) / day, (third - second) / day, (third - first) / (2.0 * day)]
        })
        .collect();
    let ranks = 1.96 * (slopes.len() as f64).sqrt() / 2.0;
    trend::middle(slopes, ranks)
}

/// Whether the last day is above the one before at nearly every time; without a day before there is nothing against it.
#[must_use]
pub fn is_above_yesterday(minima: &Minima) -> bool {
    is_above(minima, 1)
}

/// A week has its course too: Mondays to Wednesdays may rise every week.
fn is_above_last_week(minima: &Minima) -> bool {
    is_above(minima, 7)
}

fn is_above(minima: &Minima, days_before: usize) -> bool {
    match (minima.day(days_before), minima.day(0)) {
        (Some(before), Some(last)) => is_higher(before, last),
        (None, _) | (_, None) => true,
    }
}

fn is_higher(before: &[Option<f64>], after: &[Option<f64>]) -> bool {
    let pairs: Vec<(f64, f64)> =
        before.iter().zip(after).filter_map(|(before, after)| Some(((*before)?, (*after)?))).collect();
    let higher = pairs.iter().filter(|(before, after)| after > before).count();
    higher as f64 >= HIGHER_RATIO_MIN * pairs.len() as f64
}

/// The beginning of the first of the days that are each above the one before.
#[must_use]
pub fn since(minima: &Minima) -> i64 {
    let later = (0..).map_while(|day| Some((minima.day(day + 1)?, minima.day(day)?)));
    let days = later.take_while(|(before, after)| is_higher(before, after)).count().max(2);
    minima.begin_of_day(days)
}
