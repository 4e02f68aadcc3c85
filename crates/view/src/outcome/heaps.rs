//! A heap against its limit in words.

use crate::units;
use model::incident::exit::Language;
use model::outcome::heap::{HeapJudgement, HeapVerdict};

/// What the setting means under the limit, and what to set instead.
pub fn sentence(judgement: &HeapJudgement) -> String {
    let setting = match judgement.setting.variable {
        Some(variable) if !judgement.setting.text.starts_with(variable) => {
            format!("{} in {variable}", judgement.setting.text)
        }
        Some(_) | None => judgement.setting.text.clone(),
    };
    let amount =
        |bytes: Option<kernel::bytes::Bytes>| bytes.map_or_else(|| units::ABSENT.to_owned(), units::bytes);
    let (heap, limit) = (amount(judgement.heap), amount(judgement.limit));
    match judgement.verdict {
        HeapVerdict::ReachesLimit => format!(
            "{setting} allows {heap} under a limit of {limit}: the kernel kills it before {} is in need. {}",
            collector(judgement.setting.language),
            remedy(judgement)
        ),
        HeapVerdict::LittleRoom => format!(
            "{setting} allows {heap} under a limit of {limit}, which leaves little for {}. {}",
            beside(judgement.setting.language),
            remedy(judgement)
        ),
        HeapVerdict::Fits => format!("{setting} allows {heap} under a limit of {limit}: it fits."),
        HeapVerdict::NoLimit if judgement.heap.is_none() => {
            format!("{setting} is a share of the whole node: there is no limit.")
        }
        HeapVerdict::NoLimit => format!("{setting} allows {heap}; there is no limit to hold it against."),
    }
}

const fn collector(language: Language) -> &'static str {
    match language {
        Language::Jvm => "Java's garbage collector",
        Language::Node => "V8's garbage collector",
        Language::Go => "Go's garbage collector",
    }
}

const fn beside(language: Language) -> &'static str {
    match language {
        Language::Jvm => "metaspace, code, thread stacks and buffers",
        Language::Node => "buffers, code and the young generation",
        Language::Go => "C code and mapped files",
    }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn remedy(judgement: &HeapJudgement) -> String {
    let share = |ratio: f64| judgement.limit.map_or(0, |limit| (limit.0 as f64 * ratio / 1_048_576.0) as u64);
    match judgement.setting.language {
        Language::Jvm => {
            "Use -XX:MaxRAMPercentage=75 instead (with cgroup v2 from JDK 15, 11.0.16, 8u372 on).".to_owned()
        }
        Language::Node => format!("Use --max-old-space-size={}.", share(0.75)),
        Language::Go => format!("Use GOMEMLIMIT={}MiB.", share(0.9)),
    }
}
