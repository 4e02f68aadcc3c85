//! A line through weighted looks, and whether it falls for certain.

use model::alert::book::FittedLine;

/// Of how many standard errors a fall must be, by degrees of freedom: one series of noise in a hundred thousand has more by chance
/// (Student's t). What runs without noise is sure after four looks.
const ERRORS_MIN: [(f64, f64); 9] = [
    (1.0, 31_831.0),
    (2.0, 223.6),
    (3.0, 47.9),
    (4.0, 23.3),
    (5.0, 15.5),
    (7.0, 9.8),
    (10.0, 7.5),
    (20.0, 5.6),
    (30.0, 5.1),
];

/// The line with one look more: the last was so many seconds ago, and there were so many bytes less of what is counted.
pub fn with_look(line: &FittedLine, seconds: f64, bytes: f64, kept: f64) -> FittedLine {
    let FittedLine { weight, .. } = *line;
    // All that was counts from the new look, which is at zero.
    let moved_seconds = line.seconds - seconds * weight;
    FittedLine {
        weight: weight * kept + 1.0,
        weight_squared: line.weight_squared * kept * kept + 1.0,
        seconds: moved_seconds * kept,
        seconds_squared: (line.seconds_squared - 2.0 * seconds * line.seconds + seconds * seconds * weight)
            * kept,
        bytes: (line.bytes - bytes * weight) * kept,
        bytes_squared: (line.bytes_squared - 2.0 * bytes * line.bytes + bytes * bytes * weight) * kept,
        products: (line.products - seconds * line.bytes - bytes * moved_seconds) * kept,
    }
}

/// How much it falls each second; `None` where it does not for certain.
pub fn falls(line: &FittedLine) -> Option<f64> {
    let looks = line.weight * line.weight / line.weight_squared;
    let freedom = looks - 2.0;
    let (_, errors_min) = ERRORS_MIN.iter().rev().find(|(least, _)| *least <= freedom)?;
    let about_mean = |sum: f64, one: f64, other: f64| sum - one * other / line.weight;
    let seconds = about_mean(line.seconds_squared, line.seconds, line.seconds);
    let bytes = about_mean(line.bytes_squared, line.bytes, line.bytes);
    let slope = about_mean(line.products, line.seconds, line.bytes) / seconds;
    let beside = (bytes - slope * slope * seconds).max(0.0);
    let error = (beside / (seconds * freedom)).sqrt();
    (slope < 0.0 && -slope > error * errors_min).then_some(-slope)
}
