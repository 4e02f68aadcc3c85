//! What a kill teaches: the need was above the limit, by how much nobody saw. The guess grows with repeated kills and fades.

/// The total is raised to so many times the one that was not enough: at the first, the second and each further kill of a day.
const FACTORS: [f64; 3] = [1.25, 1.5, 2.0];

/// Half of a raise is gone after half a day without a kill.
const RAISE_HALF_LIFE_SECONDS: f64 = 12.0 * 3600.0;

/// A kill counts half after a day.
const COUNT_HALF_LIFE_SECONDS: f64 = 86_400.0;

/// A killed container needed more than it was seen to use; this much more is remembered as its peak.
pub const UNSEEN_NEED: f64 = 1.1;

/// Raises after kills, with their memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct OomBump {
    raised_to: f64,
    recent_kills: f64,
}

impl OomBump {
    /// A kill at memory and swap together; the raise is at least `floor` bytes.
    pub fn kill(&mut self, total: f64, floor: f64) {
        let [first, second, further] = FACTORS;
        let factor = match self.recent_kills {
            recent if recent < 0.5 => first,
            recent if recent < 1.5 => second,
            _ => further,
        };
        self.raised_to = self.raised_to.max((total * factor).max(total + floor));
        self.recent_kills += 1.0;
    }

    /// Time goes by without a kill.
    pub fn fade(&mut self, seconds: f64) {
        self.raised_to *= (-seconds / RAISE_HALF_LIFE_SECONDS).exp2();
        self.recent_kills *= (-seconds / COUNT_HALF_LIFE_SECONDS).exp2();
    }

    /// What kills raised the total to.
    #[must_use]
    pub const fn raised_to(&self) -> f64 {
        self.raised_to
    }
}

#[cfg(test)]
mod tests {
    use super::OomBump;

    #[test]
    fn kills_of_one_day_raise_more_and_more_and_are_forgotten() {
        let mut bump = OomBump::default();
        bump.kill(1000.0, 16.0);
        assert_eq!(bump.raised_to(), 1250.0);
        bump.kill(1250.0, 16.0);
        assert_eq!(bump.raised_to(), 1875.0);
        bump.kill(1875.0, 16.0);
        assert_eq!(bump.raised_to(), 3750.0);
        bump.fade(12.0 * 3600.0);
        assert_eq!(bump.raised_to(), 1875.0);
        bump.fade(10.0 * 86_400.0);
        bump.kill(10.0, 16.0);
        assert_eq!(bump.raised_to(), 26.0);
    }
}
