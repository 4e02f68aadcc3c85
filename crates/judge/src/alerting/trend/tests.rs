//! A pace is found without bias, and noise has none.

use super::{Left, ratio_followed, shrinking};
use kernel::bytes::Bytes;
use model::alert::Moment;
use model::alert::rules::{AlertRules, Band};
use model::cgroup::CgroupId;
use model::snapshot::Timestamp;
use proptest::prelude::{prop_assert, proptest};
use std::collections::BTreeMap;
use std::time::Duration;

const MIB: f64 = (1 << 20) as f64;

/// The pace at each look, in bytes a second: one look every so many milliseconds, of what is left then.
fn paces(cgroups: &[u64], left: &[u64], apart: u64) -> Vec<f64> {
    let mut trends = BTreeMap::new();
    let looks = (0..).map(|look| look * apart).zip(cgroups.iter().cycle().zip(left));
    let pace = |(millis, (cgroup, left)): (u64, (&u64, &u64))| {
        let uptime = Duration::from_secs(1_000) + Duration::from_millis(millis);
        let now = Moment { wall: Timestamp(0), uptime, boot: None };
        let left = Left { cgroup: CgroupId(*cgroup), headroom: Bytes(*left), is_followed: true };
        shrinking(&mut trends, "web", &left, &now)
    };
    looks.map(pace).collect()
}

/// In whole pages, as the kernel counts.
fn pages(bytes: f64) -> u64 {
    (bytes.max(0.0) as u64) / 4_096 * 4_096
}

/// Numbers from 0 to 1 that look like chance and are the same each time.
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    }
}

proptest! {
    #[test]
    fn the_time_left_of_steady_growth_is_true_as_soon_as_it_is_told(
        kib_per_second in 40_u32..200_000,
        seconds_left in 20.0_f64..900.0,
        apart in 500_u64..15_000,
    ) {
        let pace = f64::from(kib_per_second) * 1024.0;
        let at = |look: u32| pace * (seconds_left - f64::from(look) * apart as f64 / 1e3);
        let left: Vec<u64> = (0..60).map(at).take_while(|left| *left > pace).map(pages).collect();
        for (look, told) in paces(&[1], &left, apart).into_iter().enumerate() {
            let time = left[look] as f64 / told;
            let is_true = (0.8..1.25).contains(&(time / (left[look] as f64 / pace)));
            prop_assert!(is_true || (told == 0.0 && look < 6), "look {look}: {told} of {pace}");
        }
    }

    #[test]
    fn growth_with_noise_is_told_within_a_minute(seed in 0_u64..u64::MAX, mib_per_second in 0.2_f64..20.0) {
        let mut chance = chance(seed);
        let mut at = |look: u32| (400.0 - f64::from(look) + chance() * 2.0 - 1.0) * mib_per_second * MIB;
        let left: Vec<u64> = (0..60).map(&mut at).map(pages).collect();
        let told = paces(&[1], &left, 1_000)[59] / MIB;
        prop_assert!((0.75 * mib_per_second..1.25 * mib_per_second).contains(&told), "{told} of {mib_per_second}");
    }
}

#[test]
fn growth_that_begins_a_while_after_the_first_look_is_told_with_its_own_pace() {
    // 24 MiB are left for two minutes, then a fifth of a MiB less each second.
    let at = |second: i32| (24.0 - 0.2 * f64::from((second - 120).max(0))) * MIB;
    let left: Vec<u64> = (0..240).map(at).map(pages).collect();
    let told = paces(&[1], &left, 1_000);
    assert!(told[..=120].iter().all(|pace| *pace == 0.0), "{told:?}");
    // Less than ten percent of 200 MiB are left 20 s later.
    for (second, pace) in told.iter().enumerate().skip(140) {
        assert!((0.8..1.25).contains(&(pace / MIB / 0.2)), "{second}: {pace}");
    }
}

#[test]
fn noise_without_growth_has_no_pace() {
    for seed in 0..300 {
        let mut chance = chance(seed);
        let noise: Vec<u64> = (0..300).map(|_| pages((90.0 + chance() * 20.0) * MIB)).collect();
        let told = paces(&[1], &noise, 1_000);
        assert!(told.iter().all(|pace| *pace == 0.0), "{seed}: {told:?}");
    }
}

#[test]
fn what_trembles_or_is_emptied_again_and_again_has_no_pace() {
    for period in 2..=16 {
        let teeth: Vec<u64> = (0..300).map(|look| (60 - look % period * 2) << 20).collect();
        // The first rise cannot be told from growth, and for a while its end is a step.
        let told = paces(&[1], &teeth, 1_000);
        assert!(told[60..].iter().all(|pace| *pace == 0.0), "{period}: {told:?}");
    }
}

#[test]
fn another_cgroup_of_the_name_begins_anew() {
    let left: Vec<u64> = (0..40).map(|look| (200 - look) << 20).collect();
    assert!(paces(&[1], &left, 1_000)[10] > 0.0);
    assert_eq!(paces(&[1, 2], &left, 1_000), [0.0; 40]);
}

#[test]
fn who_is_told_of_early_is_followed_before() {
    let followed = |fires| {
        let headroom = Band { fires, ..AlertRules::default().headroom };
        ratio_followed(&AlertRules { headroom, ..AlertRules::default() })
    };
    assert_eq!(followed(0.1), 0.25);
    assert!(followed(0.4) > 0.5);
}
