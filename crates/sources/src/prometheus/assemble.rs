//! From what was gathered to histories: swap beside memory, kills with what could be held, limits, owners, remarks.

use crate::prometheus::gathered::{ContainerKey, Gathered, Oddities};
use crate::prometheus::query::{MEMORY, PARTS_SECONDS, Present, Rare, World};
use crate::prometheus::settings::{FetchSettings, FetchedHistories};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::history::{
    Histories, HistoryRemark, Kill, LimitsToday, MemoryParts, RemarkEffect, Sample, Series, WorkloadHistory,
};
use model::replica::Replica;
use model::swap_limit::SwapLimit;
use std::collections::BTreeMap;

/// What is known of the fetch as a whole.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Whose containers.
    pub world: World,
    /// What stands for memory in use.
    pub metric: &'static str,
    /// How far apart samples are.
    pub step_seconds: u64,
    /// What is to be said of the clocks.
    pub clock_remark: Option<String>,
    /// What the server warned of.
    pub warnings: Vec<String>,
}

/// The kernel's "no limit" is far above this, and no machine has as much.
const UNLIMITED_BYTES: f64 = 1_152_921_504_606_846_976.0;

/// Two tellers of a kill see it within so many steps of each other.
const SAME_KILL_STEPS: u64 = 2;

/// A container that starts again is seen twice for a few minutes; more is two containers of one name, or two scrapers.
const TWICE_MAX: usize = 12;

/// How many are named in a remark.
const NAMED_MAX: usize = 3;

/// The histories.
#[must_use]
pub fn histories(mut gathered: Gathered, settings: &FetchSettings, of: &Circumstances) -> FetchedHistories {
    let origin = settings.url.to_string();
    let mut replicas = BTreeMap::new();
    let mut workloads = Vec::with_capacity(gathered.peaks.len());
    let (mut damaged, mut ownerless) = (Vec::new(), Vec::new());
    for (key, samples) in std::mem::take(&mut gathered.peaks) {
        let name = key.name();
        if samples.is_empty() {
            damaged.push(name);
            continue;
        }
        let owner = gathered.workload(&key);
        if owner.is_none() && of.world == World::Kubernetes {
            ownerless.push(name.clone());
        }
        replicas.insert(name.clone(), replica(&key, owner, of.world));
        let count = samples.len();
        let series = with_swap(&gathered, &key, samples);
        let twice = count.saturating_sub(series.samples().len());
        if twice > TWICE_MAX {
            gathered.oddities.entry(key.clone()).or_default().twice = twice as u64;
        }
        workloads.push(WorkloadHistory {
            parts: parts(&gathered, &key, &series),
            series,
            kills: kills(&gathered, &key, of.step_seconds),
            limits: limits(&gathered, &key),
            origin: origin.clone(),
            name,
        });
    }
    let remarks = remarks(&gathered, of, &damaged, &ownerless);
    let remarks = remarks
        .into_iter()
        .map(|(words, effect)| HistoryRemark {
            origin: origin.clone(),
            line: None,
            column: None,
            words,
            effect,
        })
        .collect();
    let histories = Histories { workloads, remarks };
    FetchedHistories { histories, replicas, interval_seconds: of.step_seconds, read_bytes: 0 }
}

fn replica(key: &ContainerKey, owner: Option<(String, String)>, world: World) -> Replica {
    let ContainerKey { cluster, namespace, pod, container } = key.clone();
    let (kind, workload) = owner.unwrap_or_else(|| match world {
        World::Kubernetes => ("Pod".to_owned(), pod.clone()),
        World::Engine => (String::new(), container.clone()),
    });
    Replica { cluster, namespace, kind, workload, pod, container }
}

/// Memory and swap of the same step: what would have to fit if there were no swap.
fn with_swap(gathered: &Gathered, key: &ContainerKey, mut samples: Vec<Sample>) -> Series {
    let swap = swap(gathered, key);
    if !swap.is_empty() {
        for sample in &mut samples {
            let beside = swap.get(&sample.seconds).copied().unwrap_or_default();
            sample.usage = Bytes(sample.usage.0.saturating_add(beside));
        }
    }
    Series::new(samples)
}

/// Swap in use by moment; of two tellers the larger.
fn swap(gathered: &Gathered, key: &ContainerKey) -> BTreeMap<i64, u64> {
    let mut swap: BTreeMap<i64, u64> = BTreeMap::new();
    for rare in [Rare::Swap, Rare::KubeletSwap] {
        for sample in gathered.rare.get(&(key.clone(), rare)).into_iter().flatten() {
            let held = swap.entry(sample.seconds).or_default();
            *held = (*held).max(sample.usage.0);
        }
    }
    swap
}

fn kills(gathered: &Gathered, key: &ContainerKey, step_seconds: u64) -> Vec<Kill> {
    let of = |rare| gathered.rare.get(&(key.clone(), rare)).map_or(&[][..], Vec::as_slice);
    let ended: Vec<i64> = of(Rare::OomKilled).iter().map(|sample| sample.seconds).collect();
    let is_told =
        |seconds: i64| ended.iter().any(|end| end.abs_diff(seconds) <= SAME_KILL_STEPS * step_seconds);
    let inside = of(Rare::OomEvent).iter().map(|sample| sample.seconds).filter(|seconds| !is_told(*seconds));
    let mut moments: Vec<i64> = ended.iter().copied().chain(inside).collect();
    moments.sort_unstable();
    moments.dedup();
    let swap = swap(gathered, key);
    let limits = gathered.limits_when_killed.get(key);
    let limit_at = |seconds: i64| {
        let limits = limits.into_iter().flatten();
        limits.filter(|limit| limit.seconds == seconds).map(|limit| limit.usage.0).max()
    };
    let kill = |seconds: i64| {
        // At a kill the memory is at its limit, and whatever swap was allowed is full.
        let before = seconds.saturating_sub(step_seconds.cast_signed());
        let swapped = swap.range(before..=seconds).map(|(_, bytes)| *bytes).max().unwrap_or_default();
        Kill { seconds, total: limit_at(seconds).map(|limit| Bytes(limit.saturating_add(swapped))) }
    };
    moments.into_iter().map(kill).collect()
}

