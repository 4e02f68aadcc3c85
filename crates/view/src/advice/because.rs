//! The reasons of a recommendation, in sentences.

use crate::units::{bytes, duration, percent};
use kernel::bytes::Bytes;
use model::policy::AssignedBy;
use model::recommendation::{Advice, AdvisedWorkload, Because, Missing, SwapVeto};
use std::time::Duration;

/// What is left of a raise below this changes no recommendation.
const RAISE_TOLD_MIN: Bytes = Bytes::from_mib(1);

/// One reason.
#[must_use]
pub fn because(reason: &Because) -> String {
    match reason {
        Because::Peak { usage, age_seconds } => {
            format!("Peak: {}, {} before the newest sample.", bytes(*usage), time(*age_seconds))
        }
        Because::Window { span_seconds, samples } => {
            format!("Window: {} with {samples} samples.", time(*span_seconds))
        }
        Because::Margin { ratio, floor, young_ratio } => format!(
            "Margin above the peak: {} and {}, of it {} because the history is young.",
            percent(*ratio),
            bytes(*floor),
            percent(*young_ratio)
        ),
        Because::Usual { percentile, usage } => format!(
            "Memory: {} of the samples stay below {}, the newest weighing most; what is above goes to swap.",
            percent(*percentile),
            bytes(*usage)
        ),
        Because::Kills { count, raised_to, needed } => {
            let kills = crate::units::count(*count, "kill");
            // The raise halves every half day.
            let raise = (*raised_to >= RAISE_TOLD_MIN).then(|| {
                let raised_to = bytes(*raised_to);
                format!("memory and swap together are at least {raised_to}, half a day later half of it")
            });
            let needed = needed.map(|needed| {
                let needed = bytes(needed);
                format!("taken as a need of {needed}, more than any sample shows, and a peak for two weeks")
            });
            let words: Vec<String> = needed.into_iter().chain(raise).collect();
            if words.is_empty() {
                return format!("{kills}, too long ago to raise anything now.");
            }
            format!("{kills}: {}.", words.join("; "))
        }
        Because::Class { class, class_by, swap_ratio_max } => {
            let swap = if *swap_ratio_max > 0.0 {
                format!("swap of at most {swap_ratio_max:.1} times the memory")
            } else {
                "no swap, so the whole need is memory".to_owned()
            };
            format!("Class {}: {swap}. {}", class.name(), assigned(*class_by)).trim_end().to_owned()
        }
        Because::Veto(veto) => format!("No swap all the same: {}.", self::veto(*veto)),
        Because::Request { share, usage, cut_to } => request(*share, *usage, *cut_to),
        Because::LimitedSwap { wanted, given } => format!(
            "LimitedSwap: {} of swap were wanted, this request gives {}; what lacks is in the limit.",
            bytes(*wanted),
            bytes(*given)
        ),
        Because::LittleSwap { swap } => {
            format!("{} of swap would not be worth its handling: it is memory.", bytes(*swap))
        }
        Because::HotReplica { name, needs, others } => format!(
            "Replica {name} needs {}, the others {}: all get what it needs. Why it is hot is worth a look.",
            bytes(*needs),
            bytes(*others)
        ),
        Because::Leak { is_confirmed, bytes_per_day, seconds_left } => format!(
            "{} by {} a day: memory and swap as advised are full in {}. No limit mends a leak.",
            if *is_confirmed { "It leaks" } else { "It seems to leak" },
            bytes(*bytes_per_day),
            time(*seconds_left)
        ),
    }
}

fn request(share: f64, usage: Bytes, cut_to: Option<Bytes>) -> String {
    let hours = format!("{} of its hours stay below {}", percent(share), bytes(usage));
    match cut_to {
        None => format!("Request: {hours}."),
        Some(cut_to) => format!(
            "Request: {hours}, cut to {}: swap needs a request below the memory limit.",
            bytes(cut_to)
        ),
    }
}

const fn assigned(by: AssignedBy) -> &'static str {
    match by {
        AssignedBy::Default => {
            "The class is assumed, as no rule of the policy knows the name: --class CLASS sets it, and a rule of --policy FILE keeps it."
        }
        AssignedBy::Rule(_) | AssignedBy::Asked => "",
    }
}

const fn veto(veto: SwapVeto) -> &'static str {
    match veto {
        SwapVeto::GarbageCollectedHeap => "a collector walks the whole heap and would read it back from swap",
        SwapVeto::PageCacheBound => "it lives of the file cache, which is dropped before anything is swapped",
        SwapVeto::TmpfsHeavy => "hardly any of its memory is anonymous",
    }
}

/// What is missing for advice.
#[must_use]
pub fn missing(missing: &Missing) -> String {
    match missing {
        Missing::Samples => "no samples but zeros".to_owned(),
        Missing::Span { seconds, seconds_min } => {
            format!("{} of history, {} are needed", time(*seconds), time(*seconds_min))
        }
        Missing::Count { samples, samples_min } => format!("{samples} samples, {samples_min} are needed"),
        Missing::Coverage { ratio, ratio_min } => {
            format!("samples for {} of the time, {} are needed", percent(*ratio), percent(*ratio_min))
        }
        Missing::Vanished { seconds } => format!("gone for {}", time(*seconds)),
    }
}

/// Why a workload has no advice: what its history lacks.
#[must_use]
pub fn none(workload: &AdvisedWorkload) -> String {
    let why = match &workload.advice {
        Advice::NotEnough(lacking) => lacking.first().map(missing),
        Advice::Recommended(_) => None,
    };
    format!("no advice, {}", why.unwrap_or_else(|| "the history is too thin".to_owned()))
}

fn time(seconds: u64) -> String {
    duration(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::{Because, Bytes, because};

    #[test]
    fn a_request_that_is_cut_says_what_it_is_cut_to() {
        let reason = |cut_to| Because::Request { share: 0.95, usage: Bytes::from_mib(380), cut_to };
        assert_eq!(because(&reason(None)), "Request: 95% of its hours stay below 380 MiB.");
        let cut = because(&reason(Some(Bytes::from_mib(219))));
        assert!(cut.contains("below 380 MiB") && cut.contains("cut to 219 MiB"), "{cut}");
    }
}
