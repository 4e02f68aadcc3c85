//! Whether swap was full or forbidden when memory ran out.

use crate::oom::facts::Facts;
use crate::oom::rules::found;
use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use model::incident::cause::{Cause, CauseKind, Confidence, Evidence};
use model::incident::{CeilingState, Machine};

/// What is left of swap when the machine is out of memory is a remainder that nobody can use: less than this, and less than a
/// sixteenth of a small swap.
const SWAP_FREE_MIN: Bytes = Bytes::from_mib(16);

/// Swap was full, forbidden, counted in, or not there.
#[must_use]
pub fn swap_exhausted(facts: &Facts<'_>) -> Option<Cause> {
    let evidence = exhausted(facts)?;
    found("swap_exhausted", CauseKind::SwapExhausted, Confidence::Certain, vec![evidence])
}

fn exhausted(facts: &Facts<'_>) -> Option<Evidence> {
    if let Some(machine) = &facts.memory.machine {
        return of_machine(machine);
    }
    if facts.swap_total.get() == Some(Bytes::ZERO) {
        return Some(Evidence::NoSwap);
    }
    for counter in [CounterName::Swap, CounterName::MemorySwap] {
        let Some(ceiling) = facts.ceiling(counter) else { continue };
        let Some(limit) = ceiling.limit.bytes() else { continue };
        match ceiling.state {
            CeilingState::Full if is_forbidden(facts, counter) => return Some(Evidence::SwapForbidden),
            CeilingState::Full => return Some(Evidence::Full { counter, limit }),
            CeilingState::Forbids => return Some(Evidence::SwapForbidden),
            CeilingState::Room => {}
        }
    }
    None
}

/// v1: equal limits of memory and of both together leave nothing for swap.
fn is_forbidden(facts: &Facts<'_>, counter: CounterName) -> bool {
    let limit = |counter| facts.ceiling(counter).map(|ceiling| ceiling.limit);
    counter == CounterName::MemorySwap && limit(CounterName::Memory) == limit(CounterName::MemorySwap)
}

/// Whether the machine had swap, and none left.
#[must_use]
pub fn of_machine(machine: &Machine) -> Option<Evidence> {
    let (total, free) = machine.swap_total.clone().zip(machine.swap_free.clone()).get()?;
    if total == Bytes::ZERO {
        return Some(Evidence::NoSwap);
    }
    (free < SWAP_FREE_MIN.min(Bytes(total.0 / 16))).then_some(Evidence::MachineSwapFull { total })
}
