//! Advice for a workload that leaks: no limit mends that, and whoever sets one should know how long it lasts.

use crate::leak::{Verdict, judge};
use kernel::bytes::Bytes;
use model::history::WorkloadHistory;
use model::leak::{Leak, LeakCertainty};
use model::recommendation::{Because, Recommendation};

/// What the histories of its replicas say against the recommendation: the surest leak, and of those the fastest.
#[must_use]
pub fn because(
    histories: &[&WorkloadHistory],
    interval_seconds: u64,
    advised: &Recommendation,
) -> Option<Because> {
    let leaks = histories.iter().filter_map(|history| match judge(history, interval_seconds) {
        Verdict::Leak(leak) => Some(*leak),
        Verdict::TooShort | Verdict::Healthy => None,
    });
    let key = |leak: &Leak| (is_confirmed(leak), leak.bytes_per_day);
    let leak = leaks.max_by(|one, other| {
        let ((one, slow), (other, fast)) = (key(one), key(other));
        one.cmp(&other).then(slow.total_cmp(&fast))
    })?;
    let room = advised.memory.saturating_add(advised.swap).saturating_sub(leak.usage).0;
    Some(Because::Leak {
        is_confirmed: is_confirmed(&leak),
        bytes_per_day: Bytes(leak.bytes_per_day as u64),
        seconds_left: (room as f64 / leak.bytes_per_day * crate::leak::DAY_SECONDS as f64) as u64,
    })
}

fn is_confirmed(leak: &Leak) -> bool {
    match leak.certainty {
        LeakCertainty::Suspected => false,
        LeakCertainty::Confirmed(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::because;
    use crate::leak::DAY_SECONDS;
    use kernel::bytes::Bytes;
    use model::history::WorkloadHistory;
    use model::recommendation::{Because, Confidence, Recommendation};
    use testkit::leak_families::{Family, series};

    fn advised(memory: Bytes) -> Recommendation {
        let (request, because) = (memory, Vec::new());
        Recommendation { memory, request, swap: Bytes::ZERO, because, confidence: Confidence::Low }
    }

    fn of(family: Family, hours: u64) -> Option<(WorkloadHistory, Because)> {
        let history = series(family, 1, hours, 9).into_iter().next()?;
        let room = history.series.samples().last()?.usage.saturating_add(Bytes::from_mib(100));
        let said = because(&[&history], 60, &advised(room))?;
        Some((history, said))
    }

    #[test]
    fn a_leak_says_how_long_the_advice_lasts() {
        let (_, Because::Leak { is_confirmed, bytes_per_day, seconds_left }) =
            of(Family::SlowLeak, 72).unwrap()
        else {
            panic!("another reason")
        };
        assert!(is_confirmed);
        let expected = Bytes::from_mib(100).0 as f64 / bytes_per_day.0 as f64 * DAY_SECONDS as f64;
        assert!((seconds_left as f64 - expected).abs() <= 0.01 * expected, "{seconds_left}, {expected}");
    }

    #[test]
    fn what_does_not_leak_is_not_spoken_of() {
        for family in Family::HEALTHY {
            assert_eq!(of(family, 72).map(|(_, said)| said), None, "{family:?}");
        }
    }

    #[test]
    fn what_is_full_already_has_no_time_left() {
        let history = series(Family::SlowLeak, 1, 72, 9).remove(0);
        let said = because(&[&history], 60, &advised(Bytes::from_mib(1)));
        assert!(matches!(said, Some(Because::Leak { seconds_left: 0, .. })), "{said:?}");
    }
}