fn limits(gathered: &Gathered, key: &ContainerKey) -> Option<LimitsToday> {
    let known = gathered.present.get(key)?;
    let now = |present| known.get(&present).copied();
    let bytes = |present| now(present).filter(|value| is_limit(*value)).map(|value| Bytes(value as u64));
    let swap = now(Present::SwapLimit).filter(|value| *value >= 0.0).map(|value| {
        SwapLimit(if value < UNLIMITED_BYTES { Limit::At(Bytes(value as u64)) } else { Limit::Unlimited })
    });
    let (limit, request) = (bytes(Present::Limit), bytes(Present::Request));
    if limit.is_some() || request.is_some() || now(Present::Container).is_some() {
        return Some(LimitsToday { memory: limit, request, swap });
    }
    now(Present::KernelLimit).map(|_| LimitsToday {
        memory: bytes(Present::KernelLimit),
        request: None,
        swap,
    })
}

/// Swapped memory is anonymous too: without it a container that swaps much would seem to have little to swap.
fn parts(gathered: &Gathered, key: &ContainerKey, series: &Series) -> Option<MemoryParts> {
    let known = gathered.present.get(key)?;
    let part = |present| {
        let value = known.get(&present).copied();
        value.filter(|value| value.is_finite() && *value >= 0.0).map(|value| Bytes(value as u64))
    };
    let recent = series.samples().last()?.seconds.saturating_sub(PARTS_SECONDS.cast_signed());
    let swapped = Bytes(swap(gathered, key).range(recent..).map(|(_, bytes)| *bytes).max().unwrap_or(0));
    let (active, inactive) = (part(Present::ActiveFile), part(Present::InactiveFile));
    let cached = part(Present::Cache).zip(active).zip(inactive);
    let parts = MemoryParts {
        whole: part(Present::WorkingSet)?.saturating_add(swapped),
        anonymous: part(Present::Anonymous).map(|bytes| bytes.saturating_add(swapped)),
        active_file: active,
        shared: cached
            .map(|((cache, active), inactive)| cache.saturating_sub(active).saturating_sub(inactive)),
    };
    let is_told = parts.anonymous.is_some() || parts.active_file.is_some();
    is_told.then_some(parts)
}

fn is_limit(value: f64) -> bool {
    value > 0.0 && value < UNLIMITED_BYTES
}

fn remarks(
    gathered: &Gathered,
    of: &Circumstances,
    damaged: &[String],
    ownerless: &[String],
) -> Vec<(String, RemarkEffect)> {
    let mut remarks = Vec::new();
    let mut say = |words: String, effect| remarks.push((words, effect));
    for words in &of.warnings {
        let words = format!("the answer is not whole, and what is missing could be a peak: {words}");
        say(words, RemarkEffect::Refused);
    }
    if let Some(words) = &of.clock_remark {
        say(words.clone(), RemarkEffect::Kept);
    }
    if Some(&of.metric) != MEMORY.first() {
        let why = if of.metric == "container_memory_rss" {
            "without files and tmpfs"
        } else {
            "page cache included"
        };
        let words = format!(
            "it has no {}: {} is taken, {why}",
            MEMORY.first().copied().unwrap_or_default(),
            of.metric
        );
        say(words, RemarkEffect::Kept);
    }
    if !ownerless.is_empty() {
        let words = format!(
            "the workload of {} pods is not known ({}): each stands for itself. kube-state-metrics would tell (kube_pod_owner)",
            ownerless.len(),
            some(ownerless)
        );
        say(words, RemarkEffect::Kept);
    }
    for name in damaged {
        say(
            format!("`{name}` is left out: none of its values is an amount of memory"),
            RemarkEffect::Refused,
        );
    }
    for (words, count) in ODD {
        let odd: Vec<String> = gathered
            .oddities
            .iter()
            .filter(|(key, odd)| count(odd) > 0 && !damaged.contains(&key.name()))
            .map(|(key, odd)| format!("`{}`, {}", key.name(), count(odd)))
            .collect();
        if !odd.is_empty() {
            say(format!("{} containers have {words} ({})", odd.len(), some(&odd)), RemarkEffect::Kept);
        }
    }
    remarks
}

type Count = fn(&Oddities) -> u64;

/// What is odd, and how often it is.
const ODD: [(&str, Count); 4] = [
    ("values that are no number; they are left out", |odd| odd.not_numbers),
    ("values below zero, as no amount in use is; they are left out", |odd| odd.negative),
    ("samples that are not later than those before; of one moment the largest counts", |odd| odd.unordered),
    (
        "more than one series at a time (two scrapers, or two clusters without the label `cluster`?); of one moment the largest counts",
        |odd| odd.twice,
    ),
];

fn some(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    if more > 0 { format!("{} and {more} more", first.join("; ")) } else { first.join("; ") }
}
