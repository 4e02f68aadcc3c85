//! No text makes the reader of dates panic, and a date that was printed comes back.

use kernel::oom_report::printed_date::read;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_text_is_a_date_or_none(text in "[0-9A-Za-z:.,+月年日é /\\-\\[\\]]{0,40}|\\PC{0,40}", year in any::<u32>(), offset in -64_800_i64..=64_800) {
        if let Ok(date) = read(&text) {
            let _ = date.unix_micros(year % 10_000, offset);
        }
    }

    #[test]
    fn a_printed_date_comes_back(seconds in 0_u64..4_102_444_800, hours in -12_i64..=14) {
        let local = i64::try_from(seconds).unwrap() + hours * 3_600;
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Counted by hand, a year at a time, as the reader does not.
        let (mut year, mut left) = (1969_u32, days + 365);
        let is_leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        while left >= 365 + i64::from(is_leap(year)) {
            left -= 365 + i64::from(is_leap(year));
            year += 1;
        }
        let lengths = [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while left >= lengths[month] {
            left -= lengths[month];
            month += 1;
        }
        let sign = if hours < 0 { '-' } else { '+' };
        let (hour, minute, rest) = (second / 3_600, second % 3_600 / 60, second % 60);
        let text = format!("{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{rest:02}{sign}{:02}:00", month + 1, left + 1, hours.abs());
        let date = read(&text).unwrap();
        prop_assert_eq!(date.offset_seconds, Some(hours * 3_600));
        prop_assert_eq!(date.unix_micros(year, hours * 3_600), Some(seconds * 1_000_000));
    }
}
