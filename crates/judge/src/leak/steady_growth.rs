//! One day of growth that does not slow down: enough for a suspicion.

use super::minima::Minima;
use super::trend::{self, Slope};
use super::{DAY_SECONDS, GROWTH_RATIO_MIN};

/// Rising beyond chance.
const Z_MIN: f64 = 4.0;

/// And most of the time.
const TAU_MIN: f64 = 0.6;

/// Against plateaus: the last quarter of the day grows at so much of the mean of all quarters.
const LAST_OF_MEAN_MIN: f64 = 0.35;

/// And at so much of the best of them.
const LAST_OF_BEST_MIN: f64 = 0.4;

/// Against slow plateaus: the second half grows at so much of the first. A cache that fills with a time constant of a day grows at 0.61.
const LATER_HALF_RATIO_MIN: f64 = 0.85;

/// And that is no accident: the lower end of the second half's slope is so much of the first half's.
const LATER_HALF_LOW_MIN: f64 = 0.65;

/// Against plateaus that take days: the day before did not grow much faster.
const YESTERDAY_RATIO_MIN: f64 = 0.7;

/// Against steps: no two neighbours hold so much of the growth.
const STEP_RATIO_MAX: f64 = 0.5;

/// Of the day's blocks so many are known.
const KNOWN_RATIO_MIN: f64 = 0.75;

/// The slope of the last day, if it looks like a leak. `scale` is the limit, or the peak.
#[must_use]
pub fn suspected(minima: &Minima, scale: f64) -> Option<Slope> {
    let per_day = minima.blocks_per_day();
    minima.day(0)?;
    let known: Vec<(i64, f64)> = minima.known().collect();
    let end = known.last()?.0;
    let begin = end.saturating_sub_unsigned(DAY_SECONDS);
    let (before, day) = known.split_at(known.partition_point(|(seconds, _)| *seconds <= begin));
    if (day.len() as f64) < KNOWN_RATIO_MIN * per_day as f64 {
        return None;
    }
    let slope = grows_steadily(day, scale)?;
    let yesterday = trend::theil_sen(before.get(before.len().saturating_sub(per_day)..)?);
    yesterday
        .is_none_or(|yesterday| slope.per_second >= YESTERDAY_RATIO_MIN * yesterday.per_second)
        .then_some(slope)
}

/// The same of any stretch of minima: used for a day, and for the time between two restarts.
#[must_use]
pub fn grows_steadily(stretch: &[(i64, f64)], scale: f64) -> Option<Slope> {
    let values: Vec<f64> = stretch.iter().map(|(_, value)| *value).collect();
    let order = trend::kendall(&values)?;
    if order.z <= Z_MIN || order.tau <= TAU_MIN {
        return None;
    }
    let slope = trend::theil_sen(stretch)?;
    let span = stretch.last()?.0.abs_diff(stretch.first()?.0);
    let growth = slope.per_second * span as f64;
    let is_growth = growth > GROWTH_RATIO_MIN * scale;
    (is_growth && halves_grow(stretch) && quarters_grow(stretch) && !is_step(&values, growth))
        .then_some(slope)
}

fn halves_grow(stretch: &[(i64, f64)]) -> bool {
    let (first, second) = stretch.split_at(stretch.len() / 2);
    match (trend::theil_sen(first), trend::theil_sen(second)) {
        (Some(first), Some(second)) => {
            second.per_second >= LATER_HALF_RATIO_MIN * first.per_second
                && second.low >= LATER_HALF_LOW_MIN * first.per_second
        }
        (None, _) | (_, None) => false,
    }
}

fn quarters_grow(stretch: &[(i64, f64)]) -> bool {
    let quarters: Vec<&[(i64, f64)]> = stretch.chunks(stretch.len().div_ceil(4).max(2)).collect();
    let medians: Vec<f64> = quarters
        .iter()
        .filter_map(|quarter| trend::median(quarter.iter().map(|(_, value)| *value).collect()))
        .collect();
    let rises = medians.iter().zip(medians.iter().skip(1)).all(|(one, next)| next > one);
    let growths: Vec<f64> = quarters
        .iter()
        .filter_map(|quarter| trend::theil_sen(quarter).map(|slope| slope.per_second))
        .collect();
    let (Some(last), 4) = (growths.last().copied(), growths.len()) else { return false };
    let mean = growths.iter().sum::<f64>() / growths.len() as f64;
    let best = growths.iter().copied().fold(0.0, f64::max);
    rises && last >= LAST_OF_MEAN_MIN * mean && last >= LAST_OF_BEST_MIN * best
}

/// A deployment or a batch that stays: most of the growth between two neighbours.
fn is_step(values: &[f64], growth: f64) -> bool {
    let steps = values.iter().zip(values.iter().skip(1)).map(|(one, next)| (next - one).abs());
    steps.fold(0.0, f64::max) >= STEP_RATIO_MAX * growth
}
