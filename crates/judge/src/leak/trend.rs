//! Whether and how fast values grow, without being led astray by single ones: Mann and Kendall's test, Theil and Sen's slope.

/// A slope and where it lies with 95 % certainty, in bytes per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The median of the slopes between two values.
    pub per_second: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How much more often a later value is above an earlier one than below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kendall {
    /// In standard deviations of values without order.
    pub z: f64,
    /// From -1, always falling, to 1, always rising.
    pub tau: f64,
}

/// Two-sided 95 % of the normal distribution.
const NORMAL_95: f64 = 1.96;

/// The test; `None` of fewer than two values.
#[must_use]
pub fn kendall(values: &[f64]) -> Option<Kendall> {
    let count = values.len() as f64;
    let pairs = count * (count - 1.0) / 2.0;
    if values.len() < 2 {
        return None;
    }
    let mut sum = 0.0;
    for (index, one) in values.iter().enumerate() {
        for later in values.iter().skip(index + 1) {
            sum += f64::from(i8::from(later > one) - i8::from(later < one));
        }
    }
    let towards_zero = if sum == 0.0 { 0.0 } else { sum - sum.signum() };
    Some(Kendall { z: towards_zero / variance(count).sqrt(), tau: sum / pairs })
}

fn variance(count: f64) -> f64 {
    count * (count - 1.0) * (2.0 * count + 5.0) / 18.0
}

/// The slope through moments and values (Sen 1968); `None` when there are no two moments.
#[must_use]
pub fn theil_sen(values: &[(i64, f64)]) -> Option<Slope> {
    let mut slopes = Vec::with_capacity(values.len() * values.len() / 2);
    for (index, (at, one)) in values.iter().enumerate() {
        let later = values.iter().skip(index + 1).filter(|(later, _)| later > at);
        slopes.extend(later.map(|(later, value)| (value - one) / later.abs_diff(*at) as f64));
    }
    let spread = NORMAL_95 * variance(values.len() as f64).sqrt() / 2.0;
    middle(slopes, spread)
}

/// The median of slopes, and the slopes so many ranks away from it.
#[must_use]
pub fn middle(mut slopes: Vec<f64>, ranks: f64) -> Option<Slope> {
    slopes.sort_unstable_by(f64::total_cmp);
    let last = slopes.len().checked_sub(1)?;
    let centre = last as f64 / 2.0;
    let at = |rank: f64| slopes.get((rank.max(0.0) as usize).min(last)).copied();
    let per_second = f64::midpoint(at(centre.floor())?, at(centre.ceil())?);
    Some(Slope { per_second, low: at((centre - ranks).floor())?, high: at((centre + ranks).ceil())? })
}

/// The median; `None` of none.
#[must_use]
pub fn median(values: Vec<f64>) -> Option<f64> {
    middle(values, 0.0).map(|middle| middle.per_second)
}

#[cfg(test)]
mod tests {
    use super::{kendall, median, theil_sen};

    #[test]
    fn one_wild_value_does_not_move_the_slope() {
        let mut values: Vec<(i64, f64)> = (0..40).map(|at| (at * 60, 100.0 + at as f64 * 3.0)).collect();
        values[20].1 = 1e9;
        let slope = theil_sen(&values).unwrap();
        assert!((slope.per_second - 0.05).abs() < 1e-9 && slope.low <= 0.05 && slope.high >= 0.05);
        assert_eq!(theil_sen(&values[..1]), None);
    }

    #[test]
    fn order_is_told_from_none() {
        let rising: Vec<f64> = (0..48).map(f64::from).collect();
        let found = kendall(&rising).unwrap();
        assert!(found.tau == 1.0 && found.z > 9.0);
        let flat = [1.0; 48];
        assert_eq!(kendall(&flat).unwrap().z, 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0, 9.0]), Some(2.5));
    }
}
