//! How often the agent looks: as it was told, or more rarely where looking itself would take too much.

use std::time::Duration;

/// The agent takes at most this share of one core; beyond, it looks more rarely.
const SHARE_MAX: f64 = 0.10;

/// It looks more often again where that would take less than this.
const SHARE_AGAIN: f64 = 0.06;

/// One slow look proves nothing.
const DEAR_LOOKS: u32 = 3;
const CHEAP_LOOKS: u32 = 30;

/// However much there is to see, it is looked at so often.
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// How often to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookRate {
    wanted: Duration,
    interval: Duration,
    dear: u32,
    cheap: u32,
}

impl LookRate {
    /// As often as is wanted.
    #[must_use]
    pub const fn new(wanted: Duration) -> Self {
        Self { wanted, interval: wanted, dear: 0, cheap: 0 }
    }

    /// How often to look now.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// How often it was wanted, where that is more often.
    #[must_use]
    pub fn slowed_from(&self) -> Option<Duration> {
        (self.interval > self.wanted).then_some(self.wanted)
    }

    /// Takes the CPU time that a look took. Gives the new interval where it is another.
    pub fn looked(&mut self, cpu: Duration) -> Option<Duration> {
        let share = |interval: Duration| cpu.as_secs_f64() / interval.as_secs_f64().max(0.001);
        let is_dear = share(self.interval) > SHARE_MAX && self.interval < INTERVAL_MAX;
        let is_cheap = self.interval > self.wanted && share(self.interval / 2) < SHARE_AGAIN;
        self.dear = if is_dear { self.dear + 1 } else { 0 };
        self.cheap = if is_cheap { self.cheap + 1 } else { 0 };
        let next = if self.dear >= DEAR_LOOKS {
            (self.interval * 2).min(INTERVAL_MAX)
        } else if self.cheap >= CHEAP_LOOKS {
            (self.interval / 2).max(self.wanted)
        } else {
            return None;
        };
        (self.interval, self.dear, self.cheap) = (next, 0, 0);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::LookRate;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_machine_that_is_dear_to_look_at_is_looked_at_more_rarely_and_later_as_before() {
        let mut rate = LookRate::new(SECOND);
        let dear = Duration::from_millis(300);
        let slower: Vec<Duration> = (0..20).filter_map(|_| rate.looked(dear)).collect();
        assert_eq!(slower, [2 * SECOND, 4 * SECOND]);
        assert_eq!(rate.slowed_from(), Some(SECOND));
        let cheap = Duration::from_millis(20);
        let faster: Vec<Duration> = (0..100).filter_map(|_| rate.looked(cheap)).collect();
        assert_eq!(faster, [2 * SECOND, SECOND]);
        assert_eq!(rate.slowed_from(), None);
    }

    #[test]
    fn one_slow_look_changes_nothing() {
        let mut rate = LookRate::new(SECOND);
        for look in 0..100 {
            let cpu = Duration::from_millis(if look % 3 == 0 { 900 } else { 10 });
            assert_eq!(rate.looked(cpu), None);
        }
    }
}
