//! A recommendation for one container from its history, with every reason that led to it.

use crate::recommend::class_cap::{self, ClassCap};
use crate::recommend::one_number::{OneNumber, Total, USUAL_SHARE};
use crate::recommend::two_numbers::{MEMORY_SHARE, TwoNumbers};
use crate::recommend::{Limits, MIB, Rule, confidence};
use crate::replay::grid::Grid;
use crate::replay::timing;
use kernel::bytes::Bytes;
use model::history::{Sample, Series, WorkloadHistory};
use model::policy::{AssignedBy, WorkloadClass};
use model::recommendation::{Advice, Because, Missing, Recommendation, SwapVeto};

/// What a recommendation rests on.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The history.
    pub history: &'a WorkloadHistory,
    /// How far apart samples are.
    pub interval_seconds: u64,
    /// The newest sample of all histories of the source.
    pub newest: i64,
    /// The workload's class.
    pub class: WorkloadClass,
    /// Who says so.
    pub class_by: AssignedBy,
    /// What the class allows of swap.
    pub cap: ClassCap,
    /// Why it gets none all the same.
    pub veto: Option<SwapVeto>,
}

/// Recommendations of so long ago still count.
const STEADY_SECONDS: u64 = 6 * 3600;

/// Less swap than this share of the memory is not worth its handling.
const SWAP_RATIO_MIN: f64 = 0.05;

/// Request and limit must differ by so much, or LimitedSwap gives nothing.
const REQUEST_BELOW: u64 = 1 << 20;

/// The advice.
#[must_use]
pub fn advise(asked: &Asked) -> Advice {
    // A container that uses nothing does not run.
    let samples = asked.history.series.samples().iter().copied();
    let running: Vec<Sample> = samples.filter(|sample| sample.usage > Bytes::ZERO).collect();
    let series = Series::new(running);
    let missing = confidence::missing(&series, asked.interval_seconds, asked.newest);
    let Some(peak) = series.peak().filter(|_| missing.is_empty()) else {
        return Advice::NotEnough(if missing.is_empty() { vec![Missing::Samples] } else { missing });
    };
    let cap = if asked.veto.is_some() { ClassCap::NoSwap } else { asked.cap };
    let ratio = class_cap::ratio(cap, peak.usage.0 as f64 * 1.3);
    let watched = watch(asked, &series, ratio);
    Advice::Recommended(recommendation(asked, &series, peak, cap, &watched))
}

/// What a rule came to at the end of a history.
struct Watched {
    limits: Limits,
    usual: Option<f64>,
    total: Total,
    kills: u64,
}

fn watch(asked: &Asked, series: &Series, ratio: f64) -> Watched {
    let timing = timing::timing(asked.interval_seconds, series.span_seconds());
    if ratio > 0.0 {
        let mut rule = TwoNumbers::new(&timing, ratio);
        let (limits, kills) = run(asked, series, &mut rule);
        Watched { limits, usual: Some(rule.usual()), total: rule.total, kills }
    } else {
        let mut rule = OneNumber::new(&timing);
        let (limits, kills) = run(asked, series, &mut rule);
        Watched { limits, usual: None, total: rule.total, kills }
    }
}

fn run(asked: &Asked, series: &Series, rule: &mut dyn Rule) -> (Limits, u64) {
    let grid = Grid::new(series, asked.interval_seconds);
    let begin = series.samples().first().map_or(0, |sample| sample.seconds);
    let end = grid.usage.len() as u64 * asked.interval_seconds;
    let mut kills = asked.history.kills.iter().filter(|kill| kill.seconds >= begin).peekable();
    // What was held at a kill is at least the memory, where swap is unlimited or not known.
    let today = asked.history.limits.and_then(|limits| {
        let swap = limits.swap.and_then(|swap| swap.0.bytes()).unwrap_or_default();
        Some(limits.memory?.saturating_add(swap))
    });
    let (mut limits, mut count) = (Limits::default(), 0);
    for (index, usage) in grid.usage.iter().copied().enumerate() {
        let seconds = index as u64 * asked.interval_seconds;
        rule.observe(seconds, usage);
        while let Some(kill) =
            kills.next_if(|kill| kill.seconds.abs_diff(begin) < seconds + asked.interval_seconds)
        {
            let total = kill.total.or(today).map_or(usage, |total| total.0 as f64);
            rule.oom(seconds, total.max(usage));
            count += 1;
        }
        if seconds + STEADY_SECONDS >= end {
            limits = rule.recommend(seconds);
        }
    }
    (limits, count)
}

