//! Graphs as text: one-line sparks, filled areas of several lines, and the meter of used and limit.

use crate::glyphs::Glyphs;

const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_EIGHTHS: [char; 8] = ['_', '.', '-', ':', '=', '+', '*', '#'];

/// The dots of a braille character by height, from the bottom, for its left and its right half.
const BRAILLE_LEFT: [u32; 5] = [0x00, 0x40, 0x44, 0x46, 0x47];
const BRAILLE_RIGHT: [u32; 5] = [0x00, 0x80, 0xa0, 0xb0, 0xb8];

/// The meter of used and limit, in three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What cannot be freed without swap.
    pub held: String,
    /// What reclaim can free.
    pub reclaimable: String,
    /// What is left.
    pub left: String,
}

/// The newest samples on one line, newest last: one cell each, `top` being the full height. What is not known is empty.
#[must_use]
pub fn spark(samples: &[Option<u64>], top: u64, width: usize, glyphs: Glyphs) -> String {
    let marks = match glyphs {
        Glyphs::Unicode => EIGHTHS,
        Glyphs::Ascii => ASCII_EIGHTHS,
    };
    let cell = |sample: &Option<u64>| match sample {
        Some(value) => marks.get(level(*value, top, 7)).copied().unwrap_or(' '),
        None => ' ',
    };
    let newest = newest(samples, width);
    let mut text = " ".repeat(width - newest.len());
    text.extend(newest.iter().map(cell));
    text
}

/// The newest samples as a filled area, top line first; braille holds two samples a cell, ASCII one.
#[must_use]
pub fn area(samples: &[Option<u64>], top: u64, width: usize, height: usize, glyphs: Glyphs) -> Vec<String> {
    match glyphs {
        Glyphs::Unicode => braille_area(samples, top, width, height),
        Glyphs::Ascii => ascii_area(samples, top, width, height),
    }
}

fn braille_area(samples: &[Option<u64>], top: u64, width: usize, height: usize) -> Vec<String> {
    let newest = newest(samples, width * 2);
    let missing = width * 2 - newest.len();
    let dots_of = |place: usize| {
        let sample = place.checked_sub(missing).and_then(|place| newest.get(place)).copied().flatten();
        // A sample that is known shows at least one dot: zero is not unknown.
        sample.map_or(0, |value| level(value, top, height * 4).max(1))
    };
    let line = |row: usize| {
        let below = (height - 1 - row) * 4;
        (0..width)
            .map(|cell| {
                let half = |place: usize, dots: &[u32; 5]| {
                    dots.get(dots_of(place).saturating_sub(below).min(4)).copied().unwrap_or(0)
                };
                let bits = half(cell * 2, &BRAILLE_LEFT) | half(cell * 2 + 1, &BRAILLE_RIGHT);
                if bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') }
            })
            .collect()
    };
    (0..height).map(line).collect()
}

fn ascii_area(samples: &[Option<u64>], top: u64, width: usize, height: usize) -> Vec<String> {
    let newest = newest(samples, width);
    let missing = width - newest.len();
    let line = |row: usize| {
        let below = (height - 1 - row) * 3;
        (0..width)
            .map(|cell| {
                let sample = cell.checked_sub(missing).and_then(|cell| newest.get(cell)).copied().flatten();
                let thirds = sample.map_or(0, |value| level(value, top, height * 3).max(1));
                match thirds.saturating_sub(below) {
                    0 => ' ',
                    1 => '.',
                    2 => ':',
                    3.. => '#',
                }
            })
            .collect()
    };
    (0..height).map(line).collect()
}

/// The meter: how much is held, how much of the use could be freed, and what is left of the limit.
#[must_use]
pub fn meter(held: f64, used: f64, width: usize, glyphs: Glyphs) -> Meter {
    let (full, soft, free) = match glyphs {
        Glyphs::Unicode => ("█", "▒", "·"),
        Glyphs::Ascii => ("#", "=", "."),
    };
    let used_cells = cells_of(used, width);
    let held_cells = cells_of(held.min(used), width).min(used_cells);
    Meter {
        held: full.repeat(held_cells),
        reclaimable: soft.repeat(used_cells - held_cells),
        left: free.repeat(width - used_cells),
    }
}

/// What is not nothing takes at least one cell, and only the whole takes all of them.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn cells_of(ratio: f64, width: usize) -> usize {
    let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
    let cells = (ratio * width as f64).round() as usize;
    if ratio <= 0.0 {
        return 0;
    }
    let most = if ratio < 1.0 { width.saturating_sub(1) } else { width };
    cells.min(most).max(1.min(width))
}

/// The height of a value among so many steps.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn level(value: u64, top: u64, steps: usize) -> usize {
    if top == 0 {
        return 0;
    }
    ((value as f64 / top as f64).min(1.0) * steps as f64).round() as usize
}

fn newest<T>(samples: &[T], count: usize) -> &[T] {
    samples.get(samples.len().saturating_sub(count)..).unwrap_or(samples)
}

#[cfg(test)]
mod tests {
    use super::{Glyphs, area, meter, spark};

    #[test]
    fn a_spark_ends_with_the_newest_and_leaves_the_unknown_empty() {
        let samples = [Some(0), Some(50), None, Some(100)];
        assert_eq!(spark(&samples, 100, 6, Glyphs::Unicode), "  ▁▅ █");
        assert_eq!(spark(&samples, 100, 2, Glyphs::Unicode), " █");
        assert_eq!(spark(&samples, 100, 4, Glyphs::Ascii), "_= #");
        assert_eq!(spark(&samples, 0, 4, Glyphs::Ascii), "__ _");
    }

    #[test]
    fn an_area_fills_from_below() {
        let samples = [Some(0), Some(25), Some(50), Some(100)];
        assert_eq!(area(&samples, 100, 3, 2, Glyphs::Unicode), ["  ⢸", " ⣠⣿"]);
        assert_eq!(area(&samples, 100, 4, 2, Glyphs::Ascii), ["   #", ".:##"]);
        assert_eq!(area(&[], 100, 2, 1, Glyphs::Unicode), ["  "]);
    }

    #[test]
    fn a_meter_never_loses_or_gains_a_cell() {
        for width in [0, 1, 4, 10] {
            for (held, used) in [(0.0, 0.0), (0.001, 0.002), (0.4, 0.9), (2.0, 3.0), (f64::NAN, 1.0)] {
                let meter = meter(held, used, width, Glyphs::Ascii);
                assert_eq!(meter.held.len() + meter.reclaimable.len() + meter.left.len(), width);
            }
        }
    }
}
