//! Where what was declared, what systemd holds and what the kernel enforces disagree.
//!
//! Docker's record is written once; systemd writes a unit's attributes again whenever one of them changes. So a limit that
//! a runtime wrote past systemd lives only until then: `docker run -m 64m --memory-swap 64m` loses its "no swap" at an
//! unrelated `docker update --cpus` (measured with systemd 257, Docker 26.1, runc 1.1.15).

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::cgroup::{Cgroup, Swap};
use model::declared::{Declared, UnitProperties};
use model::drift::{Drift, DriftState, DriftingLimit};
use model::reading::Reading;
use model::swap_limit::SwapLimit;

/// The kernel rounds limits down to pages, the largest of which are 64 KiB (arm64, ppc64): less than that is no drift.
const ROUNDING: u64 = 64 * 1024;

/// Every limit on which the witnesses disagree.
#[must_use]
pub fn drift(cgroup: &Cgroup) -> Vec<Drift> {
    let declared = cgroup.container.as_ref().and_then(|container| container.declared.value());
    let unit = cgroup.unit.value();
    testimonies(cgroup, declared, unit)
        .into_iter()
        .filter_map(|testimony| disagreement(&testimony, cgroup))
        .collect()
}

/// What the three witnesses say of one limit.
struct Testimony {
    what: DriftingLimit,
    file: &'static str,
    declared: Option<Limit>,
    systemd: Option<Limit>,
    kernel: Reading<Limit>,
}

fn testimonies(
    cgroup: &Cgroup,
    declared: Option<&Declared>,
    unit: Option<&UnitProperties>,
) -> Vec<Testimony> {
    let memory = declared.map(|declared| declared.memory);
    let reservation = declared.and_then(|declared| declared.reservation).map(Limit::At);
    let systemd =
        |property: fn(&UnitProperties) -> &Reading<Limit>| unit.and_then(|unit| property(unit).get());
    match &cgroup.swap {
        Swap::V2(swap) => vec![
            Testimony {
                what: DriftingLimit::Memory,
                file: "memory.max",
                declared: memory,
                systemd: systemd(|unit| &unit.memory_max),
                kernel: cgroup.memory.limit.clone(),
            },
            Testimony {
                what: DriftingLimit::Swap,
                file: "memory.swap.max",
                declared: declared.and_then(declared_swap),
                systemd: unit.and_then(|unit| unit.memory_swap_max.get()).map(|limit| limit.0),
                kernel: swap.limit.clone().map(|limit| limit.0),
            },
            Testimony {
                what: DriftingLimit::Reservation,
                file: "memory.low",
                declared: reservation,
                systemd: systemd(|unit| &unit.memory_low),
                kernel: cgroup.memory.low.clone(),
            },
            Testimony {
                what: DriftingLimit::High,
                file: "memory.high",
                declared: None,
                systemd: systemd(|unit| &unit.memory_high),
                kernel: cgroup.memory.high.clone(),
            },
            Testimony {
                what: DriftingLimit::Min,
                file: "memory.min",
                declared: None,
                systemd: systemd(|unit| &unit.memory_min),
                kernel: cgroup.memory.min.clone(),
            },
        ],
        Swap::V1(swap) => vec![
            Testimony {
                what: DriftingLimit::Memory,
                file: "memory.limit_in_bytes",
                declared: memory,
                systemd: systemd(|unit| &unit.memory_limit),
                kernel: cgroup.memory.limit.clone(),
            },
            Testimony {
                what: DriftingLimit::MemoryAndSwap,
                file: "memory.memsw.limit_in_bytes",
                declared: declared.map(|declared| declared.memory_and_swap.0),
                systemd: None,
                kernel: swap.combined_limit.clone().map(|limit| limit.0),
            },
            Testimony {
                what: DriftingLimit::Reservation,
                file: "memory.soft_limit_in_bytes",
                declared: reservation,
                systemd: None,
                kernel: cgroup.memory.soft_limit.clone(),
            },
        ],
    }
}

/// Docker declares memory and swap together; the kernel's v2 file holds swap alone.
fn declared_swap(declared: &Declared) -> Option<Limit> {
    SwapLimit::from_combined(declared.memory_and_swap, declared.memory).ok().map(|limit| limit.0)
}

fn disagreement(testimony: &Testimony, cgroup: &Cgroup) -> Option<Drift> {
    let kernel = testimony.kernel.get()?;
    let agrees = |said: Option<Limit>| said.is_none_or(|said| is_same(said, kernel));
    let state = match (agrees(testimony.declared), agrees(testimony.systemd), testimony.declared) {
        (true, true, _) => return None,
        (false, _, Some(Limit::At(_))) => DriftState::Lost,
        (true, false, Some(_)) => DriftState::Latent,
        (false, _, Some(Limit::Unlimited) | None) | (true, false, None) => DriftState::ByHand,
    };
    let path = format!("{}/{}", cgroup.path.trim_end_matches('/'), testimony.file);
    let Testimony { what, declared, systemd, .. } = *testimony;
    Some(Drift { what, declared, systemd, kernel, path, state })
}

fn is_same(one: Limit, other: Limit) -> bool {
    match (one, other) {
        (Limit::Unlimited, Limit::Unlimited) => true,
        (Limit::At(Bytes(one)), Limit::At(Bytes(other))) => one.abs_diff(other) < ROUNDING,
        (Limit::At(_), Limit::Unlimited) | (Limit::Unlimited, Limit::At(_)) => false,
    }
}
