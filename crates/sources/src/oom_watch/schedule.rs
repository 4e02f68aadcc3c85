//! When to look at the cgroups: at every tick, soon after a notification, and again while counters may lag behind it.

use std::time::{Duration, Instant};

/// Notifications come in hundreds when a cgroup works at its limit: looks are at least so far apart.
const GAP: Duration = Duration::from_millis(100);

/// Between looks after kills.
const GAP_AFTER_NOTIFICATION: Duration = Duration::from_millis(20);

/// v1 notifies before it kills, and counts after (measured on 6.18: 0.2 to some ms). The first look waits for the kernel's log,
/// the last one ends the time in which a counter may lag.
const LOOKS_AFTER_NOTIFICATION: [Duration; 4] = [
    Duration::from_millis(3),
    Duration::from_millis(15),
    Duration::from_millis(40),
    Duration::from_millis(110),
];

/// A look that is so late is done before further records are handed over.
const LATE: Duration = Duration::from_millis(200);

/// The looks to come.
pub struct Schedule {
    interval: Duration,
    tick: Instant,
    last_look: Option<Instant>,
    /// Until then nobody listens to notifications: the last ones told nothing.
    rest_until: Option<Instant>,
    /// Earliest first.
    planned: Vec<Planned>,
}

/// How thoroughly to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// At what is said to have moved.
    AtWhatMoved,
    /// The same, where somebody was killed meanwhile.
    IfKilled,
    /// At every counter, where somebody was killed meanwhile.
    Closely,
}

#[derive(Clone, Copy)]
struct Planned {
    at: Instant,
    look: Look,
}

impl Schedule {
    /// A schedule with ticks only.
    pub fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, tick: now + interval, last_look: None, rest_until: None, planned: Vec::new() }
    }

    /// Ticks so often after the next tick.
    pub const fn tick_every(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// When to look next.
    pub fn next(&self) -> Instant {
        self.planned.first().map_or(self.tick, |planned| planned.at.min(self.tick))
    }

    /// When to look, or at least to listen again.
    pub fn next_step(&self, now: Instant) -> Instant {
        let next = self.next();
        self.rest_until.filter(|until| *until > now).map_or(next, |until| until.min(next))
    }

    /// Whether notifications are worth hearing now.
    pub fn is_listening(&self, now: Instant) -> bool {
        self.planned.is_empty() && self.rest_until.is_none_or(|until| until <= now)
    }

    /// Notes that a notification told nothing: where processes are moved by the hundred, so many of them come.
    pub fn rest(&mut self, now: Instant) {
        self.rest_until = Some(now + GAP);
    }

    /// Whether it is time to look.
    pub fn is_due(&self, now: Instant) -> bool {
        self.next() <= now
    }

    /// Whether it is high time.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.next() + LATE <= now
    }

    /// Plans a look because a cgroup's file changed: at once when the last one is long ago.
    pub fn plan_look(&mut self, now: Instant) {
        if self.planned.is_empty() {
            let at = self.last_look.map_or(now, |last| now.max(last + GAP));
            self.planned.push(Planned { at, look: Look::AtWhatMoved });
        }
    }

    /// Whether looks after a notification of v1 are still to come.
    pub fn is_after_notification(&self) -> bool {
        self.planned.iter().any(|planned| planned.look != Look::AtWhatMoved)
    }

    /// Whether a look that is due now is to be done whether or not somebody was killed.
    pub fn is_certain(&self, now: Instant) -> bool {
        let is_due = |planned: &Planned| planned.at <= now && planned.look == Look::AtWhatMoved;
        self.tick <= now || self.planned.iter().any(is_due)
    }

    /// Leaves out the looks that are due: nobody was killed.
    pub fn leave_out(&mut self, now: Instant) {
        self.last_look = Some(now);
        self.planned.retain(|planned| planned.at > now);
    }

    /// Plans looks because v1 says that a cgroup is out of memory, or that one is gone. A look that was planned before stays.
    pub fn plan_looks_after_notification(&mut self, now: Instant) {
        self.planned.truncate(1);
        let earliest = self.last_look.map_or(now, |last| last + GAP_AFTER_NOTIFICATION);
        for (index, after) in LOOKS_AFTER_NOTIFICATION.into_iter().enumerate() {
            let is_last = index + 1 == LOOKS_AFTER_NOTIFICATION.len();
            let look = if is_last { Look::Closely } else { Look::IfKilled };
            self.planned.push(Planned { at: earliest.max(now + after), look });
        }
        self.planned.sort_unstable_by_key(|planned| planned.at);
    }

    /// Notes that a look begins, and says which.
    pub fn begin_look(&mut self, now: Instant) -> Look {
        self.last_look = Some(now);
        // A tick that came a little late does not put off the next: every second shall have its look.
        let on_time = self.tick + self.interval;
        self.tick = if self.tick <= now && on_time > now { on_time } else { now + self.interval };
        let is_past = |planned: &&Planned| planned.at <= now;
        let is_close = self.planned.iter().filter(is_past).any(|planned| planned.look == Look::Closely);
        self.planned.retain(|planned| planned.at > now);
        if is_close { Look::Closely } else { Look::AtWhatMoved }
    }
}

