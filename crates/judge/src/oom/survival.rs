//! Which limit would have survived: a lower bound, because a kill hides how much more would have been wanted.

use crate::oom::facts::Facts;
use crate::oom::trend;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::report::CounterName;
use model::incident::cause::{Cause, CauseKind};
use model::incident::survival::{Advice, Censored, Growth, Survival};
use model::incident::{CeilingState, Role, Scope};
use model::reading::Reading;
use model::swap_limit::{MemoryAndSwapLimit, SwapLimit};

/// A page: the least that was asked for when the kill came.
const PAGE: Bytes = Bytes(4096);

/// Growth of a hundredth of the limit in a minute is still growth at the kill.
const GROWING_RATIO_PER_MINUTE: f64 = 0.01;

/// Room above a lower bound, to look at the thing in peace: a quarter, as VPA and most people do. Not a recommendation.
const TRY_RATIO: (u64, u64) = (5, 4);

/// What would have survived.
#[must_use]
pub fn survival(facts: &Facts<'_>) -> Survival {
    let counter = facts.hit.get().unwrap_or(CounterName::Memory);
    let growth = trend::growth(growing(facts));
    let lower_bound = lower_bound(facts, counter);
    let censored = match lower_bound.get() {
        None if facts.is_limited_by_cgroup() || facts.level.scope == Scope::Unknown => Censored::Unknown,
        None => Censored::NoLimitHit,
        Some(bound) if growth.is_some_and(|growth| is_growing(growth, bound)) => Censored::WhileGrowing,
        Some(_) => Censored::AtLimit,
    };
    Survival { counter, lower_bound, unreclaimable: facts.unreclaimable(), growth: growth.into(), censored }
}

/// The figures from which commands are made.
#[must_use]
pub fn advice(facts: &Facts<'_>, survival: &Survival, cause: &Cause) -> Advice {
    let memory = facts.ceiling(CounterName::Memory).map(|ceiling| ceiling.limit);
    let memory_limit = Reading::from(memory).or_if_absent(|| facts.level.limit.clone());
    let bound = match cause.kind {
        // More of the same limit would be filled just as well.
        CauseKind::Leak | CauseKind::Requested | CauseKind::Fragmentation | CauseKind::NodesRestricted => {
            Reading::Absent
        }
        CauseKind::LimitTooSmall
        | CauseKind::Spike
        | CauseKind::Tmpfs
        | CauseKind::KernelMemory
        | CauseKind::UnwrittenCache
        | CauseKind::Neighbour
        | CauseKind::NodeOvercommit
        | CauseKind::GroupCollateral
        | CauseKind::SwapExhausted
        | CauseKind::Unknown => bound_of_memory(facts, survival),
    };
    Advice {
        path: facts.level.path.clone(),
        memory_limit,
        memory_least: bound.map(|bound| Bytes(bound.0 / TRY_RATIO.1 * TRY_RATIO.0)),
        swap_limit: swap_limit(facts),
        swap_least: Reading::Absent,
    }
}

/// The bound on memory alone: where both together were short, what was short of both is added to memory.
fn bound_of_memory(facts: &Facts<'_>, survival: &Survival) -> Reading<Bytes> {
    match survival.counter {
        CounterName::Memory => survival.lower_bound.clone(),
        CounterName::MemorySwap => {
            let limit = |counter| facts.ceiling(counter).and_then(|ceiling| ceiling.limit.bytes());
            let memory = limit(CounterName::Memory).or(limit(CounterName::MemorySwap));
            let short = limit(CounterName::MemorySwap)
                .zip(survival.lower_bound.get())
                .map(|(limit, bound)| bound.saturating_sub(limit));
            memory.zip(short).map(|(memory, short)| memory.saturating_add(short)).into()
        }
        CounterName::Swap | CounterName::Kmem => Reading::Absent,
    }
}

/// The swap limit of the level, in swap alone.
#[must_use]
pub fn swap_limit(facts: &Facts<'_>) -> Reading<SwapLimit> {
    if let Some(swap) = facts.ceiling(CounterName::Swap) {
        return Reading::Value(SwapLimit(swap.limit));
    }
    let both = facts.ceiling(CounterName::MemorySwap).map(|ceiling| ceiling.limit);
    let memory = facts.ceiling(CounterName::Memory).map(|ceiling| ceiling.limit);
    let swap = both
        .zip(memory)
        .and_then(|(both, memory)| SwapLimit::from_combined(MemoryAndSwapLimit(both), memory).ok());
    swap.into()
}

/// The ceiling that was hit did not hold what was there and the allocation that failed; and not what earlier kills of the same
/// shortage had freed, which others took up.
fn lower_bound(facts: &Facts<'_>, counter: CounterName) -> Reading<Bytes> {
    if !facts.is_limited_by_cgroup() {
        return Reading::Absent;
    }
    let ceiling = facts.ceiling(counter).filter(|ceiling| ceiling.state == CeilingState::Full);
    let limit = ceiling.map_or_else(
        || facts.level.limit.get().and_then(Limit::bytes).or_else(|| facts.memory_limit()),
        |ceiling| ceiling.limit.bytes(),
    );
    let usage = facts.ceiling(counter).map(|ceiling| ceiling.usage);
    let Some(full) = limit.max(usage) else { return Reading::Absent };
    let order = facts.report.order.and_then(|order| u32::try_from(order).ok()).unwrap_or(0).min(20);
    let burst = Bytes(PAGE.0 << order);
    Reading::Value(full.saturating_add(burst).saturating_add(freed_before_last(facts)))
}

/// Processes that were all there when the first was killed: what every one but the last held was freed and filled again.
fn freed_before_last(facts: &Facts<'_>) -> Bytes {
    let alone: Vec<Bytes> = facts
        .victims
        .iter()
        .filter(|victim| matches!(victim.role, Role::Chosen | Role::Next))
        .map(|victim| victim.process.anon_rss.unwrap_or_default())
        .collect();
    let before_last = alone.len().saturating_sub(1);
    alone.into_iter().take(before_last).sum()
}

fn growing<'f, 'a>(facts: &'f Facts<'a>) -> &'f [&'a model::incident::observed::CgroupMoment] {
    if facts.own_moments.is_empty() { &facts.level_moments } else { &facts.own_moments }
}

#[allow(clippy::cast_precision_loss)]
fn is_growing(growth: Growth, bound: Bytes) -> bool {
    growth.bytes_per_second * 60.0 >= bound.0 as f64 * GROWING_RATIO_PER_MINUTE
}
