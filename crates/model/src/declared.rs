//! What was asked for: the limits in a runtime's own record, and those systemd holds for the unit.

use crate::reading::Reading;
use crate::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use kernel::bytes::Bytes;
use kernel::limit::Limit;

/// The limits a container was given, from the runtime's record (Docker's `HostConfig`), sentinels translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// `--memory`.
    pub memory: Limit,
    /// `--memory-swap`, as recorded: memory and swap together.
    pub memory_and_swap: MemoryAndSwapLimit,
    /// `--memory-reservation`: `memory.low` on v2, the soft limit on v1. `None` when none was given.
    pub reservation: Option<Bytes>,
    /// `--memory-swappiness`, 0 to 100; kept by Docker on v1 only.
    pub swappiness: Option<u64>,
}

/// What systemd will write again whenever it writes the unit's attributes (`systemctl show`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitProperties {
    /// The unit's name, `docker-<id>.scope`.
    pub unit: String,
    /// `MemoryMax=`.
    pub memory_max: Reading<Limit>,
    /// `MemoryHigh=`.
    pub memory_high: Reading<Limit>,
    /// `MemoryLow=`.
    pub memory_low: Reading<Limit>,
    /// `MemoryMin=`.
    pub memory_min: Reading<Limit>,
    /// `MemorySwapMax=`.
    pub memory_swap_max: Reading<SwapLimit>,
    /// `MemoryLimit=`, the cgroup v1 property.
    pub memory_limit: Reading<Limit>,
}