#[cfg(test)]
mod tests {
    use super::{GAP, LATE, Look, Schedule};
    use std::time::{Duration, Instant};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_change_is_looked_at_once_and_then_not_too_often() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        assert!(!schedule.is_due(start));
        schedule.plan_look(start);
        assert!(schedule.is_due(start));
        assert_eq!(schedule.begin_look(start), Look::AtWhatMoved);
        schedule.plan_look(start);
        schedule.plan_look(start);
        assert_eq!(schedule.next(), start + GAP);
    }

    #[test]
    fn a_storm_of_notifications_does_not_put_off_the_look() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        for millis in 0..50 {
            schedule.plan_looks_after_notification(start + Duration::from_millis(millis));
        }
        assert_eq!(schedule.next(), start + Duration::from_millis(3));
    }

    #[test]
    fn the_last_look_after_a_notification_is_a_close_one() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        schedule.plan_looks_after_notification(start);
        let mut looks = Vec::new();
        while !schedule.is_listening(start) {
            looks.push(schedule.begin_look(schedule.next()));
        }
        assert_eq!(looks, [Look::AtWhatMoved, Look::AtWhatMoved, Look::AtWhatMoved, Look::Closely]);
        assert!(schedule.next() >= start + Duration::from_millis(110) + SECOND);
    }

    #[test]
    fn notifications_that_tell_nothing_are_heard_more_rarely_and_cause_no_look() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        schedule.rest(start);
        assert!(!schedule.is_listening(start) && !schedule.is_due(start + GAP));
        assert_eq!(schedule.next_step(start), start + GAP);
        assert!(schedule.is_listening(start + GAP));
        assert_eq!(schedule.next_step(start + GAP), start + SECOND);
    }

    #[test]
    fn after_a_notification_without_a_kill_only_the_tick_is_certain() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        schedule.plan_looks_after_notification(start);
        let mut left_out = 0;
        while schedule.is_after_notification() {
            let now = schedule.next();
            assert!(schedule.is_due(now) && !schedule.is_certain(now));
            schedule.leave_out(now);
            left_out += 1;
        }
        assert_eq!((left_out, schedule.next()), (4, start + SECOND));
        assert!(schedule.is_certain(start + SECOND));
        schedule.plan_looks_after_notification(start);
        schedule.leave_out(start + GAP * 2);
        schedule.plan_look(start + GAP * 3);
        assert!(schedule.is_certain(start + GAP * 3));
    }

    #[test]
    fn looks_that_begin_late_leave_no_second_out() {
        let start = Instant::now();
        let mut schedule = Schedule::new(SECOND, start);
        for second in 1..100 {
            assert_eq!(schedule.next(), start + SECOND * second);
            schedule.begin_look(schedule.next() + LATE);
        }
        // After a long pause none is made up for.
        schedule.begin_look(start + SECOND * 500);
        assert_eq!(schedule.next(), start + SECOND * 501);
    }

    #[test]
    fn without_news_the_timer_ticks() {
        let start = Instant::now();
        let schedule = Schedule::new(SECOND, start);
        assert!(schedule.is_due(start + SECOND) && !schedule.is_overdue(start + SECOND));
        assert!(schedule.is_overdue(start + SECOND + LATE));
    }
}