fn recommendation(
    asked: &Asked,
    series: &Series,
    peak: Sample,
    cap: ClassCap,
    watched: &Watched,
) -> Recommendation {
    let mut because = reasons(asked, series, peak, cap, watched);
    let mut memory = whole_mib(watched.limits.memory);
    let mut swap = Bytes(whole_mib(watched.limits.memory + watched.limits.swap).0.saturating_sub(memory.0));
    if let ClassCap::Amount(amount) = cap {
        memory = memory.saturating_add(swap.saturating_sub(amount));
        swap = swap.min(amount);
    }
    if swap > Bytes::ZERO && (swap.0 as f64) < SWAP_RATIO_MIN * memory.0 as f64 {
        because.push(Because::LittleSwap { swap });
        (memory, swap) = (memory.saturating_add(swap), Bytes::ZERO);
    }
    let request = if swap == Bytes::ZERO {
        memory
    } else {
        let usage = Bytes(watched.total.peaks.upper_quantile(USUAL_SHARE) as u64);
        let (wanted, most) = (whole_mib(usage.0 as f64), memory.saturating_sub(Bytes(REQUEST_BELOW)));
        let cut_to = (wanted > most).then_some(most);
        because.push(Because::Request { share: USUAL_SHARE, usage, cut_to });
        wanted.min(most)
    };
    let confidence = confidence::of(series, asked.interval_seconds);
    Recommendation { memory, request, swap, because, confidence }
}

fn reasons(asked: &Asked, series: &Series, peak: Sample, cap: ClassCap, watched: &Watched) -> Vec<Because> {
    let last = series.samples().last().map_or(peak.seconds, |sample| sample.seconds);
    let total = &watched.total;
    let parts = total.margin.parts(total.peaks.burstiness(USUAL_SHARE), total.age_seconds);
    let mut because = vec![
        Because::Peak { usage: peak.usage, age_seconds: last.abs_diff(peak.seconds) },
        Because::Window { span_seconds: series.span_seconds(), samples: series.samples().len() as u64 },
        Because::Margin {
            ratio: parts.ratio,
            floor: Bytes(total.margin.floor as u64),
            young_ratio: parts.young_ratio,
        },
    ];
    if watched.kills > 0 {
        let raised_to = Bytes(total.bump.raised_to() as u64);
        let needed = Some(Bytes(total.peaks.peak() as u64)).filter(|needed| *needed > peak.usage);
        because.push(Because::Kills { count: watched.kills, raised_to, needed });
    }
    if let Some(usual) = watched.usual {
        because.push(Because::Usual { percentile: MEMORY_SHARE, usage: Bytes(usual as u64) });
    }
    let swap_ratio_max = class_cap::ratio(asked.cap, watched.limits.memory + watched.limits.swap);
    because.push(Because::Class { class: asked.class, class_by: asked.class_by, swap_ratio_max });
    because.extend(asked.veto.filter(|_| cap != asked.cap).map(Because::Veto));
    because
}

