//! How far the clock of the kernel's log is behind the one by which cgroups are looked at.

use model::incident::observed::CounterChange;
use std::time::Duration;

/// After a sleep of the machine the difference is another; it is believed after this long, twice over.
const WINDOW: Duration = Duration::from_secs(60);

/// The difference between two clocks: the kernel's log has `local_clock`, which nobody corrects and which stands still while the
/// machine sleeps (kernel/printk/printk.c); looks have `CLOCK_BOOTTIME`.
///
/// A record is heard some time after it was written, in a storm by seconds. The least delay in a while is nearly the
/// difference of the clocks alone.
#[derive(Default)]
pub struct LogClock {
    window_began: Duration,
    least: Option<Duration>,
    least_before: Option<Duration>,
}

impl LogClock {
    /// Takes a record that was heard as it was written, not read up later.
    pub fn hear(&mut self, written: Duration, heard: Duration) {
        let delay = heard.saturating_sub(written);
        if heard.saturating_sub(self.window_began) > WINDOW {
            self.window_began = heard;
            self.least_before = self.least.take();
        }
        self.least = Some(self.least.map_or(delay, |least| least.min(delay)));
    }

    /// How far the log's clock is behind; zero until a record was heard.
    pub fn behind(&self) -> Duration {
        self.least.into_iter().chain(self.least_before).min().unwrap_or_default()
    }

    /// A moment by the clock of looks, told by the clock of the log.
    pub fn by_log(&self, moment: Duration) -> Duration {
        moment.saturating_sub(self.behind())
    }

    /// The same change, its looks by the clock of the log.
    pub fn change_by_log(&self, change: CounterChange) -> CounterChange {
        CounterChange { from: self.by_log(change.from), to: self.by_log(change.to), ..change }
    }
}

#[cfg(test)]
mod tests {
    use super::LogClock;
    use std::time::Duration;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn records_heard_late_in_a_storm_do_not_move_the_clock() {
        let mut clock = LogClock::default();
        clock.hear(ms(10_000), ms(10_020));
        for late in 1..5_000 {
            clock.hear(ms(10_000 + late), ms(10_020 + late * 2));
        }
        assert_eq!(clock.behind(), ms(20));
    }

    #[test]
    fn a_sleep_of_the_machine_is_believed_after_two_windows() {
        let mut clock = LogClock::default();
        clock.hear(ms(10_000), ms(10_020));
        for second in 0..180 {
            clock.hear(ms(11_000 + second * 1_000), ms(3_611_030 + second * 1_000));
        }
        assert_eq!(clock.behind(), ms(3_600_030));
    }
}
