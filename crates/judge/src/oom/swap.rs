//! What swap, or more of it, would have changed.

use crate::oom::consumer::DOMINANT_RATIO;
use crate::oom::facts::Facts;
use crate::oom::rules::swap_room;
use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use model::incident::cause::{Cause, CauseKind, Evidence};
use model::incident::survival::{Growth, NoHelp, Survival, SwapCost, SwapCounterfactual};
use model::incident::{CeilingState, Scope};
use model::reading::Reading;
use std::time::Duration;

/// When less than a twentieth of the memory was idle, swapping would have been waiting.
const IDLE_RATIO_MIN: f64 = 0.05;

/// Pages that came back (4 MiB of them): swap was already paid for with waiting.
const REFAULTS_MANY: u64 = 1_024;

/// What swap would have changed.
#[must_use]
pub fn counterfactual(facts: &Facts<'_>, cause: &Cause, survival: &Survival) -> SwapCounterfactual {
    if let Some(no_help) = no_help(facts, cause) {
        return SwapCounterfactual::CannotHelp(no_help);
    }
    if let Some(limit) = full(facts) {
        return SwapCounterfactual::WasFull { limit };
    }
    if is_used(facts) && facts.ceilings.is_empty() {
        return SwapCounterfactual::Unknown(
            "some of it was in swap already, and how much more it might have taken the log does not tell"
                .to_owned(),
        );
    }
    if has_room(facts) {
        return SwapCounterfactual::Unknown(
            "some of it was in swap and the limit left room for more; whether the machine's swap was full a report of a cgroup does not tell"
                .to_owned(),
        );
    }
    let memory = &facts.memory;
    let Some(anon) = memory.anon.get() else {
        return SwapCounterfactual::Unknown("the log does not tell what the memory was used for".to_owned());
    };
    let swappable = anon.saturating_add(memory.shmem.get().unwrap_or_default());
    match cause.kind {
        CauseKind::Leak | CauseKind::Spike => {
            let time = survival.growth.get().and_then(|growth| time_to_fill(swappable, growth));
            SwapCounterfactual::Delays { at_most: swappable, time: time.into() }
        }
        CauseKind::LimitTooSmall
        | CauseKind::Tmpfs
        | CauseKind::KernelMemory
        | CauseKind::UnwrittenCache
        | CauseKind::Neighbour
        | CauseKind::NodeOvercommit
        | CauseKind::GroupCollateral
        | CauseKind::SwapExhausted
        | CauseKind::Fragmentation
        | CauseKind::NodesRestricted
        | CauseKind::Requested
        | CauseKind::Unknown => absorbs(facts, swappable),
    }
}

/// The least swap worth trying: what would have gone there, when that is known and would help.
#[must_use]
pub const fn least(counterfactual: &SwapCounterfactual) -> Reading<Bytes> {
    match counterfactual {
        SwapCounterfactual::Absorbs { at_most, .. } => Reading::Value(*at_most),
        SwapCounterfactual::Delays { .. }
        | SwapCounterfactual::WasFull { .. }
        | SwapCounterfactual::CannotHelp(_)
        | SwapCounterfactual::Unknown(_) => Reading::Absent,
    }
}

fn no_help(facts: &Facts<'_>, cause: &Cause) -> Option<NoHelp> {
    match cause.kind {
        CauseKind::Requested => return Some(NoHelp::NotShort),
        CauseKind::Fragmentation | CauseKind::NodesRestricted => return Some(NoHelp::NotAmount),
        CauseKind::KernelMemory => return Some(NoHelp::KernelMemory),
        CauseKind::UnwrittenCache => return Some(NoHelp::PageCache),
        CauseKind::LimitTooSmall
        | CauseKind::Spike
        | CauseKind::Leak
        | CauseKind::Tmpfs
        | CauseKind::Neighbour
        | CauseKind::NodeOvercommit
        | CauseKind::GroupCollateral
        | CauseKind::SwapExhausted
        | CauseKind::Unknown => {}
    }
    let held = |bytes: Option<Bytes>| {
        let ratio = bytes.zip(facts.usage()).and_then(|(bytes, usage)| bytes.ratio_of(usage));
        ratio.is_some_and(|ratio| ratio >= DOMINANT_RATIO)
    };
    if held(facts.kernel_held()) {
        return Some(NoHelp::KernelMemory);
    }
    let is_combined = facts.hit.get() == Some(CounterName::MemorySwap)
        && facts.state(CounterName::Memory) == Some(CeilingState::Room);
    is_combined.then_some(NoHelp::CountedTogether)
}

/// Swap that was there and full, at the level or in the machine.
fn full(facts: &Facts<'_>) -> Option<Bytes> {
    let evidence = swap_room::swap_exhausted(facts)?.evidence.into_iter().next();
    if let Some(Evidence::Full { limit: full, .. } | Evidence::MachineSwapFull { total: full }) = evidence {
        return Some(full);
    }
    None
}

/// Whether something was swapped out: by the counters, or by the task table where swap is not accounted.
fn is_used(facts: &Facts<'_>) -> bool {
    let table = facts.report.tasks.rows.iter().any(|row| row.swapents.is_some_and(|swap| swap > Bytes::ZERO));
    facts.memory.swap.get().is_some_and(|swap| swap > Bytes::ZERO) || table
}

/// Swap was in use and its limit not reached: either the machine had none left, or the rest was wanted in memory.
fn has_room(facts: &Facts<'_>) -> bool {
    let has_room = |counter| facts.state(counter) == Some(CeilingState::Room);
    is_used(facts) && (has_room(CounterName::Swap) || has_room(CounterName::MemorySwap))
}

fn absorbs(facts: &Facts<'_>, swappable: Bytes) -> SwapCounterfactual {
    // The lists hold shared memory too and may be newer than the counters.
    let idle = facts.memory.inactive_anon.get().map(|idle| idle.min(swappable));
    let at_most = idle.unwrap_or(swappable);
    let whole = facts.usage().unwrap_or(swappable);
    let is_little = at_most.ratio_of(whole).is_none_or(|ratio| ratio < IDLE_RATIO_MIN);
    if is_little {
        let held = swappable.ratio_of(whole).is_some_and(|ratio| ratio >= IDLE_RATIO_MIN);
        let why = if held { NoHelp::InUse } else { NoHelp::PageCache };
        return SwapCounterfactual::CannotHelp(why);
    }
    SwapCounterfactual::Absorbs { at_most, cost: cost(facts) }
}

fn cost(facts: &Facts<'_>) -> SwapCost {
    let swapped = facts.memory.swap.get().is_some_and(|swap| swap > Bytes::ZERO);
    match facts.memory.refaults_anon.get() {
        Some(refaults) if refaults >= REFAULTS_MANY => SwapCost::Waits { refaults },
        Some(_) if swapped && facts.level.scope != Scope::Node => SwapCost::Little,
        Some(_) | None => SwapCost::Unknown,
    }
}

#[allow(clippy::cast_precision_loss)]
fn time_to_fill(amount: Bytes, growth: Growth) -> Option<Duration> {
    Duration::try_from_secs_f64(amount.0 as f64 / growth.bytes_per_second).ok()
}
