//! What holds for every report.

use crate::seen::{Seen, WEB};
use model::reading::Reading;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use testkit::oom_text::Text;

/// A report with these MiB of anonymous, shared, file, kernel memory and this usage and limit.
fn report(anon: u64, shmem: u64, file: u64, kernel: u64, limit: u64, order: i32) -> Text {
    let usage = (anon + shmem + file + kernel).min(limit);
    let mut text = Text::hog(WEB)
        .stat_mib("anon", anon)
        .stat_mib("shmem", shmem)
        .stat_mib("file", file + shmem)
        .stat_mib("kernel", kernel);
    text.counters = vec![("memory", usage << 10, limit << 10), ("swap", 0, 0)];
    text.order = order;
    text
}

proptest! {
    #[test]
    fn the_bound_is_never_below_the_limit_hit(
        anon in 0_u64..4096, shmem in 0_u64..4096, file in 0_u64..4096, kernel in 0_u64..4096,
        limit in 1_u64..8192, order in 0_i32..4,
    ) {
        let incident = Seen::log(&report(anon, shmem, file, kernel, limit, order).whole()).incident();
        if let (Reading::Value(bound), Some(limit)) =
            (incident.survival.lower_bound.clone(), incident.limit_hit().get().and_then(kernel::limit::Limit::bytes))
        {
            prop_assert!(bound > limit);
        }
    }

    #[test]
    fn more_witnesses_and_more_history_never_make_it_less_sure(
        anon in 1_u64..64, shmem in 0_u64..64, file in 0_u64..64, kernel in 0_u64..64,
        looks in proptest::collection::vec((1_u64..200, 0_u64..64), 0..8), kills in 0_u64..3,
    ) {
        let text = report(anon, shmem, file, kernel, 64, 0).whole();
        let alone = Seen::log(&text).incident();
        let mut seen = Seen::log(&text).rose(WEB, kills);
        for (before, usage) in looks {
            seen = seen.moment(WEB, before, usage, 64);
        }
        let all = seen.judged().incidents;
        let more = all.iter().find(|it| it.id == alone.id).unwrap();
        prop_assert!(more.cause.confidence >= alone.cause.confidence);
        prop_assert!(more.confidence >= alone.confidence);
    }

    #[test]
    fn a_report_seen_again_in_any_part_is_one_incident_of_the_same_name(cut in 0_usize..20) {
        let whole = Text::hog(WEB).whole();
        let part: String = whole.lines().skip(cut).map(|line| format!("{line}\n")).collect();
        let mut seen = Seen::log(&whole);
        seen.logs.extend(Seen::log(&part).logs);
        prop_assert_eq!(&seen.incident().id, &Seen::log(&whole).incident().id);
        prop_assert_eq!(&Seen::log(&part).incident().id, &Seen::log(&whole).incident().id);
    }
}
