//! Properties of the grammars of amounts.

use model::quantity::{docker, kubernetes};
use proptest::{prop_assert, prop_assert_eq, proptest};

proptest! {
    #[test]
    fn a_number_is_itself_in_every_notation(whole in 0_u32.., thousandths in 0_u16..1000) {
        let milli = i128::from(whole) * 1000 + i128::from(thousandths);
        for text in [
            format!("{whole}.{thousandths:03}"),
            format!("{milli}m"),
            format!("{milli}000u"),
            format!("{milli}e-3"),
            format!("+000{whole}.{thousandths:03}0000000000000000000000"),
            format!("0.{whole:010}{thousandths:03}e10"),
        ] {
            prop_assert_eq!(kubernetes::milli(&text), Some(milli), "{}", text);
            prop_assert_eq!(kubernetes::milli(&format!("-{}", text.trim_start_matches('+'))), Some(-milli));
        }
    }

    #[test]
    fn fractions_of_binary_units_are_rounded_up(whole in 0_u64..1 << 20, fraction in "[0-9]{1,30}", unit in 1_u32..=4) {
        let suffix = ["Ki", "Mi", "Gi", "Ti"][unit as usize - 1];
        let milli = kubernetes::milli(&format!("{whole}.{fraction}{suffix}")).unwrap_or(-1);
        let below = (i128::from(whole) * 1000) << (10 * unit);
        let above = (i128::from(whole + 1) * 1000) << (10 * unit);
        let is_whole = fraction.bytes().all(|digit| digit == b'0');
        let fits = if is_whole { milli == below } else { milli > below && milli <= above };
        prop_assert!(fits, "{} of {}.{}{}", milli, whole, fraction, suffix);
    }

    #[test]
    fn docker_knows_no_case_and_one_unit(number in 0_u32..1 << 20, unit in 0_u32..5) {
        let letter = ["b", "k", "m", "g", "t"][unit as usize];
        let expected = Some(u64::from(number) << (10 * unit));
        let endings = if unit == 0 { vec![""] } else { vec!["", "b", "ib"] };
        for text in endings.into_iter().map(|ending| format!("{number}{letter}{ending}")) {
            prop_assert_eq!(docker::bytes(&text), expected);
            prop_assert_eq!(docker::bytes(&text.to_uppercase()), expected);
            prop_assert_eq!(docker::bytes(&text.replace(letter, &format!(" {letter}"))), expected);
        }
    }

    #[test]
    fn no_text_stops_the_readers(text in "[-+.0-9eEinumkKMGTPb ]{0,12}|.{0,8}") {
        let _ = (kubernetes::milli(&text), docker::bytes(&text));
    }
}