fn whole_mib(amount: f64) -> Bytes {
    Bytes(((amount / MIB).ceil() * MIB) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Asked, advise};
    use crate::recommend::class_cap::ClassCap;
    use kernel::bytes::Bytes;
    use model::history::{Kill, Sample, Series, WorkloadHistory};
    use model::policy::{AssignedBy, WorkloadClass};
    use model::recommendation::{Advice, Because, Confidence, Missing, Recommendation, SwapVeto};

    const MIB: u64 = 1 << 20;

    /// So many hours at one sample in five minutes: 400 MiB, and 700 at every hundredth.
    fn history(hours: u64) -> WorkloadHistory {
        let samples = (0..hours * 12).map(|step| Sample {
            seconds: i64::try_from(step * 300).unwrap(),
            usage: Bytes(if step % 100 == 50 { 700 } else { 400 } * MIB),
        });
        WorkloadHistory {
            name: "web".to_owned(),
            origin: "test".to_owned(),
            series: Series::new(samples.collect()),
            kills: Vec::new(),
            limits: None,
            parts: None,
        }
    }

    fn asked(history: &WorkloadHistory, cap: ClassCap) -> Asked<'_> {
        let newest = history.series.samples().last().map_or(0, |sample| sample.seconds);
        Asked {
            history,
            interval_seconds: 300,
            newest,
            class: WorkloadClass::Web,
            class_by: AssignedBy::Default,
            cap,
            veto: None,
        }
    }

    fn recommended(asked: &Asked) -> Recommendation {
        match advise(asked) {
            Advice::Recommended(recommendation) => recommendation,
            Advice::NotEnough(missing) => panic!("{missing:?}"),
        }
    }

    #[test]
    fn with_swap_memory_follows_the_usual_and_swap_takes_the_peak() {
        let history = history(14 * 24);
        let with = recommended(&asked(&history, ClassCap::Ratio(1.0)));
        let without = recommended(&asked(&history, ClassCap::NoSwap));
        assert!(with.memory < without.memory && with.memory.0 > 400 * MIB);
        assert!(with.memory.0 + with.swap.0 >= 700 * MIB * 5 / 4, "{with:?}");
        assert!(without.memory.0 > 735 * MIB && without.swap == Bytes::ZERO);
        // Equal to the limit it would forbid swap.
        assert!(with.request < with.memory && without.request == without.memory);
        assert_eq!(with.confidence, Confidence::High);
        assert!(with.because.iter().any(|reason| matches!(reason, Because::Usual { .. })));
        // Its hours reach 700 MiB, which no request below the limit is: the cut is told.
        let cut_to = with.because.iter().find_map(|reason| match reason {
            Because::Request { usage, cut_to, .. } if *usage > with.memory => Some(*cut_to),
            _ => None,
        });
        assert_eq!(cut_to, Some(Some(with.request)));
    }

    #[test]
    fn a_veto_and_a_kill_are_reasons() {
        let mut history = history(48);
        let calm = recommended(&asked(&history, ClassCap::Ratio(1.0)));
        let vetoed =
            Asked { veto: Some(SwapVeto::GarbageCollectedHeap), ..asked(&history, ClassCap::Ratio(1.0)) };
        let vetoed = recommended(&vetoed);
        assert_eq!(vetoed.swap, Bytes::ZERO);
        assert!(vetoed.because.contains(&Because::Veto(SwapVeto::GarbageCollectedHeap)));
        history.kills.push(Kill { seconds: 47 * 3600, total: Some(Bytes(1200 * MIB)) });
        let killed = recommended(&asked(&history, ClassCap::Ratio(1.0)));
        assert!(killed.memory.0 + killed.swap.0 > calm.memory.0 + calm.swap.0 + 300 * MIB);
        // No sample shows what the killed one needed, and the reason says so.
        let needed = |reason: &Because| match reason {
            Because::Kills { count: 1, needed, .. } => *needed,
            _ => None,
        };
        let needed = killed.because.iter().find_map(needed).unwrap();
        assert!(
            needed > Bytes(1200 * MIB) && killed.memory.saturating_add(killed.swap) > needed,
            "{killed:?}"
        );
    }

    #[test]
    fn thin_histories_say_what_is_missing() {
        let short = history(2);
        let Advice::NotEnough(missing) = advise(&asked(&short, ClassCap::NoSwap)) else { panic!() };
        assert_eq!(missing, [Missing::Span { seconds: 23 * 300, seconds_min: 10_800 }]);
        let gone = history(30);
        let gone = Asked { newest: 90 * 3600, ..asked(&gone, ClassCap::NoSwap) };
        let Advice::NotEnough(missing) = advise(&gone) else { panic!() };
        assert!(matches!(missing.as_slice(), [Missing::Vanished { .. }]));
    }
}
