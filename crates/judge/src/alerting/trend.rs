//! How fast what is left gets less: smoothed, so that one allocation is no trend.

use kernel::bytes::Bytes;
use model::alert::Moment;
use model::alert::book::Trend;
use model::cgroup::CgroupId;
use std::collections::BTreeMap;

/// After so long a new pace counts for two thirds.
const SMOOTHING_SECONDS: f64 = 30.0;

/// Only those who have less than this share left are followed: the others' pace decides nothing.
pub const HEADROOM_RATIO_FOLLOWED: f64 = 0.25;

/// What is left now, of how much.
pub struct Left {
    /// Whose.
    pub cgroup: CgroupId,
    /// What is left.
    pub headroom: Bytes,
    /// Of this limit.
    pub limit: Bytes,
}

/// How much less is left each second; zero while there is one look only.
pub fn shrinking(trends: &mut BTreeMap<String, Trend>, name: &str, left: &Left, now: &Moment) -> f64 {
    if left.headroom.ratio_of(left.limit).is_none_or(|ratio| ratio >= HEADROOM_RATIO_FOLLOWED) {
        trends.remove(name);
        return 0.0;
    }
    let before = trends.get(name).filter(|trend| trend.cgroup == left.cgroup);
    let bytes_per_second = before.map_or(0.0, |trend| {
        let seconds = now.since(&trend.at).as_secs_f64();
        if seconds <= 0.0 {
            return trend.bytes_per_second;
        }
        let pace = (trend.headroom.0 as f64 - left.headroom.0 as f64) / seconds;
        let weight = 1.0 - (-seconds / SMOOTHING_SECONDS).exp();
        trend.bytes_per_second + weight * (pace - trend.bytes_per_second)
    });
    let trend = Trend { cgroup: left.cgroup, at: *now, headroom: left.headroom, bytes_per_second };
    trends.insert(name.to_owned(), trend);
    bytes_per_second
}

#[cfg(test)]
mod tests {
    use super::{Left, shrinking};
    use kernel::bytes::Bytes;
    use model::alert::Moment;
    use model::cgroup::CgroupId;
    use model::snapshot::Timestamp;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn pace(cgroups: &[u64], left_mib: &[u64]) -> f64 {
        let mut trends = BTreeMap::new();
        let mut pace = 0.0;
        for (second, (cgroup, left)) in cgroups.iter().cycle().zip(left_mib).enumerate() {
            let now = Moment { wall: Timestamp(0), uptime: Duration::from_secs(second as u64), boot: None };
            let left = Left {
                cgroup: CgroupId(*cgroup),
                headroom: Bytes::from_mib(*left),
                limit: Bytes::from_mib(1000),
            };
            pace = shrinking(&mut trends, "web", &left, &now);
        }
        pace / f64::from(1 << 20)
    }

    #[test]
    fn a_steady_pace_is_found_within_two_minutes() {
        let steady: Vec<u64> = (0..120).map(|second| 240 - second).collect();
        assert!((0.95..=1.0).contains(&pace(&[1], &steady)), "{}", pace(&[1], &steady));
    }

    #[test]
    fn what_trembles_has_no_pace() {
        let trembling: Vec<u64> = (0..121).map(|second| 100 + second % 2 * 20).collect();
        assert!(pace(&[1], &trembling).abs() < 0.5, "{}", pace(&[1], &trembling));
    }

    #[test]
    fn another_cgroup_of_the_name_begins_anew() {
        assert_eq!(pace(&[1, 2], &[200, 100, 50]), 0.0);
    }
}
